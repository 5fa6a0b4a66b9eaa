"""Reads a DuckDB file as Arrow batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import duckdb
import pyarrow as pa

from ingest.column_types import conform
from ingest.duckdb_sql import (
    BATCH_ROWS,
    condition,
    expression,
    quote,
    read_catalog,
    survey,
)
from ingest.duckdb_types import spec_type
from ingest.errors import IngestError
from ingest.extremes import EARLIEST, Extremes
from ingest.reader import Survey, Window
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table


class Reader:
    """A DuckDB file, opened read-only; all reads are in one transaction."""

    def __init__(self, source: Source, url: str) -> None:
        path = ROOT / url.removeprefix("duckdb:///")
        self.identity = f"duckdb {path}"
        self.replaced: Counter[str] = Counter()
        if not path.is_file():
            raise IngestError(f"There is no file {path}. Check the path in {source.variable}.")
        try:
            self._connection = duckdb.connect(str(path), read_only=True)
        except duckdb.Error as error:
            raise IngestError(f"{path} ({source.variable}) cannot be read: {error}") from error
        self._connection.execute("set timezone = 'UTC'; begin transaction")
        database = self._connection.execute("select current_database()").fetchall()[0][0]
        self._catalog = read_catalog(self._connection, database)

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The current columns of the table, with their types; None if there is no such table."""
        return {name: spec_type(type_) for name, type_ in self._types(table).items()} or None

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """The row count of the table and its newest cursor."""
        type_ = self._types(table).get(cursor.origin)
        return survey(self._connection, _name(table), cursor, type_, now)

    def restart(self) -> None:
        """Start a new transaction: DuckDB accepts no query in the old one after a failed read."""
        self._connection.execute("rollback; begin transaction")

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        types = self._types(table)
        chosen = ", ".join(expression(column, types.get(column.origin)) for column in columns)
        where, values = condition(window, types)
        rows = f"{_name(table)}{where}"
        is_time = [spec_type(types.get(column.origin, "")) in EARLIEST for column in columns]
        extremes = Extremes([column for column, time in zip(columns, is_time, strict=True) if time])
        try:
            query = f"select {chosen} from {rows}"
            for batch in self._connection.execute(query, values).to_arrow_reader(BATCH_ROWS):
                found = conform(batch.columns, columns, table.source_name, self.replaced, table.key)
                extremes.watch(found)
                yield found
        except duckdb.ConversionException as error:
            name = table.source_name
            raise IngestError(f"A value in {name} does not fit its type: {error}") from error
        for column in extremes.seen:
            time = f"{quote(column.origin)}::{spec_type(types[column.origin])}"
            query = extremes.query(column, time, rows)
            counts = self._connection.execute(query, values).fetchone()
            self.replaced |= extremes.explain(table, column, *counts)

    def _types(self, table: Table) -> dict[str, str]:
        return self._catalog.get((table.schema or "main", table.origin), {})


def _name(table: Table) -> str:
    return f"{quote(table.schema or 'main')}.{quote(table.origin)}"
