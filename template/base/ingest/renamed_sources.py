"""Renames the schema of a renamed source, so that its loaded rows are kept.

The schema and dlt's state are named after the source: both are renamed in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from dlt.destinations.sql_client import SqlClientBase

from ingest.dialect import of_spec, stored
from ingest.errors import IngestError
from ingest.locking import one_at_a_time
from ingest.memory import STATE, rewrite
from ingest.names import Named, Names, compare_names, one_by_one
from ingest.options import Options
from ingest.spec import Source, read_source, source_names
from ingest.warehouse import open_client, open_pipeline, pipeline_name

SqlClient = SqlClientBase[Any]


def rename_source(source: Source, options: Options, folder: Path) -> list[str]:
    """Give the schema of a source its current name, and first rename schemas that block it.

    Returns notes on the renames. Raises `IngestError` if the rows may belong to another source,
    unless a full load replaces them.
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
            recorded = {name: variable for name, variable in variables.items() if variable}
            names = compare_names(named, recorded, landed)
            if (whose := names.ambiguous.get(source.name)) and not options.full:
                raise IngestError(
                    f"raw_{source.name} holds other rows, {whose}; a full load replaces them",
                    flags="--full",
                )
            _apply(client, sources, landed, names.moves)
    return list(_notes(source, names))


def _sources() -> Iterator[Source]:
    for name in source_names():
        # Errors of other sources are reported when they are loaded.
        with suppress(IngestError):
            yield read_source(name)


def _variable(source: Source, target: str, folder: Path) -> str:
    """The variable that the rows were loaded with; it stays the same when a source is renamed."""
    state = open_pipeline(source, target, folder).state
    return state.get("sources", {}).get(source.name, {}).get("variable", "")


def _landed(client: SqlClient) -> dict[str, list[str]]:
    """The loaded tables of each source."""
    query = (
        "select table_schema, table_name from information_schema.tables "
        "where table_type = 'BASE TABLE' order by 1, 2"
    )
    found: dict[str, list[str]] = {}
    for stored_schema, table in client.execute_sql(query) or ():
        schema = of_spec(client, stored_schema)
        if schema.startswith("raw_"):
            found.setdefault(schema.removeprefix("raw_"), []).append(of_spec(client, table))
    return found


def _apply(
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
            _check_free(client, name)
            for statement in _statements(client, was, name, tables[name]):
                client.execute_sql(statement)
        for was, name in moves.items():
            if STATE in tables[name]:

                def change(state: dict[str, Any], was: str = was, name: str = name) -> None:
                    _rename_in_state(state, was, name, variables[name])

                with client.with_alternative_dataset_name(f"raw_{name}"):
                    rewrite(client, pipeline_name(was), change, pipeline_name(name))


def _check_free(client: SqlClient, name: str) -> None:
    """Raises `IngestError` if the schema has tables or views: some warehouses would drop them."""
    query = "select table_name from information_schema.tables where table_schema = %s limit 1"
    for (table,) in client.execute_sql(query, stored(client, f"raw_{name}")) or ():
        raise IngestError(f"raw_{name} already exists, with `{table}`. Drop or rename that schema")


def _statements(client: SqlClient, was: str, name: str, tables: list[str]) -> Iterator[str]:
    quoted = client.escape_column_name
    before, now = quoted(f"raw_{was}"), quoted(f"raw_{name}")
    yield f"drop schema if exists {quoted(f'raw_{was}__loading')} cascade"
    if client.capabilities.sqlglot_dialect != "duckdb":
        # It is empty, see above.
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
        yield f"raw_{was} renamed to raw_{name}, like its source; its rows are kept"
    for leftover, name in names.leftover.items():
        if name == source.name:
            yield (
                f"raw_{leftover} has rows that were loaded under the former name of {name}; "
                "drop it when it is no longer needed"
            )
