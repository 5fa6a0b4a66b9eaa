"""Translates an introspected source to the names of an existing spec.

Tables and columns match if their names in the source are the same; their names in the spec are the owner's choice.
"""

from __future__ import annotations

from collections.abc import Mapping

from platform_new.introspect import Introspection
from platform_new.spec.models import Column, Reference, Source, Table, with_formulas, with_unit
from platform_new.spec.names import distinct

Names = Mapping[str, str]


def with_names_of(known: Source, introspection: Introspection) -> Introspection:
    """The result of introspection with the spec's names for known tables and columns, and free names for new ones."""
    seen, pairs = introspection.source, _pairs(known, introspection.source)
    taken = {table.name for table in known.tables}
    tables: dict[str, str] = {}
    for table in seen.tables:
        match = pairs.get(table.name)
        tables[table.name] = match.name if match else distinct(table.name, taken)
        taken.add(tables[table.name])
    columns = {table.name: _column_names(pairs.get(table.name), table) for table in seen.tables}
    renamed = tuple(_renamed(table, pairs.get(table.name), tables, columns) for table in seen.tables)
    reasons = {_place(path, tables, columns): reason for path, reason in introspection.reasons.items()}
    return Introspection(seen.model_copy(update={"name": known.name, "tables": renamed}), reasons)


def _pairs(known: Source, seen: Source) -> dict[str, Table]:
    """The spec's table for each introspected table, by the latter's proposed name."""
    exact = {(table.schema_, table.origin or table.name): table for table in known.tables}
    pairs = {
        table.name: exact[table.schema_, table.origin or table.name]
        for table in seen.tables
        if (table.schema_, table.origin or table.name) in exact
    }
    paired = {table.name for table in pairs.values()}
    for table in known.tables:
        if table.schema_ is None and table.name not in paired:
            spelt = table.origin or table.name
            free = (other for other in seen.tables if other.name not in pairs)
            alike = [other for other in free if (other.origin or other.name) == spelt]
            # If several tables have the name, the table of the default schema has no `origin`.
            alike.sort(key=lambda other: other.origin is not None)
            pairs.update({other.name: table for other in alike[:1]})
    return pairs


def _column_names(known: Table | None, seen: Table) -> dict[str, str]:
    mine = {column.source_name: column.name for column in known.columns} if known else {}
    taken = set(mine.values())
    names = {}
    for column in seen.columns:
        names[column.name] = mine.get(column.source_name) or distinct(column.name, taken)
        taken.add(names[column.name])
    return names


def _place(path: tuple[str, ...], tables: Names, columns: Mapping[str, Names]) -> tuple[str, ...]:
    match path:
        case ("tables", table, "columns", column, *rest):
            return ("tables", tables[table], "columns", columns[table][column], *rest)
        case ("tables", table, *rest):
            return ("tables", tables[table], *rest)
    return path


def _renamed(table: Table, known: Table | None, tables: Names, columns: Mapping[str, Names]) -> Table:
    own = columns[table.name]

    def each(names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(own[name] for name in names)

    references = tuple(
        Reference(
            columns=each(reference.columns),
            to=tables[reference.to],
            to_columns=tuple(columns[reference.to][name] for name in reference.to_columns),
            inferred=reference.inferred,
        )
        for reference in table.references
    )
    name, spelt = tables[table.name], table.origin or table.name
    renamed = table.model_copy(
        update={
            "name": name,
            "origin": spelt if spelt != name else None,
            "schema_": known.schema_ if known else table.schema_,
            "line_of": tables.get(table.line_of or ""),
            "event_time": own.get(table.event_time or ""),
            "load": table.load.model_copy(update={"cursor": own.get(table.load.cursor or "")}),
            "key": each(table.key),
            "unique": tuple(each(unique) for unique in table.unique),
            "references": references,
            "measures": with_formulas(table.measures, own),
            "columns": tuple(_renamed_column(column, own, tables, columns) for column in table.columns),
        }
    )
    return _without_half_a_key(renamed, known) if known else renamed


def _without_half_a_key(table: Table, known: Table) -> Table:
    """The table without its key if the spec excludes a column of it; the other key columns are still required."""
    if not any(column.exclude and column.name in table.key for column in known.columns):
        return table
    columns = tuple(
        column.model_copy(update={"required": True}) if column.name in table.key else column for column in table.columns
    )
    return table.model_copy(update={"key": (), "columns": columns})


def _renamed_column(column: Column, own: Names, tables: Names, columns: Mapping[str, Names]) -> Column:
    name, references = own[column.name], None
    if column.references:
        target, _, target_column = column.references.partition(".")
        references = f"{tables[target]}.{columns[target][target_column]}"
    origin = column.source_name if column.source_name != name else None
    return with_unit(column.model_copy(update={"name": name, "origin": origin, "references": references}), own)
