"""Which columns of a table a mart carries, what they are called there, and what foreign keys stand for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from platform_new.plan.model import Link, PlannedColumn, StagedTable
from platform_new.spec.events.lake import LAST_BATCH
from platform_new.spec.words import TENANTS

AUDIT_NAMES = frozenset(
    """
    last_update last_updated last_updated_at updated_at updated_on updated modified modified_at modified_date
    modified_on changed_at changed_on loaded_at row_version
    """.split()
)
"""Columns that say when a row was last written, not when something happened."""

CREATION_NAMES = frozenset("created created_at created_on create_date creation_date inserted_at".split())
"""Columns that say when a row came to exist: of a customer, the day on which the account was opened."""

UPDATE_NAMES = tuple(
    """
    updated_at updated_on last_updated_at last_updated last_update modified_at modified_on modified_date changed_at
    changed_on updated modified
    """.split()
)
"""Columns that say when a row last changed."""

LABEL_WORDS = frozenset("name title label caption code symbol abbreviation acronym description".split())
"""The last word of columns that tell people which row is meant."""

EDITOR = re.compile(
    r"(last)?(create|add|insert|enter|update|modif(y|i)|change|edit|delete|remove)e?d?by(user|staff|employee|person)?"
    r"(id|key|code|uuid|no)?"
)
"""A foreign key to the person who wrote the row, without underscores: `created_by`, `lastmodifiedby_id`."""

FEW_TABLES, SHARED = 10, 0.5
"""In a source of at least so many tables, a key that more than this part of them have divides the rows as well."""


def is_audit(column: PlannedColumn, table: StagedTable) -> bool:
    """Whether the column only says when its row was written."""
    if column.landed == LAST_BATCH:
        return True
    if column.landed == table.spec.event_time:
        return False
    is_named_so = column.name in AUDIT_NAMES or column.name in CREATION_NAMES
    return column.data_type.is_time and (is_named_so or column.landed == table.spec.load.cursor)


def is_creation(column: PlannedColumn, table: StagedTable) -> bool:
    """Whether the column says when the row came to exist, and nothing else says when it happened."""
    is_time = column.data_type.is_time and column.name in CREATION_NAMES
    return is_time and table.spec.event_time in (None, column.landed)


def update_time(table: StagedTable) -> str | None:
    """The column that says when a row last changed: the load's cursor, or a column with such a name."""
    times = {column.landed: column.name for column in table.columns if column.data_type.is_time}
    found = (times[name] for name in (table.spec.load.cursor, *UPDATE_NAMES) if name in times)
    return next((name for name in found if name != table.spec.event_time), None)


def own_columns(table: StagedTable) -> tuple[PlannedColumn, ...]:
    """The mart's columns from its own table: keys and attributes, or all columns if it has neither."""
    carried = (
        column
        for column in table.columns
        if column.kind in ("key", "foreign_key") or is_attribute(column, table) or is_creation(column, table)
    )
    return tuple(carried) or table.columns


def is_attribute(column: PlannedColumn, table: StagedTable) -> bool:
    """Whether a mart carries the column: it is no audit time, no credential, and of a type that reports can show."""
    return not column.data_type.is_opaque and not is_audit(column, table) and column.pii != "credential"


def is_label(column: PlannedColumn, table: StagedTable) -> bool:
    """Whether the column tells people which row is meant: a name, a code, a description."""
    named_like_table = column.name in (table.table, table.table.removesuffix("s"))
    return column.data_type.family == "text" and (named_like_table or column.name.split("_")[-1] in LABEL_WORDS)


def under_role(column: str, role: str, prefix: str, last: str) -> str:
    """The name of a parent's column: prefixed with its role, unless it already starts with it."""
    if len(last) > 2 and column.startswith(last):
        return f"{prefix}_{column}" if prefix else column
    return f"{role}_{column}"


def names_editor(link: Link) -> bool:
    """Whether the foreign key only says who wrote the row."""
    return len(link.columns) == 1 and bool(EDITOR.fullmatch(link.columns[0].replace("_", "")))


def names_tenant(link: Link, shared: frozenset[str]) -> bool:
    """Whether the foreign key only says whose row it is; `shared` are the tables that most tables refer to."""
    return link.role in TENANTS or link.to in shared


def referenced_by_most(tables: Iterable[StagedTable]) -> frozenset[str]:
    """The tables that more than half of the tables of a source refer to; none in a small source."""
    tables = tuple(tables)
    if len(tables) < FEW_TABLES:
        return frozenset()
    referring = Counter(name for table in tables for name in {link.to for link in table.links} - {table.table})
    return frozenset(name for name, count in referring.items() if count > SHARED * len(tables))
