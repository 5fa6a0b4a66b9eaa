"""Infinite times and times outside the years 1 to 9999, which most warehouses cannot hold.

They are loaded as the first or last timestamp of these years, and counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import pyarrow as pa
import pyarrow.compute as pc

from ingest.column_types import WHERE, base_of
from ingest.errors import IngestError
from ingest.spec import Column, Table

EARLIEST = {
    "date": "0001-01-01",
    "timestamp": "0001-01-01 00:00:00",
    "timestamptz": "0001-01-01 00:00:00+00",
}
LATEST = {
    "date": "9999-12-31",
    "timestamp": "9999-12-31 23:59:59.999999",
    "timestamptz": "9999-12-31 23:59:59.999999+00",
}
ENDS = (date.min, date.max, datetime.min, datetime.max)


class Extremes:
    """Finds the columns with a first or last timestamp, so that only these columns are counted."""

    def __init__(self, columns: Sequence[Column]) -> None:
        self._columns = columns
        self.seen: list[Column] = []

    def watch(self, batch: pa.RecordBatch) -> None:
        """Check the columns in which no extreme was seen yet."""
        for column in self._columns:
            if column not in self.seen and _touches_an_end(batch.column(column.name)):
                self.seen.append(column)

    def query(self, column: Column, name: str, rows: str) -> str:
        """The SQL that counts the values of `rows` out of range, and distinct values per end."""
        first, last = f"'{EARLIEST[base_of(column.type)]}'", f"'{LATEST[base_of(column.type)]}'"
        return (
            f"select count(case when {name} < {first} or {name} > {last} then 1 end), "
            f"count(distinct case when {name} <= {first} then {name} end), "
            f"count(distinct case when {name} >= {last} then {name} end) from {rows}"
        )

    def explain(
        self, table: Table, column: Column, outside: int, first: int, last: int
    ) -> dict[str, int]:
        """The note on these values. Raises `IngestError` if different keys would become equal."""
        if not outside:
            return {}
        ends = LATEST[base_of(column.type)], EARLIEST[base_of(column.type)]
        what = f"{table.source_name}.{column.origin}: infinite or outside the years 1 to 9999"
        if column.name in table.key and max(first, last) > 1:
            raise IngestError(
                f"{what}: `{column.name}` is part of the key, so different rows would be merged. "
                f"Set `type: text` for `{column.name}` {WHERE}."
            )
        return {f"{what}; loaded as {ends[0]} or {ends[1]}": outside}


def _touches_an_end(array: pa.Array) -> bool:
    for value in pc.min_max(array).as_py().values():
        if isinstance(value, datetime):
            value = value.replace(tzinfo=None)
        if value in ENDS:
            return True
    return False
