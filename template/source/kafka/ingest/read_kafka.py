"""Reads the Delta tables that the streams of a source of events write to the lake, through DuckDB.

In each batch, a windowed stream appends partial aggregates. The reader combines them into one row
per window and group, with the number of the last batch that changed the row.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_delta
import pyarrow as pa
import yaml

from ingest.column_types import conform
from ingest.duckdb_sql import (
    BATCH_ROWS,
    cast_type,
    condition,
    expression,
    literal,
    quote,
    read_catalog,
    survey,
)
from ingest.duckdb_types import spec_type
from ingest.errors import IngestError
from ingest.reader import Survey, Window
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table

COMBINED = {
    "count": 'sum("{0}")',
    "sum": 'sum("{0}")',
    "min": 'min("{0}")',
    "max": 'max("{0}")',
    "avg": 'sum("{0}__sum") / nullif(sum("{0}__count"), 0)',
}
"""How partial aggregates are combined."""

BATCH = "batch"


class Reader:
    """The folder of a source's tables in the lake; each table is read from one snapshot.

    A table whose stream has not run yet is empty. Raises `IngestError` if no table exists.
    """

    def __init__(self, source: Source, url: str) -> None:
        self._folder = url if "://" in url else str(ROOT / url)
        self.replaced: Counter[str] = Counter()
        self.identity = f"lake {self._folder}"
        self._aggregates = _aggregates(source.name)
        self._connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        self._connection.execute(f"load {literal(str(_extension()))}")
        self._connection.execute("set timezone = 'UTC'")
        self._missing = {table.name for table in source.tables if not self._open(table)}
        if len(self._missing) == len(source.tables):
            raise IngestError(
                f"The lake of {source.name} does not exist: {self._folder} has no table of its "
                f"streams. Run the streams, or set {source.variable} to the folder they write to."
            )
        for name in sorted(self._missing):
            print(f"  {name}: its stream has not run yet, so the table is empty")
        self._catalog = read_catalog(self._connection, "memory")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The current columns of the table, with their types; None if there is no such table."""
        if table.name in self._missing:
            return {column.origin: column.type for column in table.columns}
        return {name: spec_type(type_) for name, type_ in self._types(table).items()} or None

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """The row count of the table and the number of its newest batch."""
        if table.name in self._missing:
            return Survey(0)
        type_ = self._types(table).get(cursor.origin)
        counted = survey(self._connection, quote(table.name), cursor, type_, now)
        return replace(counted, numbered=True)

    def restart(self) -> None:
        """Nothing to do: each read is its own transaction."""

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        if table.name in self._missing:
            return
        types = self._types(table)
        chosen = ", ".join(expression(column, types.get(column.origin)) for column in columns)
        where, values = condition(window, types)
        query = f"select {chosen} from {quote(table.name)}{where}"
        try:
            for batch in self._connection.execute(query, values).to_arrow_reader(BATCH_ROWS):
                yield conform(batch.columns, columns, table.name, self.replaced, table.key)
        except duckdb.ConversionException as error:
            raise IngestError(f"A value in {table.name} does not fit its type: {error}") from error

    def _path(self, table: Table) -> str:
        return f"{self._folder}/{table.origin}"

    def _open(self, table: Table) -> bool:
        """Create a view of the table; False if the table does not exist."""
        path = self._path(table)
        if "://" not in path and not Path(path, "_delta_log").is_dir():
            return False
        delta = f"delta_scan({literal(path)})"
        aggregates = self._aggregates.get(table.name, {})
        last = f"{BATCH} as last_batch"
        chosen, groups = f"* exclude ({BATCH}), {last}", ""
        if aggregates:
            keys = [c.name for c in table.columns if c.name not in {*aggregates, "last_batch"}]
            named = [
                f"cast({COMBINED[aggregates[c.name]].format(c.name)} as {cast_type(c.type)}) as {quote(c.name)}"
                for c in table.columns
                if c.name in aggregates
            ]
            chosen = ", ".join([*map(quote, keys), *named, f"max({BATCH}) as last_batch"])
            groups = " group by all"
        query = f"create view {quote(table.name)} as select {chosen} from {delta}{groups}"
        try:
            self._connection.execute(query)
        except duckdb.BinderException as error:
            reason = str(error).partition("\n")[0]
            raise IngestError(
                f"The lake table {path} lacks columns of the spec: {reason} Run its stream, which "
                "updates the table or says how to."
            ) from error
        except duckdb.Error as error:
            raise IngestError(f"The lake table {path} cannot be read: {error}") from error
        return True

    def _types(self, table: Table) -> dict[str, str]:
        return self._catalog.get(("main", table.name), {})


def _aggregates(source: str) -> dict[str, dict[str, Any]]:
    path = ROOT / "stream" / "tables" / f"{source}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")).get("aggregates") or {}


def _extension() -> Path:
    """The path of DuckDB's Delta extension in its wheel: nothing is downloaded."""
    folder = Path(next(iter(duckdb_extension_delta.__path__)))
    return next(folder.rglob("delta.duckdb_extension"))
