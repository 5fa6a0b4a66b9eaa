"""Where loads go: dlt's destination, the working folder, and what is landed already."""

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

from ingest.settings import DATA, LOCAL_WAREHOUSE
from ingest.spec import Source, Table, keys_table, platform_name
from ingest.summary import Execute

T = TypeVar("T")

DESTINATION_OPTIONS = {
    # The names of the spec are safe as they are; dlt's default would rewrite some of them.
    "naming_convention": "direct",
    # No table is ever found empty or half loaded.
    "replace_strategy": "insert-from-staging",
    "staging_dataset_name_layout": "%s__loading",
    # dlt knows that DuckDB and PostgreSQL have transactions only once it is told: without this, a
    # load that is killed between the DELETE and the INSERT of a merge loses the rows of the merge.
    "supports_transactions": True,
}


@dataclass(frozen=True)
class Landed:
    """What the warehouse has of a table before a load.

    So many rows are `without` a cursor value, those left out that are known to be deleted.
    """

    rows: int = 0
    columns: frozenset[str] = frozenset()
    without: int = 0


def destination(target: str) -> Destination:
    """dlt's destination for the local warehouse or for production."""
    if target != "local":
        # What it needs is installed with production's packages only.
        from ingest.destination import production

        return production(**DESTINATION_OPTIONS)
    from ingest.in_place import DuckDb

    LOCAL_WAREHOUSE.parent.mkdir(exist_ok=True)
    return DuckDb(str(LOCAL_WAREHOUSE), destination_name="duckdb", **DESTINATION_OPTIONS)


@contextmanager
def working_folder(target: str, name: str) -> Iterator[Path]:
    """A folder for dlt's packages, which nobody else can read and which is gone afterwards.

    What a killed load of the same name left behind goes too.
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
    """What dlt calls the loads of a source."""
    return f"{platform_name()}__{source}"


def open_pipeline(source: Source, target: str, folder: Path) -> dlt.Pipeline:
    """The source's pipeline with the state that the warehouse has; nothing of it is pending."""
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
    """What is landed of these tables. Full tables have one row or none: more is not asked."""
    if not pipeline.default_schema_name:
        return {}
    counted = {table.name: table if table.cursor else None for table in tables}
    counted |= {keys_table(table.name): None for table in tables if table.marks_deletes}
    with pipeline.sql_client() as client, pipeline.destination_client() as storage:
        found = {name: columns for name, columns in storage.get_storage_tables(counted) if columns}
        queries = []
        for name, columns in found.items():
            place = client.make_qualified_table_name(name)
            table = counted[name]
            rows = f"{place} as landed" if table else f"(select 1 from {place} limit 1) as one"
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
    """How many rows have no cursor value: an expression over the table `landed`."""
    if table.cursor is None or table.cursor.name not in columns:
        return "0"
    missing = f"landed.{client.escape_column_name(table.cursor.name)} is null"
    keys = keys_table(table.name)
    if all(name in columns and name in found.get(keys, ()) for name in table.key):
        place = client.make_qualified_table_name(keys)
        missing += f" and exists (select 1 from {place} as present where {same_key(client, table)})"
    return f"sum(case when {missing} then 1 else 0 end)"


def same_key(client: SqlClientBase[Any], table: Table) -> str:
    """The condition that a row of `landed` has the key of a row of `present`."""
    quoted = [client.escape_column_name(name) for name in table.key]
    return " and ".join(f"landed.{name} = present.{name}" for name in quoted)


def query_warehouse(target: str, ask: Callable[[Execute], T]) -> T:
    """What `ask` finds out with the function that it is given: from SQL to rows."""
    with working_folder(target, "query") as folder, open_client(target, folder) as client:
        return ask(lambda query: client.execute_sql(query) or [])


def open_client(target: str, folder: Path) -> SqlClientBase[Any]:
    """A client of the warehouse, for whatever is in it."""
    pipeline = dlt.pipeline(
        "query", pipelines_dir=str(folder), destination=destination(target), dataset_name="raw"
    )
    return pipeline.sql_client()
