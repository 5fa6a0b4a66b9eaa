"""Removes everything from a catalog that a spec cannot express, so that later steps need no checks. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.key_texts import with_key_texts

BOOKKEEPING = {
    "alembic_version": "Alembic",
    "ar_internal_metadata": "Ruby on Rails",
    "schema_migrations": "schema migrations",
    "django_migrations": "Django",
    "flyway_schema_history": "Flyway",
    "databasechangelog": "Liquibase",
    "databasechangeloglock": "Liquibase",
    "knex_migrations": "Knex",
    "knex_migrations_lock": "Knex",
    "__efmigrationshistory": "Entity Framework",
}
"""Tables in which tools record their own changes to the database, which are no data of the source."""

Notes = dict[tuple[TableId, str], str]
Columns = Mapping[TableId, Mapping[str, FoundColumn]]


def only_expressible(found: FoundCatalog) -> tuple[FoundCatalog, Notes]:
    """The catalog with only the keys that a spec can express, and notes on dropped foreign keys by table and column."""
    tables = with_key_texts(found.tables)
    columns = {table.id: {column.name: column for column in table.columns} for table in tables}
    notes: Notes = {}
    return replace(found, tables=tuple(_expressible(table, columns, notes) for table in tables)), notes


def _expressible(table: FoundTable, columns: Columns, notes: Notes) -> FoundTable:
    left_out = {column.name for column in table.columns if column.exclude}
    key, key_note = table.key, table.key_note
    if left_out & set(key):
        key, key_note = (), f"its key contains {', '.join(sorted(left_out & set(key)))}, which is not loaded"
    uniques = dict.fromkeys(
        unique for unique in table.uniques if set(unique) != set(key) and not left_out & set(unique)
    )
    return replace(
        table,
        key=key,
        key_note=key_note,
        uniques=tuple(uniques),
        foreign_keys=tuple(_foreign_keys(table, columns, notes)),
        exclude=_why_left_out(table),
    )


def _why_left_out(table: FoundTable) -> str | None:
    if table.exclude:
        return table.exclude
    if all(column.exclude for column in table.columns):
        return "none of its columns can be loaded"
    tool = BOOKKEEPING.get(table.id.name.lower())
    return f"bookkeeping table of {tool}" if tool else None


def _foreign_keys(table: FoundTable, columns: Columns, notes: Notes) -> Iterator[FoundForeignKey]:
    taken: set[str] = set()
    for key in table.foreign_keys:
        first, target = key.columns[0], f"{key.to}.{', '.join(key.to_columns)}".rstrip(".")
        reason = _why_not(table, key, columns)
        if not reason and len(key.columns) == 1 and first in taken:
            reason = f"also points to {target}"
        if not reason:
            taken |= {first} if len(key.columns) == 1 else set()
            yield key
        if reason or key.note:
            notes[table.id, first] = "; ".join(filter(None, (notes.get((table.id, first)), reason, key.note)))


def _why_not(table: FoundTable, key: FoundForeignKey, columns: Columns) -> str:
    there = columns.get(key.to)
    if there is None or not key.to_columns or not set(key.to_columns) <= there.keys():
        return f"points to {key.to}, which was not introspected"
    pairs = [(columns[table.id][mine], there[theirs]) for mine, theirs in zip(key.columns, key.to_columns, strict=True)]
    if any(mine.exclude or theirs.exclude for mine, theirs in pairs):
        return f"points to {key.to} through a column that is not loaded"
    if not all(mine.data_type.compares_with(theirs.data_type) for mine, theirs in pairs):
        return f"points to {key.to}, whose column has an incompatible type"
    return ""
