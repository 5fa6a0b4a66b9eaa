"""Loads one source into its schema `raw_<source>` with dlt.

A full load replaces a table at once, by a copy that was loaded aside. An incremental load merges
the rows whose cursor is at least the last one seen, less the lag. What was seen is kept by dlt in
the warehouse, committed with the rows: a load can be killed at any moment and run again.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

import dlt
import pyarrow as pa
from dlt.common.destination import Destination
from dlt.extract import DltResource

from ingest.column_types import arrow_schema, dlt_columns, parse
from ingest.cursor import earlier, latest
from ingest.drift import Finding, Live, compare
from ingest.errors import IngestError
from ingest.reader import Reader, Window, ahead
from ingest.settings import DATA, LOCAL_WAREHOUSE
from ingest.spec import Source, Table, platform_name
from ingest.summary import Execute

T = TypeVar("T")

DESTINATION_OPTIONS = {
    # The names of the spec are safe as they are; dlt's default would rewrite some of them.
    "naming_convention": "direct",
    # Nobody ever finds a table empty or half loaded.
    "replace_strategy": "insert-from-staging",
    "staging_dataset_name_layout": "%s__loading",
    # dlt knows that DuckDB and PostgreSQL have transactions only once it is told: without this, a
    # load that is killed between the DELETE and the INSERT of a merge loses the rows of the merge.
    "supports_transactions": True,
}


@dataclass(frozen=True)
class Options:
    """What to load, and where to."""

    tables: tuple[str, ...] = ()
    start: str | None = None
    end: str | None = None
    full: bool = False
    sample_rows: int | None = None
    target: str = "local"


@dataclass(frozen=True)
class Loaded:
    """What a load did: rows brought over per table, and what has changed at the source."""

    source: str
    mode: str
    rows: dict[str, int]
    seconds: float
    drift: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """As it is written to `data/last_run.json`."""
        return asdict(self)


@dataclass(frozen=True)
class _Load:
    """How one table is brought over this time."""

    live: Live
    disposition: str
    window: Window | None = None
    remembers: bool = False

    @property
    def table(self) -> Table:
        return self.live.table


def load(source: Source, reader: Reader, mode: str, options: Options) -> Loaded:
    """Bring the tables of the source over and say what was done.

    Raises `IngestError` before anything is written if the source has changed and its `drift` is
    `freeze`, or if the options ask for what is not there.
    """
    started = time.perf_counter()
    tables = _chosen(source, options)
    live, findings = compare(source, reader, tables)
    if findings and source.drift == "freeze":
        raise IngestError(_frozen(source, findings))
    pipeline = _pipeline(source, options.target)
    memory = pipeline.state.get("sources", {}).get(source.name, {}).get("resources", {})
    outdated = _drop_outdated(pipeline, live)
    memory = {name: kept for name, kept in memory.items() if name not in outdated}
    loads = [_plan(one, memory.get(one.table.name, {}), reader, options) for one in live]
    rows: dict[str, int] = {}
    resources = [_resource(one, reader, rows) for one in loads]
    resources += [_keys(one.table, reader) for one in loads if one.table.marks_deletes]
    _run(pipeline, source, [one for one in resources if one.name in outdated], "drop_resources")
    _run(pipeline, source, [one for one in resources if one.name not in outdated])
    seconds = round(time.perf_counter() - started, 2)
    return Loaded(source.name, mode, rows, seconds, [str(finding) for finding in findings])


def _chosen(source: Source, options: Options) -> list[Table]:
    known = {table.name: table for table in source.tables}
    unknown = [name for name in options.tables if name not in known]
    if unknown:
        raise IngestError(
            f"{source.name} has no table {', '.join(f'`{name}`' for name in unknown)}. "
            f"Its tables are: {', '.join(known)}."
        )
    tables = [known[name] for name in options.tables] or list(source.tables)
    if options.start is None:
        return tables
    # A window is of cursor values: tables without a cursor have no part in it.
    with_cursor = [table for table in tables if table.cursor]
    if not with_cursor:
        raise IngestError(f"{source.name} has no incremental table to load a window of.")
    if options.tables:
        return with_cursor
    # A window of time leaves out tables whose cursor is a number; what fits none is told of below.
    in_window = [table for table in with_cursor if _is_value(options.start, table.cursor.type)]
    return in_window or with_cursor


def _is_value(text: str, type_: str) -> bool:
    try:
        parse(text, type_)
    except IngestError:
        return False
    return True


def _frozen(source: Source, findings: list[Finding]) -> str:
    lines = "\n".join(f"  - {finding}" for finding in findings)
    return (
        f"{source.name} has changed and its `drift` is `freeze`, so nothing was loaded:\n{lines}\n"
        f"Or set `drift: evolve` in sources/{source.name}.yml to load on and only be told."
    )


def _destination(target: str) -> Destination:
    if target != "local":
        # What it needs is installed with production's packages only.
        from ingest.destination import production

        return production(**DESTINATION_OPTIONS)
    LOCAL_WAREHOUSE.parent.mkdir(exist_ok=True)
    return dlt.destinations.duckdb(str(LOCAL_WAREHOUSE), **DESTINATION_OPTIONS)


def _pipeline(source: Source, target: str) -> dlt.Pipeline:
    name = f"{platform_name()}__{source.name}"
    folder = DATA / ".dlt" / target
    # What a killed run left behind is dropped; all that counts is in the warehouse.
    shutil.rmtree(folder / name, ignore_errors=True)
    pipeline = dlt.pipeline(
        name,
        pipelines_dir=str(folder),
        destination=_destination(target),
        dataset_name=f"raw_{source.name}",
    )
    pipeline.sync_destination()
    return pipeline


def _plan(live: Live, memory: dict[str, Any], reader: Reader, options: Options) -> _Load:
    table = live.table
    if table.cursor is None:
        return _Load(live, "replace")
    if options.start is not None:
        start = parse(options.start, table.cursor.type)
        end = parse(options.end, table.cursor.type) if options.end else None
        return _Load(live, "merge", Window(table.cursor, start, end))
    seen = memory.get("cursor")
    # Another database (the real one after sample data, say) has another history.
    if options.full or seen is None or memory.get("of") != [reader.identity, table.cursor.name]:
        return _Load(live, "replace", remembers=True)
    window = Window(table.cursor, earlier(seen, table.lag))
    return _Load(live, "merge", window, remembers=True)


def _resource(one: _Load, reader: Reader, rows: dict[str, int]) -> DltResource:
    table, columns = one.table, one.live.columns

    def read() -> Iterator[pa.Table]:
        # Without rows, too, the table gets all its columns.
        yield arrow_schema(columns).empty_table()
        rows[table.name] = 0
        newest = one.window.start if one.window else None
        for batch in ahead(reader.batches(table, columns, one.window)):
            rows[table.name] += batch.num_rows
            if one.remembers and table.cursor:
                newest = latest(newest, batch.column(table.cursor.name))
            yield pa.Table.from_batches([batch])
        if one.remembers and table.cursor and newest is not None:
            memory = dlt.current.resource_state()
            memory["cursor"], memory["of"] = newest, [reader.identity, table.cursor.name]

    return dlt.resource(
        read,
        name=table.name,
        columns=dlt_columns(columns),
        primary_key=table.key if one.disposition == "merge" else None,
        write_disposition=one.disposition,
    )


def _keys(table: Table, reader: Reader) -> DltResource:
    """All keys that are at the source now: staging marks the rows whose key is not among them."""
    columns = table.key_columns

    def read() -> Iterator[pa.Table]:
        yield arrow_schema(columns).empty_table()
        for batch in ahead(reader.batches(table, columns, None)):
            yield pa.Table.from_batches([batch])

    name = f"{table.name}__keys"
    return dlt.resource(read, name=name, columns=dlt_columns(columns), write_disposition="replace")


def query_warehouse(target: str, ask: Callable[[Execute], T]) -> T:
    """What `ask` finds out with the function that it is given: from SQL to rows."""
    pipeline = dlt.pipeline(
        "query",
        pipelines_dir=str(DATA / ".dlt" / target),
        destination=_destination(target),
        dataset_name="raw",
    )
    with pipeline.sql_client() as client:
        return ask(lambda query: client.execute_sql(query) or [])


def _run(
    pipeline: dlt.Pipeline, source: Source, resources: list[DltResource], refresh: Any = None
) -> None:
    if resources:
        together = dlt.source(lambda: resources, name=source.name, max_table_nesting=0)()
        pipeline.run(together, loader_file_format="parquet", refresh=refresh)


def _drop_outdated(pipeline: dlt.Pipeline, live: list[Live]) -> set[str]:
    """Drop tables whose key or a column's type is another now, and say which must be made anew.

    dlt adds columns but never alters them, and merges by the columns of every key that there was.
    Views on the tables go too: dbt makes them again.
    """
    known = pipeline.default_schema.tables if pipeline.default_schema_name else {}
    wanted = {one.table.name: dlt_columns(one.columns) for one in live if one.table.name in known}
    keys = {one.table.name: one.table.key for one in live}
    if not wanted:
        return set()
    with pipeline.sql_client() as client, pipeline.destination_client() as storage:
        present = {name for name, columns in storage.get_storage_tables(wanted) if columns}
        outdated = {
            name
            for name, columns in wanted.items()
            if name not in present
            or _differ(columns, known[name]["columns"])
            or _other_key(keys[name], known[name]["columns"])
        }
        for name in outdated & present:
            client.execute_sql(f"drop table {client.make_qualified_table_name(name)} cascade")
            with client.with_staging_dataset():
                table = client.make_qualified_table_name(name)
                client.execute_sql(f"drop table if exists {table} cascade")
    return outdated


def _differ(wanted: Any, stored: Any) -> bool:
    """Whether a column is there already, but with another type."""
    parts = ("data_type", "precision", "scale", "timezone")
    return any(
        name in stored and any(hint.get(part) != stored[name].get(part) for part in parts)
        for name, hint in wanted.items()
    )


def _other_key(wanted: Sequence[str], stored: Any) -> bool:
    """Whether rows were merged by another key."""
    merged_by = {name for name, hint in stored.items() if hint.get("primary_key")}
    return bool(merged_by) and merged_by != set(wanted)
