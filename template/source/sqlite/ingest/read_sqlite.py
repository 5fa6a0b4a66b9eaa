"""Reads a SQLite file as Arrow batches.

Python's own driver is used: any column of SQLite can hold values of any type, and only here can
each be cast as the spec says. It keeps up with the rest of a load (315,000 rows/s of 10 columns).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pyarrow as pa

from ingest.column_types import arrow_type, base_of, conform, precision_of
from ingest.cursor import inside
from ingest.errors import IngestError
from ingest.reader import Survey, Window, survey_by_reading
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table

BATCH_ROWS = 20_000
# SQLite's declared types are free text: the first of these that is found in one decides.
TYPES = [
    (r"BOOL", "boolean"),
    (r"SMALLINT|TINYINT", "smallint"),
    (r"INT", "bigint"),
    (r"TIMESTAMP|DATETIME", "timestamp"),
    (r"DATE", "date"),
    (r"TIME", "time"),
    (r"CHAR|CLOB|TEXT", "text"),
    (r"BLOB", "binary"),
    (r"REAL|FLOA|DOUB", "double"),
    (r"NUMERIC|DECIMAL|MONEY", "numeric"),
    (r"JSON", "json"),
    (r"UUID", "uuid"),
]


class Reader:
    """A SQLite file, opened for reading only; all reads are in one transaction."""

    def __init__(self, source: Source, url: str) -> None:
        path = ROOT / url.removeprefix("sqlite:///")
        self.identity = f"sqlite {path}"
        if not path.is_file():
            raise IngestError(f"There is no file {path}, which {source.variable} names.")
        try:
            # The batches are fetched in another thread, one at a time.
            self._connection = sqlite3.connect(
                f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
            self._connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
            self._connection.execute("begin")
            self._connection.execute("select 1 from sqlite_master").fetchall()
        except sqlite3.Error as error:
            raise IngestError(f"{path} ({source.variable}) cannot be read: {error}") from error

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The columns that the table has now, with their types; None if there is no such table."""
        query = "select name, type from pragma_table_xinfo(?) where hidden <> 1"
        found = self._connection.execute(query, [table.origin]).fetchall()
        known = {column.origin: column.type for column in table.columns}
        # The declared type binds no value, so a column that is known has the type of the spec.
        return {name: known.get(name) or _spec_type(declared) for name, declared in found} or None

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """What the file itself says of the table."""
        return survey_by_reading(self, table, cursor, now)

    def restart(self) -> None:
        """Go on with what the file has now."""
        self._connection.execute("rollback")
        self._connection.execute("begin")

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        live = self.columns(table) or {}
        chosen = ", ".join(_expression(column, column.origin in live) for column in columns)
        where, values = _where(window)
        query = f"select {chosen} from {_quote(table.origin)}{where}"
        with closing(self._connection.execute(query, values)) as cursor:
            while rows := cursor.fetchmany(BATCH_ROWS):
                arrays = [
                    _array(values, column, table)
                    for values, column in zip(zip(*rows, strict=True), columns, strict=True)
                ]
                batch = conform(arrays, columns, table.origin)
                yield batch if window is None else _within(batch, window)


def _spec_type(declared: str) -> str:
    numbers = re.search(r"\(\s*(\d+)\s*,\s*(\d+)\s*\)", declared)
    type_ = next(
        (type_ for pattern, type_ in TYPES if re.search(pattern, declared.upper())), "text"
    )
    if type_ == "numeric" and numbers:
        return f"numeric({numbers[1]}, {numbers[2]})"
    return type_


def _expression(column: Column, present: bool) -> str:
    """What to select so that each value can be cast exactly, whatever type it is kept in."""
    if not present:
        return "null"
    name, base = _quote(column.origin), base_of(column.type)
    if base in ("text", "json", "uuid"):
        return f"cast({name} as text)"
    if base == "numeric":
        scale = precision_of(column.type)[1]
        return f"case typeof({name}) when 'real' then printf('%.{scale}f', {name}) else {name} end"
    if base in ("date", "time", "timestamp", "timestamptz"):
        # SQLite keeps times as text, as seconds since 1970 or as Julian days.
        return (
            f"case typeof({name}) when 'integer' then datetime({name}, 'unixepoch') "
            f"when 'real' then datetime({name}) else {name} end"
        )
    return name


def _array(values: Sequence[Any], column: Column, table: Table) -> pa.Array:
    base = base_of(column.type)
    try:
        if base in ("date", "time", "timestamp", "timestamptz"):
            return _times(values, base)
        if base == "numeric":
            return pa.array(
                [value if value is None else str(value) for value in values], pa.string()
            )
        if base == "boolean":
            return pa.array([_truth(value) for value in values], pa.bool_())
        if base == "binary":
            return pa.array([v.encode() if isinstance(v, str) else v for v in values], pa.binary())
        return pa.array(values, arrow_type(column.type))
    except (pa.ArrowInvalid, pa.ArrowTypeError, ValueError) as error:
        raise IngestError(
            f"A value of {table.origin}.{column.origin} is not of type `{column.type}`: {error}. "
            "Give the column another type in the source's file in sources/."
        ) from error


def _times(values: Sequence[str | None], base: str) -> pa.Array:
    texts = pa.array([value or None for value in values], pa.string())
    if base == "date":
        return pa.array([value[:10] if value else None for value in values], pa.string()).cast(
            pa.date32()
        )
    if base == "time":
        return pa.array([value[-8:] if value else None for value in values], pa.string()).cast(
            pa.time64("us")
        )
    try:
        return texts.cast(pa.timestamp("us"))
    except pa.ArrowInvalid:
        # With a zone in the text, the moment is that in UTC.
        return texts.cast(pa.timestamp("us", tz="UTC"))


def _truth(value: Any) -> bool | None:
    if value is None or isinstance(value, int):
        return None if value is None else bool(value)
    if str(value).lower() in ("t", "true", "y", "yes", "1"):
        return True
    if str(value).lower() in ("f", "false", "n", "no", "0"):
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def _where(window: Window | None) -> tuple[str, list[Any]]:
    if window is None:
        return "", []
    column = _quote(window.column.origin)
    if base_of(window.column.type) not in ("date", "timestamp", "timestamptz"):
        end = "" if window.end is None else f" and {column} < ?"
        missing = f" or {column} is null" if window.end is None else ""
        values = [window.start] if window.end is None else [window.start, window.end]
        return f" where ({column} >= ?{end}){missing}", [_plain(value) for value in values]
    # A time may be kept as text in many forms, as seconds since 1970 or as a Julian day. SQLite
    # knows it by the millisecond, so that the rows at the window's ends are looked at again.
    day = (
        f"case typeof({column}) when 'integer' then julianday({column}, 'unixepoch') "
        f"else julianday({column}) end"
    )
    start, end = (f"julianday(?, '{seconds} seconds')" for seconds in (-1, 1))
    if window.end is None:
        return f" where {day} >= {start} or {day} is null", [str(window.start)]
    return (
        f" where ({day} >= {start} and {day} <= {end}) or {day} is null",
        [str(window.start), str(window.end)],
    )


def _within(batch: pa.RecordBatch, window: Window) -> pa.RecordBatch:
    names = batch.schema.names
    if window.column.name not in names:
        return batch
    values = batch.column(window.column.name)
    return batch.filter(inside(values, window.start, window.end, window.column.type))


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value)


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
