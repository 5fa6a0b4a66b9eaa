"""The warehouse: dlt's destination, the working folder, and the tables that are already loaded."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import dlt
from dlt.common.destination import Destination
from dlt.destinations.sql_client import SqlClientBase

from ingest.dialect import of_spec
from ingest.settings import DATA, LOCAL_WAREHOUSE
from ingest.spec import Source, Table, keys_table, platform_name
from ingest.summary import Execute

T = TypeVar("T")

DESTINATION_OPTIONS = {
    # The names of the spec are already safe; dlt's default would rewrite some of them.
    "naming_convention": "direct",
    # Readers never see an empty or half-loaded table.
    "replace_strategy": "insert-from-staging",
    "staging_dataset_name_layout": "%s__loading",
    # dlt does not know that DuckDB and PostgreSQL have transactions: without this setting, a load
    # that is killed between the DELETE and the INSERT of a merge loses the merged rows.
    "supports_transactions": True,
}


@dataclass(frozen=True)
class Landed:
    """A table in the warehouse before a load.

    `without` is the number of rows without a cursor value, except rows known to be deleted.
    """

    rows: int = 0
    columns: frozenset[str] = frozenset()
    without: int = 0


def destination(target: str) -> Destination:
    """dlt's destination for the local warehouse or for production."""
    if target != "local":
        # Its packages are installed only for production.
        from ingest.destination import production

        return production(**DESTINATION_OPTIONS)
    from ingest.in_place import DuckDb

    LOCAL_WAREHOUSE.parent.mkdir(exist_ok=True)
    return DuckDb(str(LOCAL_WAREHOUSE), destination_name="duckdb", **DESTINATION_OPTIONS)


@contextmanager
def working_folder(target: str, name: str) -> Iterator[Path]:
    """A temporary folder for dlt's load packages, which no other user can read.

    Also removes the folders of killed loads of the same name.
    """
    folder = DATA / ".dlt" / target
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(f"{name}.*"):
        shutil.rmtree(stale, ignore_errors=True)
    path = Path(tempfile.mkdtemp(prefix=f"{name}.", dir=folder))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def pipeline_name(source: str) -> str:
    """The name of a source's dlt pipeline."""
    return f"{platform_name()}__{source}"


def open_pipeline(source: Source, target: str, folder: Path) -> dlt.Pipeline:
    """The source's pipeline with the state from the warehouse, and no pending load."""
    name = pipeline_name(source.name)
    shutil.rmtree(folder / name, ignore_errors=True)
    pipeline = dlt.pipeline(
        name,
        pipelines_dir=str(folder),
        destination=destination(target),
        dataset_name=f"raw_{source.name}",
    )
    pipeline.sync_destination()
    return pipeline


def landed(pipeline: dlt.Pipeline, tables: Iterable[Table]) -> dict[str, Landed]:
    """These tables in the warehouse. For tables without a cursor, `rows` is only 0 or 1."""
    if not pipeline.default_schema_name:
        return {}
    counted = {table.name: table if table.cursor else None for table in tables}
    counted |= {keys_table(table.name): None for table in tables if table.marks_deletes}
    with pipeline.sql_client() as client, pipeline.destination_client() as storage:
        found = {
            name: [of_spec(client, column) for column in columns]
            for name, columns in storage.get_storage_tables(counted)
            if columns
        }
        queries = []
        for name, columns in found.items():
            place = client.make_qualified_table_name(name)
            table = counted[name]
            rows = f"{place} as landed" if table else f"(select 1 from {place} limit 1) as landed"
            without = _without_cursor(client, table, columns, found) if table else "0"
            queries.append(f"select '{name}', count(*), {without} from {rows}")
        counts = client.execute_sql(" union all ".join(queries)) if queries else []
    return {
        name: Landed(rows, frozenset(found[name]), int(without or 0))
        for name, rows, without in counts or ()
    }


def _without_cursor(
    client: SqlClientBase[Any],
    table: Table,
    columns: Container[str],
    found: Mapping[str, Container[str]],
) -> str:
    """The SQL over the table `landed` that counts its rows without a cursor value."""
    if table.cursor is None or table.cursor.name not in columns:
        return "0"
    missing = f"landed.{client.escape_column_name(table.cursor.name)} is null"
    keys = keys_table(table.name)
    if all(name in columns and name in found.get(keys, ()) for name in table.key):
        place = client.make_qualified_table_name(keys)
        missing += f" and exists (select 1 from {place} as present where {same_key(client, table)})"
    return f"sum(case when {missing} then 1 else 0 end)"


def same_key(client: SqlClientBase[Any], table: Table) -> str:
    """The SQL condition that a row of `landed` and a row of `present` have the same key."""
    quoted = [client.escape_column_name(name) for name in table.key]
    return " and ".join(f"landed.{name} = present.{name}" for name in quoted)


def query_warehouse(target: str, ask: Callable[[Execute], T]) -> T:
    """The result of `ask`, which gets a function that runs SQL and returns rows."""
    with working_folder(target, "query") as folder, open_client(target, folder) as client:
        return ask(lambda query: client.execute_sql(query) or [])


def open_client(target: str, folder: Path) -> SqlClientBase[Any]:
    """A client for the whole warehouse, not for a single source."""
    pipeline = dlt.pipeline(
        "query", pipelines_dir=str(folder), destination=destination(target), dataset_name="raw"
    )
    return pipeline.sql_client()
