"""Reads a SQLite file as Arrow batches.

Through Python's own driver: a SQLite column can hold values of any type, and only this driver lets
each value be cast to the type in the spec. It is as fast as the rest of a load (315,000 rows/s of
10 columns).
"""

from __future__ import annotations

import re
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta
from typing import Any

import pyarrow as pa

from ingest.casts import Misfit, cast_exactly, cast_one_by_one
from ingest.column_types import (
    EPOCHS,
    UNITS,
    arrow_type,
    base_of,
    conform,
    misfit_error,
    replace_with_null,
    to_source,
)
from ingest.cursor import inside
from ingest.errors import IngestError
from ingest.reader import Survey, Window, survey_by_reading
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table
from ingest.spelling import Speller

BATCH_ROWS = 20_000
TIMES = ("date", "time", "timestamp", "timestamptz")
EPOCH = datetime(1970, 1, 1)
JULIAN_EPOCH = 2440587.5
LAST_JULIAN_DAY = 5373484.5
# SQLite's declared types are free text: the first pattern that matches decides.
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
    """A SQLite file, opened read-only; all reads are in one transaction."""

    def __init__(self, source: Source, url: str) -> None:
        path = ROOT / url.removeprefix("sqlite:///")
        self.identity = f"sqlite {path}"
        self.replaced: Counter[str] = Counter()
        self._speller = Speller(source, _name, _quote, "cast({} as blob)", self._kind)
        if not path.is_file():
            raise IngestError(f"There is no file {path}. Check the path in {source.variable}.")
        try:
            # The batches are fetched in another thread, one at a time.
            self._connection = sqlite3.connect(
                f"{path.as_uri()}?mode=ro", uri=True, check_same_thread=False
            )
            # Invalid UTF-8 is kept for columns of type binary, and refused in other columns.
            self._connection.text_factory = lambda raw: raw.decode("utf-8", "surrogateescape")
            self._connection.execute("begin")
            self._connection.execute("select 1 from sqlite_master").fetchall()
        except sqlite3.Error as error:
            raise IngestError(f"{path} ({source.variable}) cannot be read: {error}") from error

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The current columns of the table, with their types; None if there is no such table."""
        query = "select name, type from pragma_table_xinfo(?) where hidden <> 1"
        found = self._connection.execute(query, [table.origin]).fetchall()
        known = {column.origin: column.type for column in table.columns}
        # The declared type does not constrain values, so the type in the spec is used, if any.
        return {name: known.get(name) or _spec_type(declared) for name, declared in found} or None

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """The row count of the table and its newest cursor."""
        return survey_by_reading(self, table, cursor, now)

    def restart(self) -> None:
        """Start a new transaction."""
        self._connection.execute("rollback")
        self._connection.execute("begin")

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        live = self.columns(table) or {}
        where, values = _where(window)
        rows = f"{_name(table)}{where}"
        spelled = self._speller.spelled(
            table,
            columns,
            f"select * from {rows}",
            lambda query: self._connection.execute(query, values).fetchone()[0],
            self.replaced,
        )
        chosen = ", ".join(
            _expression(column, column.origin in live, spelled.get(column.origin))
            for column in columns
        )
        query = f"select {chosen} from {rows}"
        with closing(self._connection.execute(query, values)) as cursor:
            while rows := cursor.fetchmany(BATCH_ROWS):
                arrays = [
                    self._array(values, column, table)
                    for values, column in zip(zip(*rows, strict=True), columns, strict=True)
                ]
                batch = conform(arrays, columns, table.origin, self.replaced, table.key)
                yield batch if window is None else _within(batch, window)

    def _kind(self, table: Table, column: Column) -> str | None:
        return "text" if column.origin in (self.columns(table) or {}) else None

    def _array(self, values: Sequence[Any], column: Column, table: Table) -> pa.Array:
        try:
            if base_of(column.type) in TIMES:
                values = [
                    _time(value, column) for value in self._without_blanks(values, column, table)
                ]
            return _uniform(values, arrow_type(column.type))
        except UnicodeEncodeError as error:
            raw = error.object.encode("utf-8", "surrogateescape")
            raise misfit_error(table.origin, column, raw) from error
        except Misfit as misfit:
            raise misfit_error(table.origin, column, misfit.value) from misfit

    def _without_blanks(self, values: Sequence[Any], column: Column, table: Table) -> Sequence[Any]:
        if blanks := values.count(""):
            replace_with_null(
                self.replaced, table.origin, column, "an empty text, not a time", blanks
            )
        return [None if value == "" else value for value in values] if blanks else values


def _spec_type(declared: str) -> str:
    numbers = re.search(r"\(\s*(\d+)\s*,\s*(\d+)\s*\)", declared)
    type_ = next(
        (type_ for pattern, type_ in TYPES if re.search(pattern, declared.upper())), "text"
    )
    if type_ == "numeric" and numbers:
        return f"numeric({numbers[1]}, {numbers[2]})"
    return type_


def _expression(column: Column, present: bool, spelled: str | None) -> str:
    """The SQL that selects the column so that each value can be cast exactly."""
    if not present:
        return "null"
    name = spelled or _quote(column.origin)
    is_text = base_of(column.type) in ("text", "json", "uuid")
    return f"cast({name} as text)" if is_text else name


def _uniform(values: Sequence[Any], to: pa.DataType) -> pa.Array:
    """The values as an array; a SQLite column can hold values of several types."""
    kinds = {type(value) for value in values if value is not None}
    if kinds == {int, float} and pa.types.is_decimal(to):
        # SQLite stores 20.0 as 20. Values that do not fit a double are cast one by one below.
        with suppress(pa.ArrowInvalid, Misfit):
            return cast_exactly(pa.array(values, pa.float64()), to)
    if len(kinds) == 1 and not pa.types.is_binary(to):
        return cast_exactly(pa.array(values), to)
    return cast_one_by_one(values, to)


def _time(value: Any, column: Column) -> Any:
    """The time of a value: SQLite stores times as text, seconds since 1970 or Julian days."""
    unit = UNITS[EPOCHS.get(column.source_type or "", "s")]
    try:
        if isinstance(value, int) or (isinstance(value, float) and column.source_type in EPOCHS):
            return EPOCH + value * unit
        if isinstance(value, float) and 0 <= value <= LAST_JULIAN_DAY:
            return EPOCH + timedelta(milliseconds=round((value - JULIAN_EPOCH) * 86_400_000))
    except OverflowError as error:
        raise Misfit(value) from error
    return value


def _where(window: Window | None) -> tuple[str, list[Any]]:
    if window is None:
        return "", []
    column = _quote(window.column.origin)
    is_time = base_of(window.column.type) in ("date", "timestamp", "timestamptz")
    if not is_time or window.column.source_type in EPOCHS:
        end = "" if window.end is None else f" and {column} < ?"
        missing = f" or {column} is null" if window.end is None else ""
        bounds = [window.start] if window.end is None else [window.start, window.end]
        values = [to_source(bound, window.column) for bound in bounds]
        return f" where ({column} >= ?{end}){missing}", [_plain(value) for value in values]
    # Times can be texts in many formats, seconds since 1970 or Julian days. SQLite compares them
    # in milliseconds, so the query reads a second more at each end, and `_within` filters exactly.
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


def _name(table: Table) -> str:
    return _quote(table.origin)


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
