"""Carries what is landed of a source along when the source has another name than before.

Its schema is called after it, and so is what dlt remembers: all of that moves in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

from ingest.errors import IngestError
from ingest.locking import one_at_a_time
from ingest.memory import STATE, rewrite
from ingest.names import Named, Names, compare_names, one_by_one
from ingest.options import Options
from ingest.spec import Source, read_source, source_names
from ingest.warehouse import open_client, open_pipeline, pipeline_name

SqlClient = SqlClientBase[Any]


def carry_source(source: Source, options: Options, folder: Path) -> list[str]:
    """Give the schema of a source its name of today, and those that are in its way theirs.

    Returns notes of what was done. Raises `IngestError` if the rows may be those of another source,
    unless all of them are to be replaced.
    """
    sources, target = list(_sources()), options.target
    if not any(each.former for each in sources):
        return []
    with one_at_a_time(f"{target}.names"):
        if _variable(source, target, folder) == source.variable:
            return []
        known = {name for each in sources for name in (each.name, *each.former)}
        with open_client(target, folder) as client:
            landed = {name: tables for name, tables in _landed(client).items() if name in known}
            variables = {
                name: _variable(replace(source, name=name), target, folder) for name in landed
            }
            named = [Named(each.name, each.variable, each.former) for each in sources]
            noted = {name: variable for name, variable in variables.items() if variable}
            names = compare_names(named, noted, landed)
            if (whose := names.doubtful.get(source.name)) and not options.full:
                raise IngestError(
                    f"raw_{source.name} holds other rows, {whose}. Load it anew", flags="--full"
                )
            _carry_out(client, sources, landed, names.moves)
    return list(_notes(source, names))


def _sources() -> Iterator[Source]:
    for name in source_names():
        # What is wrong with another source is said when its turn comes.
        with suppress(IngestError):
            yield read_source(name)


def _variable(source: Source, target: str, folder: Path) -> str:
    """The variable of the address that the rows came from, which a rename leaves as it is."""
    state = open_pipeline(source, target, folder).state
    return state.get("sources", {}).get(source.name, {}).get("variable", "")


def _landed(client: SqlClient) -> dict[str, list[str]]:
    """The landed tables of each source."""
    query = (
        "select table_schema, table_name from information_schema.tables "
        "where table_type = 'BASE TABLE' order by 1, 2"
    )
    found: dict[str, list[str]] = {}
    for schema, table in client.execute_sql(query) or ():
        if schema.startswith("raw_"):
            found.setdefault(schema.removeprefix("raw_"), []).append(table)
    return found


def _carry_out(
    client: SqlClient,
    sources: Iterable[Source],
    landed: Mapping[str, list[str]],
    moves: Mapping[str, str],
) -> None:
    variables = {each.name: each.variable for each in sources}
    tables = dict(landed)
    with client.begin_transaction():
        for was, name in one_by_one(moves):
            tables[name] = tables.pop(was)
            for statement in _statements(client, was, name, tables[name]):
                client.execute_sql(statement)
        for was, name in moves.items():
            if STATE in tables[name]:

                def change(state: dict[str, Any], was: str = was, name: str = name) -> None:
                    _rename_in_state(state, was, name, variables[name])

                with client.with_alternative_dataset_name(f"raw_{name}"):
                    rewrite(client, pipeline_name(was), change, pipeline_name(name))


def _statements(client: SqlClient, was: str, name: str, tables: list[str]) -> Iterator[str]:
    quoted = client.escape_column_name
    before, now = quoted(f"raw_{was}"), quoted(f"raw_{name}")
    yield f"drop schema if exists {quoted(f'raw_{was}__loading')} cascade"
    if client.capabilities.sqlglot_dialect != "duckdb":
        # One that is empty is in the way; one that is not is never dropped.
        yield f"drop schema if exists {now}"
        yield f"alter schema {before} rename to {now}"
        return
    # DuckDB cannot rename a schema.
    yield f"create schema if not exists {now}"
    for table in map(quoted, tables):
        yield f"create table {now}.{table} as from {before}.{table}"
        yield f"drop table {before}.{table}"
    yield f"drop schema {before} cascade"


def _rename_in_state(state: dict[str, Any], was: str, name: str, variable: str) -> None:
    state["pipeline_name"] = pipeline_name(name)
    state["dataset_name"] = f"raw_{name}"
    state["schema_names"] = [name]
    state["default_schema_name"] = name
    state["sources"] = {name: {**state.get("sources", {}).get(was, {}), "variable": variable}}


def _notes(source: Source, names: Names) -> Iterator[str]:
    for was, name in names.moves.items():
        yield f"raw_{was} is raw_{name} now, as the source is called, with all its rows"
    for left, name in names.left.items():
        if name == source.name:
            yield (
                f"raw_{left} holds what was loaded of {name} under its former name; drop that once "
                "nobody needs it"
            )
