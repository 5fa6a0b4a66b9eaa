"""How much of the data is looked at: exact counts where they are cheap, samples where a catalog cannot tell."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from platform_new.introspect.catalog import CanonicalType, FoundColumn, FoundTable
from platform_new.spec.data_type import MAX_PRECISION, decimal

COUNTED_ROWS = 1_000_000
"""Tables are counted, the small ones first, until this many rows; beyond that the engine's estimate has to do."""

SCANNED_ROWS = 10_000
"""How many rows of a greater table are looked at to tell the scale of its numbers and the like."""

SAMPLED_ROWS = 40
SAMPLED_LETTERS = 100
USUAL_SCALE = 9
LEAST_DIGITS = 15
SPARE_DIGITS = 3
"""Room before the point: at least so many digits, and so many more than any value has today."""

EPOCH_NAME = re.compile(
    r"(^|_)(at|on|ts|time|timestamp|date|datetime|epoch|created|updated|modified|deleted|changed|expires|expiry|since"
    r"|until)(_|$)|(time|date|stamp)$",
    re.IGNORECASE,
)
FIRST, LAST = 631_152_000, 4_102_444_800
"""The years from 1990 to 2099, in seconds since 1970."""

ENDS = {
    "date": ("0001-01-01", "9999-12-31"),
    "timestamp": ("0001-01-01", "9999-12-31 23:59:59.999999"),
    "timestamptz": ("0001-01-01 00:00:00+00", "9999-12-31 23:59:59.999999+00"),
}
"""The types of times, and the first and the last one of each that every warehouse holds."""

Key = TypeVar("Key")
Item = TypeVar("Item")


def worth_counting(estimates: Mapping[Key, int]) -> set[Key]:
    """The tables that are small enough, together, to be counted."""
    chosen, total = set(), 0
    for key, rows in sorted(estimates.items(), key=lambda item: item[1]):
        total += rows
        if total > COUNTED_ROWS:
            break
        chosen.add(key)
    return chosen


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in runs of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def at_an_end(name: str, type_: str) -> str:
    """The SQL for how many different times of a column will be the first one of their type, or the last one."""
    first, last = (f"cast('{end}' as {type_})" for end in ENDS[type_])
    counts = (f"count(distinct {name}) filter (where {name} {end})" for end in (f"<= {first}", f">= {last}"))
    return f"greatest({', '.join(counts)})"


def measured_numeric(declared: str, digits: int | None, scale: int | None, *, all_rows: bool) -> CanonicalType:
    """The type for numbers that no warehouse bounds so, with room for greater ones than there are today.

    `digits` and `scale` are the most digits before and behind the point; `declared` may allow more of the latter.
    """
    bounds = re.search(r"\((\d+),\s*(\d+)\)", declared)
    scale = max(scale or 0, int(bounds[2]) if bounds else 0)
    room = max((digits or 0) + SPARE_DIGITS, LEAST_DIGITS)
    seen = "its values" if all_rows else f"{SCANNED_ROWS:,} of its values"
    if scale <= USUAL_SCALE and room <= MAX_PRECISION - USUAL_SCALE:
        return CanonicalType("numeric", declared if declared != "numeric" else None)
    if room + scale <= MAX_PRECISION:
        return CanonicalType(decimal(MAX_PRECISION, scale), declared, note=f"{seen} have up to {scale} decimals")
    note = (
        f"{seen} have up to {digits or 0} digits and {scale} decimals: a decimal of 38 digits would leave greater "
        "ones no room"
    )
    return CanonicalType("text", declared, note=note)


def epoch(name: str, low: Any, high: Any) -> str | None:
    """The `source_type` of whole numbers that are times, as their name and every value says; else None."""
    if low is None or high is None or not EPOCH_NAME.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)):
        return None
    units = {"epoch seconds": 1, "epoch milliseconds": 1_000, "epoch microseconds": 1_000_000}
    return next((unit for unit, n in units.items() if FIRST * n <= int(low) <= int(high) < LAST * n), None)


def as_epoch(column: FoundColumn, unit: str) -> FoundColumn:
    """The column as the time that its numbers stand for."""
    since = unit.removeprefix("epoch ")
    return replace(column, type="timestamptz", source_type=unit, note=f"by name and values, {since} since 1970 in UTC")


def may_be_epoch(table: FoundTable, column: FoundColumn) -> bool:
    """Whether the column is worth the question: a whole number that is no key and points to none."""
    keys = {*table.key, *(name for key in table.foreign_keys for name in key.columns)}
    is_whole = column.type in ("integer", "bigint") and not column.exclude and column.values is None
    return is_whole and column.name not in keys and epoch(column.name, FIRST, FIRST) is not None
