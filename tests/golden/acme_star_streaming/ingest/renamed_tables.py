"""Renames loaded tables and columns that the spec has renamed, so that their rows are kept.

The tables and dlt's state change in one transaction, before anything is loaded: the next load
continues where the last one ended, with the rows that only the warehouse still has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import dlt
from dlt.destinations.sql_client import SqlClientBase

from ingest.dialect import drop_table, of_spec, stored
from ingest.errors import IngestError
from ingest.memory import STATE, rewrite
from ingest.names import Named, Names, compare_names, one_by_one
from ingest.spec import Column, Source, Table, keys_table
from ingest.table_loads import LOG, log_rename

SqlClient = SqlClientBase[Any]
Landed = Mapping[str, Collection[str]]


_KEPT = "{} has data that was loaded under its former name; drop it when it is no longer needed"


@dataclass
class Renames:
    """The renames, and the tables whose loaded rows may belong to another table."""

    notes: list[str] = field(default_factory=list)
    moved: bool = False
    ambiguous: dict[str, str] = field(default_factory=dict)

    def check(self, table: str) -> None:
        """Raises `IngestError` if the rows of the table may belong to another table."""
        if reason := self.ambiguous.get(table):
            raise IngestError(f"{reason}; a full load replaces them", flags="--full")


def origins(table: Table, columns: Iterable[Column]) -> dict[str, Any]:
    """The origins that a load records, which identify the table and its columns under any name."""
    return {"table": table.source_name, "origins": {each.name: each.origin for each in columns}}


def rename_tables(source: Source, pipeline: dlt.Pipeline) -> Renames:
    """Give the loaded tables and columns of the source their current names.

    If anything was renamed, the pipeline has to be reopened.
    """
    memories = pipeline.state.get("sources", {}).get(source.name, {}).get("resources", {})
    recorded = all(_is_recorded(table, memories.get(table.name, {})) for table in source.tables)
    if recorded or not pipeline.default_schema_name:
        return Renames()
    with pipeline.sql_client() as client:
        landed = _landed(client)
    tables = _compare_tables(source, memories, landed)
    columns = {
        table.name: _compare_columns(table, memories.get(was, {}), landed[was])
        for table in source.tables
        if (was := tables.landed_as.get(table.name))
    }
    renames = _report(source, tables, columns)
    sure = {name: each for name, each in columns.items() if name not in renames.ambiguous}
    moves = {was: name for was, name in tables.moves.items() if name in sure}
    if moves or any(each.moves for each in sure.values()):
        _apply(pipeline, source, landed, moves, sure)
        renames.moved = True
    return renames


def _is_recorded(table: Table, memory: Mapping[str, Any]) -> bool:
    wanted = origins(table, table.columns)
    recorded = memory.get("origins", {})
    return memory.get("table") == wanted["table"] and wanted["origins"].items() <= recorded.items()


def _landed(client: SqlClient) -> dict[str, set[str]]:
    """The columns of every table of the dataset."""
    query = "select table_name, column_name from information_schema.columns where table_schema = %s"
    found: dict[str, set[str]] = {}
    for table, column in client.execute_sql(query, stored(client, client.dataset_name)) or ():
        found.setdefault(of_spec(client, table), set()).add(of_spec(client, column))
    return found


def _compare_tables(source: Source, memories: Mapping[str, Any], landed: Landed) -> Names:
    named = [Named(each.name, each.source_name, each.former) for each in source.tables]
    recorded = {name: memory["table"] for name, memory in memories.items() if "table" in memory}
    return compare_names(named, recorded, landed)


def _compare_columns(table: Table, memory: Mapping[str, Any], landed: Collection[str]) -> Names:
    named = [Named(each.name, each.origin, each.former) for each in table.columns]
    return compare_names(named, memory.get("origins", {}), landed)


def _report(source: Source, tables: Names, columns: Mapping[str, Names]) -> Renames:
    renames, schema = Renames(), f"raw_{source.name}"
    for name, whose in tables.ambiguous.items():
        renames.ambiguous[name] = f"{schema}.{name} holds other rows, {whose}"
    for table, names in columns.items():
        for name, whose in names.ambiguous.items():
            other = f"in {schema}.{table} the column {name} holds other values, {whose}"
            renames.ambiguous.setdefault(table, other)
    for was, name in tables.moves.items():
        if name not in renames.ambiguous:
            renames.notes.append(f"{name}: renamed from {was}; its rows are kept")
    for table, names in columns.items():
        if table not in renames.ambiguous:
            renames.notes += [
                f"{table}: column {name} renamed from {was}; its values are kept"
                for was, name in names.moves.items()
            ]
    for leftover, name in tables.leftover.items():
        renames.notes.append(f"{name}: {_KEPT.format(f'{schema}.{leftover}')}")
    for table, names in columns.items():
        for leftover, name in names.leftover.items():
            renames.notes.append(f"{table}.{name}: {_KEPT.format(f'{schema}.{table}.{leftover}')}")
    return renames


def _apply(
    pipeline: dlt.Pipeline,
    source: Source,
    landed: Landed,
    moves: Mapping[str, str],
    columns: Mapping[str, Names],
) -> None:
    def change(state: dict[str, Any]) -> None:
        resources = state.get("sources", {}).get(source.name, {}).get("resources", {})
        _move(resources, moves)
        for table in source.tables:
            if names := columns.get(table.name):
                _change_memory(resources.setdefault(table.name, {}), table, names)

    with pipeline.sql_client() as client, client.begin_transaction():
        for statement in _statements(client, landed, moves, columns):
            client.execute_sql(statement)
        if STATE in landed:
            rewrite(client, pipeline.pipeline_name, change)


def _statements(
    client: SqlClient, landed: Landed, moves: Mapping[str, str], columns: Mapping[str, Names]
) -> Iterator[str]:
    # The table of keys, by which deleted rows are flagged, is renamed along with its table.
    keys = {keys_table(was): keys_table(name) for was, name in moves.items()}
    keys = {was: name for was, name in keys.items() if was in landed}
    place, quoted = client.make_qualified_table_name, client.escape_column_name
    for stale in {*keys.values()} & {*landed} - {*keys}:
        yield drop_table(client, place(stale))
    tables = {**moves, **keys}
    for was, name in one_by_one(tables):
        yield f"alter table {place(was)} rename to {quoted(name)}"
    for name in moves.values() if LOG in landed else ():
        yield from log_rename(client, name)
    before = {name: was for was, name in tables.items()}
    for table, names in columns.items():
        for name in (table, keys_table(table)):
            there = landed.get(before.get(name, name), ())
            renamed = {was: now for was, now in names.moves.items() if was in there}
            for was, now in one_by_one(renamed):
                yield f"alter table {place(name)} rename column {quoted(was)} to {quoted(now)}"


def _change_memory(memory: dict[str, Any], table: Table, names: Names) -> None:
    landed = [each for each in table.columns if each.name in names.landed_as]
    recorded = memory.get("origins", {})
    _move(recorded, names.moves)
    memory |= {**origins(table, landed), "origins": recorded | origins(table, landed)["origins"]}
    if "columns" in memory:
        _move(memory["columns"], names.moves)
        identity, cursor = memory["of"]
        memory["of"] = [identity, names.moves.get(cursor, cursor)]
        memory["key"] = [names.moves.get(name, name) for name in memory["key"]]


def _move(held: dict[str, Any], moves: Mapping[str, str]) -> None:
    moved = {name: held.pop(was) for was, name in moves.items() if was in held}
    for name in moves.values():
        held.pop(name, None)
    held |= moved
