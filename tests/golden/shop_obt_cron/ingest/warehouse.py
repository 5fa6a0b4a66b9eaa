"""Where loads go: dlt's destination, the working folder, and what is landed already."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
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
    """What the warehouse has of a table before a load."""

    rows: int = 0
    columns: frozenset[str] = frozenset()


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
    counted = {table.name: table.cursor is not None for table in tables}
    counted |= {keys_table(table.name): False for table in tables if table.marks_deletes}
    with pipeline.sql_client() as client, pipeline.destination_client() as storage:
        found = {name: columns for name, columns in storage.get_storage_tables(counted) if columns}
        queries = []
        for name in found:
            table = client.make_qualified_table_name(name)
            rows = table if counted[name] else f"(select 1 from {table} limit 1) as one"
            queries.append(f"select '{name}', count(*) from {rows}")
        counts = client.execute_sql(" union all ".join(queries)) if queries else []
        rows = dict(counts or ())
    return {name: Landed(rows[name], frozenset(columns)) for name, columns in found.items()}


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
