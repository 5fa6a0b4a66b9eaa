"""The rules of `history:`, the types of slowly changing dimensions, for tables and columns."""

from __future__ import annotations

from collections.abc import Iterator

from platform_new.spec.findings import Finding
from platform_new.spec.models import Column, Table

WITH_HISTORY = ("dimension", "reference")
"""The roles of tables that become dimensions, or are folded into them."""
NO_KEY = "past versions are identified by the key, and the table has no `key`"


def check_history(table: Table) -> Iterator[Finding]:
    """What is wrong with the history of a table and its columns."""
    # `true` and `false` were allowed on every table.
    if table.history not in (None, 1, 2) and table.role not in WITH_HISTORY:
        yield Finding(("history",), _no_dimension(table), "delete `history:`", table.history)
    elif table.history == 4:
        hint = "write `history: 4` at the columns that often change"
        yield Finding(("history",), "a mini-dimension takes some columns of a table, not all of them", hint, 4)
    elif table.history not in (None, 1) and not table.key:
        yield Finding(("history",), NO_KEY, "add `key:`")
    for index, column in enumerate(table.columns):
        if column.history is not None and (found := _against(table, column)):
            yield Finding(("columns", index, "history"), *found, column.history)


def _against(table: Table, column: Column) -> tuple[str, str] | None:
    """Why a column cannot have its history, with a hint; None if it can."""
    if table.role not in WITH_HISTORY:
        return _no_dimension(table), "delete `history:`"
    if column.name in table.key:
        return (
            f"`{column.name}` is in the `key`: it identifies the versions",
            "delete `history:`",
        )
    if not table.key and column.history != 1:
        return NO_KEY, "add `key:`"
    if column.history == 4 and any(column.name in names for names in _foreign_keys(table)):
        hint = "write `history: 4` at the columns of the other table, or another type"
        return f"`{column.name}` is a foreign key, which stays in the dimension", hint
    if column.data_type.is_opaque:
        return f"columns of type {column.type} are in no mart", "delete `history:`"
    return None


def _foreign_keys(table: Table) -> Iterator[tuple[str, ...]]:
    yield tuple(column.name for column in table.columns if column.references)
    yield from (reference.columns for reference in table.references)


def _no_dimension(table: Table) -> str:
    return f"only dimensions and references have a history, and `{table.name}` is a {table.role} table"
