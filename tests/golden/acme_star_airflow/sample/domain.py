"""The domain of a column: how many distinct values it can have, and which. Used for keys."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

from ingest.column_types import base_of, parse, precision_of
from ingest.spec import Column
from sample.countries import CODE, country_names

UNLIMITED = 10**9
# All sample events fall into two years, whatever the current date; customers, products and so on
# come from the two years before, too.
OPENING = datetime(2021, 1, 1)
FIRST_TIME = datetime(2023, 1, 1)
LAST_TIME = datetime(2024, 12, 31, 23, 59, 59)
TWO_YEARS = LAST_TIME - FIRST_TIME
GREATEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**53}
TEMPORAL = ("date", "timestamp", "timestamptz")


def as_type(value: Any, type_: str) -> Any:
    """The value in the Python type for a type of the spec."""
    if value is None or (type(value) is int and type_ in GREATEST):
        return value
    base = base_of(type_)
    if base == "boolean":
        return value if isinstance(value, bool) else str(value).lower() in ("true", "t", "1", "yes")
    if base in GREATEST:
        return int(value)
    if base == "numeric":
        return Decimal(str(value))
    if base in ("real", "double"):
        return float(value)
    if base == "binary":
        return value if isinstance(value, bytes) else str(value).encode()
    if base in TEMPORAL or base == "time":
        return parse(value if isinstance(value, str) else value.isoformat(), type_)
    return str(value)


def as_temporal(timestamp: datetime, type_: str) -> Any:
    """The timestamp as a date, a timestamp or a timestamp with time zone."""
    if type_ == "date":
        return timestamp.date()
    return timestamp.replace(tzinfo=timezone.utc) if type_ == "timestamptz" else timestamp


def allowed(column: Column) -> list[Any]:
    """The values that the spec lists, in the column's type; empty if there is no list."""
    return list(dict.fromkeys(as_type(value, column.type) for value in column.values))


def bounds(column: Column) -> tuple[Any, Any]:
    """The minimum and maximum in the column's type; None if the spec sets no such bound."""
    if base_of(column.type) in ("text", "uuid", "json", "binary", "boolean"):
        return None, None
    return as_type(column.min, column.type), as_type(column.max, column.type)


def whole_range(column: Column) -> tuple[int, int]:
    """The smallest and greatest integer that a numeric column can have."""
    low, high = bounds(column)
    if base_of(column.type) == "numeric":
        precision, scale = precision_of(column.type)
        limit = 10 ** (precision - scale) - 1
    else:
        limit = GREATEST[column.type]
    greatest = limit if high is None else min(limit, int(high // 1))
    if low is not None:
        return max(-int(-low // 1), -limit), greatest
    return (1 if greatest >= 1 else max(greatest - 1000, -limit)), greatest


def span(column: Column) -> tuple[Any, Any]:
    """The first and last date or timestamp that a column can have."""
    low, high = bounds(column)
    if low is None:
        first = as_temporal(FIRST_TIME, column.type)
        low = first if high is None or high > first else _shifted(high, -TWO_YEARS)
    if high is None:
        last = as_temporal(LAST_TIME, column.type)
        high = last if low < last else _shifted(low, TWO_YEARS)
    return low, high


def _shifted(value: Any, by: timedelta) -> Any:
    try:
        return value + by
    except OverflowError:
        return value


def size(column: Column) -> int:
    """How many distinct values the column has for a key (at most `UNLIMITED`)."""
    base = base_of(column.type)
    if column.values:
        return len(allowed(column))
    if base == "boolean":
        return 2
    if base in GREATEST or base == "numeric":
        low, high = whole_range(column)
        return max(0, min(UNLIMITED, high - low + 1))
    if base in TEMPORAL and (column.min is not None or column.max is not None):
        low, high = span(column)
        return max(0, (high - low) // _step(column) + 1)
    if _has_country_codes(column):
        return len(country_names())
    return 86_400 if base == "time" else 100_000 if base == "date" else UNLIMITED


def nth(column: Column, number: int) -> Any:
    """The value with this number, below `size`; different numbers give different values."""
    base = base_of(column.type)
    if column.values:
        return allowed(column)[number]
    if base == "boolean":
        return bool(number)
    if base in GREATEST or base == "numeric":
        return as_type(whole_range(column)[0] + number, column.type)
    if base in ("real", "double"):
        return float((bounds(column)[0] or 0) + number)
    if base in TEMPORAL:
        return span(column)[0] + number * _step(column)
    if base == "time":
        return (FIRST_TIME + timedelta(seconds=number)).time()
    if base == "uuid":
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{column.name} {number}"))
    if base == "binary":
        return number.to_bytes(8, "big")
    if base == "json":
        return f'{{"number": {number + 1}}}'
    if _has_country_codes(column):
        return list(country_names())[number]
    letters = column.name[:3].strip("_").upper()
    return f"{letters}-{number + 1:05}"


def _has_country_codes(column: Column) -> bool:
    return column.type == "text" and bool(CODE.search(column.name))


def _step(column: Column) -> timedelta:
    return timedelta(days=1) if column.type == "date" else timedelta(seconds=1)
