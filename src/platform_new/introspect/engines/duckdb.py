"""Reads the catalog of a DuckDB file, which is opened read-only; one transaction is one snapshot."""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platform_new.errors import Problem, Refused
from platform_new.introspect.address import Address
from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.engines.duckdb_types import canonical, listed_values
from platform_new.introspect.engines.measuring import (
    ENDS,
    SAMPLED_LETTERS,
    SAMPLED_ROWS,
    as_epoch,
    at_an_end,
    batches,
    epoch,
    may_be_epoch,
    worth_sampling,
)
from platform_new.introspect.keys import with_inferred_keys
from platform_new.introspect.keys.evidence import STATEMENT_SECONDS
from platform_new.spec.data_type import MAX_PRECISION
from platform_new.spec.models import Source

TABLES_A_STATEMENT = 50
GREATEST = 10**MAX_PRECISION - 1

TABLES = """
select schema_name, table_name, comment, false
from duckdb_tables() where database_name = current_database() and not temporary
union all
select schema_name, view_name, comment, true from duckdb_views()
where database_name = current_database() and not internal and not temporary and $views
order by 1, 2
"""
COLUMNS = """
select schema_name, table_name, column_name, data_type, is_nullable, comment
from duckdb_columns() where database_name = current_database() and not internal order by 1, 2, column_index
"""
CONSTRAINTS = """
select schema_name, table_name, constraint_type, constraint_column_names, expression,
    referenced_table, referenced_column_names
from duckdb_constraints() where database_name = current_database() order by schema_name, table_name, constraint_index
"""
SCHEMAS = """
select distinct schema_name from duckdb_schemas()
where database_name = current_database() and (not internal or schema_name = 'main')
"""


@dataclass(frozen=True)
class DuckDb:
    """How to ask DuckDB for the evidence of keys."""

    connection: Any

    def table(self, table: TableId) -> str:
        """The table's name in a statement."""
        return from_(table)

    def column(self, name: str) -> str:
        """The column's name in a statement."""
        return quoted(name)

    def text(self, value: str) -> str:
        """The SQL of a value as text."""
        return f"({value})::varchar"

    def rows(self, statement: str) -> list[Sequence[Any]] | None:
        """The rows of a statement; None if it failed or took too long."""
        import duckdb

        timer = threading.Timer(STATEMENT_SECONDS, self.connection.interrupt)
        timer.start()
        try:
            return self.connection.execute(statement).fetchall()
        except duckdb.Error:
            return None
        finally:
            timer.cancel()


def read(
    address: Address,
    *,
    schemas: tuple[str, ...],
    views: bool,
    progress: Callable[[str], None],
    known: Source | None = None,
) -> FoundCatalog:
    """Read the catalog, and infer the keys that it lacks; those of the `known` source stay.

    Raises `Refused` if the file is not a DuckDB database, is in use, or lacks a schema.
    """
    import duckdb

    try:
        connection = duckdb.connect(str(address.path), read_only=True)
        try:
            connection.execute("begin transaction")
            progress("Reading the catalog")
            existing = [schema for (schema,) in connection.execute(SCHEMAS).fetchall()]
            unknown = [schema for schema in schemas if schema not in existing]
            if unknown:
                hint = f"this database has {', '.join(sorted(existing))}"
                raise Refused([Problem("there is no such schema", hint, value=schema) for schema in unknown])
            tables = _tables(connection, schemas, views)
            progress(f"Counting and sampling {len(tables)} tables")
            measured = measure(connection, tables)
            progress("Looking for keys")
            keyed = with_inferred_keys(DuckDb(connection), measured, known)
        finally:
            connection.close()
    except duckdb.Error as error:
        reason = f"the file cannot be read as a DuckDB database: {' '.join(str(error).split())}"
        hint = "check the path, and that no other process has the file open"
        raise Refused(Problem(reason, hint, value=str(address.path))) from None
    return FoundCatalog("duckdb", address.path.stem, keyed, schemas[0] if schemas else "main")


def _tables(connection: Any, schemas: tuple[str, ...], views: bool) -> list[FoundTable]:
    columns: dict[TableId, list[FoundColumn]] = defaultdict(list)
    for schema, table, *column in connection.execute(COLUMNS).fetchall():
        columns[TableId(schema, table)].append(found_column(*column))
    constraints: dict[tuple[TableId, str], list[tuple[Any, ...]]] = defaultdict(list)
    for schema, table, kind, *constraint in connection.execute(CONSTRAINTS).fetchall():
        constraints[TableId(schema, table), kind].append(tuple(constraint))
    found = connection.execute(TABLES, {"views": views}).fetchall()
    return [
        _table(TableId(schema, name), comment, is_view, columns, constraints)
        for schema, name, comment, is_view in found
        if not schemas or schema in schemas
    ]


