"""Infers the primary and foreign keys of files, which declare none, from their rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from platform_new.introspect.catalog import FoundForeignKey, FoundTable, TableId
from platform_new.introspect.engines.duckdb import from_, quoted
from platform_new.introspect.naming import safe_name
from platform_new.spec.data_type import MAX_PRECISION, decimal

FIRST_KEY = re.compile(r"(id|key|_no|_nr|nr|code|number|nummer|sku|isbn|ean)$")
"""The names of a first column that may be the key."""
KEYS = ("bigint", decimal(MAX_PRECISION), "text")
"""The types that introspection gives to such a column."""


def with_keys(connection: Any, tables: list[FoundTable]) -> list[FoundTable]:
    """The tables with their primary and foreign keys."""
    keys = {table.id: _key(connection, table) for table in tables}
    labels = {table.id: table.label for table in tables}
    return [_with_keys(connection, table, labels, keys) for table in tables]


def _key(connection: Any, table: FoundTable) -> str | None:
    """A column that is named like a key of this table, unique and never empty."""
    stem = safe_name(table.label, "table")
    wanted = {"id", *(f"{word}_{end}" for word in _spellings(stem) for end in ("id", "key", "no"))}
    for number, column in enumerate(table.columns):
        own = safe_name(column.name)
        is_first = not number and FIRST_KEY.search(own) and column.type in KEYS
        if (own in wanted or is_first) and table.rows:
            name = quoted(column.name)
            query = f"select count({name}), count(distinct {name}) from {from_(table.id)}"
            if connection.execute(query).fetchone() == (table.rows, table.rows):
                return column.name
    return None


def _spellings(name: str) -> set[str]:
    """A table's name and its singular, with and without a prefix such as `raw_`."""
    last = name.rpartition("_")[2]
    singulars = {
        re.sub(r"ies$", "y", word) if word.endswith("ies") else word.removesuffix("s") for word in (name, last)
    }
    return {name, last, *singulars}


def _with_keys(
    connection: Any, table: FoundTable, labels: Mapping[TableId, str], keys: Mapping[TableId, str | None]
) -> FoundTable:
    key = keys[table.id]
    links = [link for link in _links(connection, table, labels, keys) if link.columns != (key,)]
    filled = {column for column in {link.columns[0] for link in links} if _is_filled(connection, table, column)}
    note = "unique and never empty" if key else "no column that is named like a key is unique and never empty"
    return replace(
        table,
        key=(key,) if key else (),
        key_note=note,
        foreign_keys=tuple(links),
        columns=tuple(replace(c, nullable=False) if c.name == key or c.name in filled else c for c in table.columns),
    )


def _links(
    connection: Any, table: FoundTable, labels: Mapping[TableId, str], keys: Mapping[TableId, str | None]
) -> Iterator[FoundForeignKey]:
    for column in table.columns:
        name = safe_name(column.name)
        for target, key in keys.items():
            words = _spellings(safe_name(labels[target], "table"))
            named = any(name in (f"{word}_id", f"{word}_key", f"{word}_no", word) for word in words)
            same = key is not None and safe_name(key) == name != "id"
            if (
                key
                and target != table.id
                and (named or same)
                and _all_found(connection, table.id, column.name, target, key)
            ):
                yield FoundForeignKey((column.name,), target, (key,), f"all values exist in {target}")
                break


def _all_found(connection: Any, table: TableId, column: str, target: TableId, key: str) -> bool:
    name = f"{quoted(column)}::varchar"
    keys = f"select {quoted(key)}::varchar from {from_(target)}"
    query = f"select count({name}), count({name}) filter ({name} not in ({keys})) from {from_(table)}"
    values, missing = connection.execute(query).fetchone()
    return values > 0 and missing == 0


def _is_filled(connection: Any, table: FoundTable, column: str) -> bool:
    return connection.execute(f"select count({quoted(column)}) from {from_(table.id)}").fetchone()[0] == table.rows
