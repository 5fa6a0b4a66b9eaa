"""Arithmetic on cursor values: the newest of a batch, and how far to look back for late commits."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.column_types import arrow_type


def present(moment: datetime, type_: str) -> Any:
    """The moment, in UTC, as a value of the cursor's type; None if the cursor is not a time."""
    match type_:
        case "date":
            return moment.astimezone(timezone.utc).date()
        case "timestamp":
            return moment.astimezone(timezone.utc).replace(tzinfo=None)
        case "timestamptz":
            return moment.astimezone(timezone.utc)
        case _:
            return None


def newest(values: pa.Array, limit: Any = None) -> Any:
    """The greatest of the values that are not beyond the limit; None if there is none."""
    if limit is not None:
        values = values.filter(pc.less_equal(values, pa.scalar(limit, values.type)))
    return pc.max(values).as_py() if len(values) else None


def greater(one: Any, other: Any) -> Any:
    """The greater of two values of which either may be missing."""
    if one is None or other is None:
        return other if one is None else one
    return max(one, other)


def earlier(value: Any, seconds: int) -> Any:
    """The value so many seconds before; a cursor that is not a time has no lag."""
    if isinstance(value, datetime):
        return value - timedelta(seconds=seconds)
    if isinstance(value, date):
        return value - timedelta(days=math.ceil(seconds / 86400))
    return value


def inside(cursor: pa.Array, start: Any, end: Any, type_: str) -> pa.Array:
    """Which values are at least `start` and below `end`; without an end, also the missing ones."""
    late_enough = pc.greater_equal(cursor, pa.scalar(start, arrow_type(type_)))
    if end is None:
        return pc.fill_null(late_enough, True)
    return pc.and_(late_enough, pc.less(cursor, pa.scalar(end, arrow_type(type_))))
