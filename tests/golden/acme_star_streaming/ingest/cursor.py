"""Arithmetic on cursor values: the latest of a batch, and how far to look back for late commits."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def latest(seen: Any, values: pa.Array) -> Any:
    """The greater of the value seen so far and the greatest of these."""
    value = pc.max(values).as_py() if len(values) else None
    if value is None or seen is None:
        return seen if value is None else value
    return max(seen, value)


def earlier(value: Any, seconds: int) -> Any:
    """The value so many seconds before; a cursor that is not a time has no lag."""
    if isinstance(value, datetime):
        return value - timedelta(seconds=seconds)
    if isinstance(value, date):
        return value - timedelta(days=math.ceil(seconds / 86400))
    return value