def _table(id_: TableId, comment: str | None, is_view: bool, columns: Any, constraints: Any) -> FoundTable:
    uniques = tuple(tuple(row[0]) for row in constraints[id_, "UNIQUE"])
    key = next((tuple(row[0]) for row in constraints[id_, "PRIMARY KEY"]), ())
    required = {column.name for column in columns[id_] if not column.nullable}
    instead = next((unique for unique in uniques if required.issuperset(unique)), ())
    missing = (
        "a view has no key"
        if is_view
        else "no primary key; this unique key has no nulls"
        if instead
        else "no primary key"
    )
    return FoundTable(
        id=id_,
        columns=tuple(columns[id_]),
        key=key or instead,
        key_note="" if key else missing,
        uniques=uniques,
        foreign_keys=tuple(
            FoundForeignKey(tuple(names), TableId(id_.schema, to), tuple(to_names))
            for names, _, to, to_names in constraints[id_, "FOREIGN KEY"]
        ),
        checks=tuple(row[1] for row in constraints[id_, "CHECK"] if row[1]),
        description=comment or "",
        note="a view" if is_view else "",
        is_view=is_view,
    )


def found_column(name: str, declared: str, nullable: bool, comment: str | None) -> FoundColumn:
    """A column as DuckDB describes it."""
    type_ = canonical(declared)
    return FoundColumn(
        name=name,
        type=type_.type,
        source_type=type_.source_type,
        nullable=nullable,
        values=listed_values(declared),
        description=comment or "",
        exclude=type_.exclude,
        note=type_.note,
    )


def measure(connection: Any, tables: Sequence[FoundTable]) -> tuple[FoundTable, ...]:
    """The tables with row counts, which DuckDB knows without reading the rows, and samples of their texts."""
    stored = [table for table in tables if not table.note.startswith("a view")]
    counts = _ask(connection, {table.id: _count(table) for table in stored})
    samples = _ask(connection, {table.id: _sample(table) for table in stored if _sampled(table)})
    return tuple(_described(table, counts.get(table.id), samples.get(table.id, [])) for table in tables)


def _ask(connection: Any, selects: Mapping[TableId, str]) -> dict[TableId, list[list[str | None]]]:
    answers: dict[TableId, list[list[str | None]]] = defaultdict(list)
    for batch in batches(list(selects.items()), TABLES_A_STATEMENT):
        statement = " union all ".join(f"(select {number}, {select})" for number, (_, select) in enumerate(batch))
        for number, row in connection.execute(statement).fetchall():
            answers[batch[number][0]].append(row)
    return answers


def _sampled(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if worth_sampling(column)]


def _huge(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if column.source_type == "HUGEINT"]


def _wholes(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if may_be_epoch(table, column)]


def _times(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if column.type in ENDS]


def _count(table: FoundTable) -> str:
    asked = ["count(*)"]
    asked += [f"count(*) filter (where {quoted(c.name)} not between -{GREATEST} and {GREATEST})" for c in _huge(table)]
    asked += [f"{each}({quoted(c.name)})" for c in _wholes(table) for each in ("min", "max")]
    asked += [at_an_end(f"{quoted(column.name)}::{column.type}", column.type) for column in _times(table)]
    return f"[{', '.join(f'({one})::varchar' for one in asked)}] from {from_(table.id)}"


def _typed(table: FoundTable, answers: Sequence[str | None]) -> Iterator[FoundColumn]:
    given = iter(answers)
    huge = {column.name: int(next(given) or 0) for column in _huge(table)}
    wholes = {column.name: (next(given), next(given)) for column in _wholes(table)}
    merged = {column.name for column in _times(table) if int(next(given) or 0) > 1}
    for column in table.columns:
        if huge.get(column.name):
            yield replace(column, type="text", note=f"{huge[column.name]} values have more than {MAX_PRECISION} digits")
        elif column.name in wholes and (unit := epoch(column.name, *wholes[column.name])):
            yield as_epoch(column, unit)
        else:
            yield replace(column, merged=column.name in merged)


def _sample(table: FoundTable) -> str:
    texts = ", ".join(f"left({quoted(column.name)}::varchar, {SAMPLED_LETTERS})" for column in _sampled(table))
    return f"[{texts}] from {from_(table.id)} limit {SAMPLED_ROWS}"


def _described(table: FoundTable, counts: list[list[str | None]] | None, samples: list[list[str | None]]) -> FoundTable:
    sampled = {
        column.name: tuple(row[position] for row in samples if row[position])
        for position, column in enumerate(_sampled(table))
    }
    typed = _typed(table, counts[0][1:]) if counts else table.columns
    columns = tuple(replace(column, samples=sampled.get(column.name, ())) for column in typed)
    return replace(table, columns=columns, rows=int(counts[0][0]) if counts else table.rows, counted=bool(counts))


def from_(id_: TableId) -> str:
    """The table's name in a statement."""
    return f"{quoted(id_.schema)}.{quoted(id_.name)}" if id_.schema else quoted(id_.name)


def quoted(identifier: str) -> str:
    """The identifier in quotes."""
    return '"' + identifier.replace('"', '""') + '"'
