"""Carries landed tables and columns along when the spec has other names for them than before.

The names and what dlt remembers of them change in one transaction, before anything is loaded: the
next load goes on where the last one ended, with the rows that only the warehouse still has.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import dlt
from dlt.destinations.sql_client import SqlClientBase

from ingest.errors import IngestError
from ingest.memory import STATE, rewrite
from ingest.names import Named, Names, compare_names, one_by_one
from ingest.spec import Column, Source, Table, keys_table

SqlClient = SqlClientBase[Any]
Landed = Mapping[str, Collection[str]]


_KEPT = "{} holds what was loaded of it under its former name; drop that once nobody needs it"


@dataclass
class Carried:
    """What was carried along, and the tables whose landed rows may be those of another."""

    notes: list[str] = field(default_factory=list)
    moved: bool = False
    doubtful: dict[str, str] = field(default_factory=dict)

    def check(self, table: str) -> None:
        """Raises `IngestError` if the rows of the table may be those of another."""
        if reason := self.doubtful.get(table):
            raise IngestError(f"{reason}. Load it anew", flags="--full")


def origins(table: Table, columns: Iterable[Column]) -> dict[str, Any]:
    """What a load notes, by which the table and its columns are known under any other name."""
    return {"table": table.source_name, "origins": {each.name: each.origin for each in columns}}


def carry_tables(source: Source, pipeline: dlt.Pipeline) -> Carried:
    """Give what is landed of the source the names that the spec has for it now.

    If anything was moved, the pipeline has to be opened anew.
    """
    memories = pipeline.state.get("sources", {}).get(source.name, {}).get("resources", {})
    noted = all(_is_noted(table, memories.get(table.name, {})) for table in source.tables)
    if noted or not pipeline.default_schema_name:
        return Carried()
    with pipeline.sql_client() as client:
        landed = _landed(client)
    tables = _compare_tables(source, memories, landed)
    columns = {
        table.name: _compare_columns(table, memories.get(was, {}), landed[was])
        for table in source.tables
        if (was := tables.landed_as.get(table.name))
    }
    carried = _told(source, tables, columns)
    sure = {name: each for name, each in columns.items() if name not in carried.doubtful}
    moves = {was: name for was, name in tables.moves.items() if name in sure}
    if moves or any(each.moves for each in sure.values()):
        _carry_out(pipeline, source, landed, moves, sure)
        carried.moved = True
    return carried


def _is_noted(table: Table, memory: Mapping[str, Any]) -> bool:
    wanted = origins(table, table.columns)
    noted = memory.get("origins", {})
    return memory.get("table") == wanted["table"] and wanted["origins"].items() <= noted.items()


def _landed(client: SqlClient) -> dict[str, set[str]]:
    """The columns of every table of the dataset."""
    query = "select table_name, column_name from information_schema.columns where table_schema = %s"
    found: dict[str, set[str]] = {}
    for table, column in client.execute_sql(query, client.dataset_name) or ():
        found.setdefault(table, set()).add(column)
    return found


def _compare_tables(source: Source, memories: Mapping[str, Any], landed: Landed) -> Names:
    named = [Named(each.name, each.source_name, each.former) for each in source.tables]
    noted = {name: memory["table"] for name, memory in memories.items() if "table" in memory}
    return compare_names(named, noted, landed)


def _compare_columns(table: Table, memory: Mapping[str, Any], landed: Collection[str]) -> Names:
    named = [Named(each.name, each.origin, each.former) for each in table.columns]
    return compare_names(named, memory.get("origins", {}), landed)


def _told(source: Source, tables: Names, columns: Mapping[str, Names]) -> Carried:
    carried, schema = Carried(), f"raw_{source.name}"
    for name, whose in tables.doubtful.items():
        carried.doubtful[name] = f"{schema}.{name} holds other rows, {whose}"
    for table, names in columns.items():
        for name, whose in names.doubtful.items():
            other = f"in {schema}.{table} the column {name} holds other values, {whose}"
            carried.doubtful.setdefault(table, other)
    for was, name in tables.moves.items():
        if name not in carried.doubtful:
            carried.notes.append(f"{name}: was {was}, and keeps its rows")
    for table, names in columns.items():
        if table not in carried.doubtful:
            renamed = [f"{name} (was {was})" for was, name in names.moves.items()]
            carried.notes += [f"{table}: its column {each} keeps its values" for each in renamed]
    for left, name in tables.left.items():
        carried.notes.append(f"{name}: {_KEPT.format(f'{schema}.{left}')}")
    for table, names in columns.items():
        for left, name in names.left.items():
            carried.notes.append(f"{table}.{name}: {_KEPT.format(f'{schema}.{table}.{left}')}")
    return carried


def _carry_out(
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
    # The keys of a table, by which deleted rows are marked, are landed beside it.
    keys = {keys_table(was): keys_table(name) for was, name in moves.items()}
    keys = {was: name for was, name in keys.items() if was in landed}
    place, quoted = client.make_qualified_table_name, client.escape_column_name
    for stale in {*keys.values()} & {*landed} - {*keys}:
        yield f"drop table {place(stale)} cascade"
    tables = {**moves, **keys}
    for was, name in one_by_one(tables):
        yield f"alter table {place(was)} rename to {quoted(name)}"
    before = {name: was for was, name in tables.items()}
    for table, names in columns.items():
        for name in (table, keys_table(table)):
            there = landed.get(before.get(name, name), ())
            renamed = {was: now for was, now in names.moves.items() if was in there}
            for was, now in one_by_one(renamed):
                yield f"alter table {place(name)} rename column {quoted(was)} to {quoted(now)}"


def _change_memory(memory: dict[str, Any], table: Table, names: Names) -> None:
    landed = [each for each in table.columns if each.name in names.landed_as]
    noted = memory.get("origins", {})
    _move(noted, names.moves)
    memory |= {**origins(table, landed), "origins": noted | origins(table, landed)["origins"]}
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
