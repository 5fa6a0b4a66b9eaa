"""Arithmetic on cursor values: the newest value of a batch, and the lag for late commits."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.column_types import arrow_type


def as_cursor(timestamp: datetime, type_: str) -> Any:
    """The timestamp, in UTC, as a value of the cursor's type; None if the cursor is not a time."""
    match type_:
        case "date":
            return timestamp.astimezone(timezone.utc).date()
        case "timestamp":
            return timestamp.astimezone(timezone.utc).replace(tzinfo=None)
        case "timestamptz":
            return timestamp.astimezone(timezone.utc)
        case _:
            return None


def newest(values: pa.Array, limit: Any = None) -> Any:
    """The greatest value that does not exceed the limit; None if there is no such value."""
    if limit is not None:
        values = values.filter(pc.less_equal(values, pa.scalar(limit, values.type)))
    return pc.max(values).as_py() if len(values) else None


def greater(first: Any, second: Any) -> Any:
    """The greater of two values, either of which can be None."""
    if first is None or second is None:
        return second if first is None else first
    return max(first, second)


def earlier(value: Any, seconds: int) -> Any:
    """The value minus the seconds; a cursor that is not a time has no lag."""
    if isinstance(value, datetime):
        return value - timedelta(seconds=seconds)
    if isinstance(value, date):
        return value - timedelta(days=math.ceil(seconds / 86400))
    return value


def inside(cursor: pa.Array, start: Any, end: Any, type_: str) -> pa.Array:
    """Which values are at least `start` and below `end`; without an end, also the NULLs."""
    late_enough = pc.greater_equal(cursor, pa.scalar(start, arrow_type(type_)))
    if end is None:
        return pc.fill_null(late_enough, True)
    return pc.and_(late_enough, pc.less(cursor, pa.scalar(end, arrow_type(type_))))
