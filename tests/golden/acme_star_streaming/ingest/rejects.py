"""Rejected lines of files, as the table `_rejects` of their source."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from ingest.column_types import arrow_schema, dlt_columns
from ingest.spec import Column

COLUMNS = tuple(
    Column(name=name, origin=name, type="bigint" if name == "line" else "text")
    for name in ("table_name", "file", "line", "reason", "text")
)


@dataclass(frozen=True)
class Rejected:
    """A line that could not be loaded, and why."""

    table: str
    file: str
    line: int
    reason: str
    text: str


def rejects_resource(rejects: Sequence[Rejected]) -> DltResource:
    """The rejects of this load. Extract it last, after every file was read."""

    def read() -> Iterator[pa.Table]:
        schema = arrow_schema(COLUMNS)
        rows = [dict(zip(schema.names, astuple(reject), strict=True)) for reject in rejects]
        yield pa.Table.from_pylist(rows, schema)

    hints = dlt_columns(COLUMNS)
    return dlt.resource(read, name="_rejects", columns=hints, write_disposition="replace")
