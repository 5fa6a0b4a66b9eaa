"""Sample data that fits the spec of a source, for use when the source is not available.

The same spec and size give the same rows on every machine and on every day.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from ingest.column_types import arrow_schema, arrow_type
from ingest.cursor import inside
from ingest.reader import Survey, Window, survey_by_reading
from ingest.spec import Column, Source, Table
from sample.draft import Rows
from sample.tables import make_tables

DEFAULT_ROWS = 1000
BATCH_ROWS = 50_000


def _code() -> list[bytes]:
    """The modules of this package: when they change, all rows are reloaded."""
    return [path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py"))]


class SampleReader:
    """A stand-in for a source: generated rows, with the keys, types and values of its spec.

    `rows` is the size of a fact; dimensions and reference tables have fewer rows. The default is
    the variable SAMPLE_ROWS, or else 1,000.
    """

    def __init__(self, source: Source, rows: int | None = None) -> None:
        rows = rows or int(os.environ.get("SAMPLE_ROWS") or DEFAULT_ROWS)
        fingerprint = hashlib.sha256(repr((source, rows, _code())).encode()).hexdigest()[:12]
        self.replaced: Counter[str] = Counter()
        self.identity = f"sample {fingerprint}"
        self._tables: dict[str, Rows] = make_tables(source, rows)

    def __enter__(self) -> SampleReader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._tables.clear()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The columns of the spec: sample data never drifts from it."""
        return {column.origin: column.type for column in table.columns}

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """How many rows there are, and the newest cursor in them."""
        return survey_by_reading(self, table, cursor, now)

    def restart(self) -> None:
        """Nothing to do: sample data does not change."""

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        rows = self._tables[table.name]
        arrays = [pa.array(rows[column.name], arrow_type(column.type)) for column in columns]
        batch = pa.record_batch(arrays, schema=arrow_schema(columns))
        if window is not None:
            values, type_ = batch.column(window.column.name), window.column.type
            batch = batch.filter(inside(values, window.start, window.end, type_))
        for start in range(0, batch.num_rows, BATCH_ROWS):
            yield batch.slice(start, BATCH_ROWS)
