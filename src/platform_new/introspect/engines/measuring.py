"""How much data introspection reads: exact counts if they are cheap, and samples if the catalog is not enough."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from platform_new.introspect.catalog import CanonicalType, FoundColumn, FoundTable
from platform_new.spec.data_type import MAX_PRECISION, decimal

COUNTED_ROWS = 1_000_000
"""Tables are counted, smallest first, up to this many rows in total; the rest keep the engine's estimates."""

SCANNED_ROWS = 10_000
"""How many rows of a larger table are read to find the scale of its numbers and the like."""

SAMPLED_ROWS = 40
SAMPLED_LETTERS = 100
USUAL_SCALE = 9
LEAST_DIGITS = 15
SPARE_DIGITS = 3
"""Room before the point: at least LEAST_DIGITS, and SPARE_DIGITS more than any current value has."""

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
"""The types of times, each with the first and the last time that every warehouse can hold."""

Key = TypeVar("Key")
Item = TypeVar("Item")


def worth_counting(estimates: Mapping[Key, int]) -> set[Key]:
    """The tables that together are small enough to be counted."""
    chosen, total = set(), 0
    for key, rows in sorted(estimates.items(), key=lambda item: item[1]):
        total += rows
        if total > COUNTED_ROWS:
            break
        chosen.add(key)
    return chosen


def worth_sampling(column: FoundColumn) -> bool:
    """Whether a few values are read: of texts, which may be personal data, and of discounts, whose kind is unclear."""
    is_discount = column.data_type.is_number and "discount" in column.name.lower()
    return (column.type == "text" or is_discount) and column.values is None and not column.exclude


def batches(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    """The items in batches of at most `size`."""
    for start in range(0, len(items), size):
        yield items[start : start + size]


def at_an_end(name: str, type_: str) -> str:
    """The SQL that counts how many different times of a column become the first, or the last, time of their type."""
    first, last = (f"cast('{end}' as {type_})" for end in ENDS[type_])
    counts = (f"count(distinct {name}) filter (where {name} {end})" for end in (f"<= {first}", f">= {last}"))
    return f"greatest({', '.join(counts)})"


def measured_numeric(declared: str, digits: int | None, scale: int | None, *, all_rows: bool) -> CanonicalType:
    """The type for numbers without bounds, or with bounds that no warehouse has; it leaves room for larger values.

    `digits` and `scale` are the most digits before and after the point; `declared` may allow a greater scale.
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
        f"{seen} have up to {digits or 0} digits and {scale} decimals: a decimal with 38 digits would leave no room "
        "for larger values"
    )
    return CanonicalType("text", declared, note=note)


def epoch(name: str, low: Any, high: Any) -> str | None:
    """The `source_type` of whole numbers that are times according to their name and all values; otherwise None."""
    if low is None or high is None or not EPOCH_NAME.search(re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name)):
        return None
    units = {"epoch seconds": 1, "epoch milliseconds": 1_000, "epoch microseconds": 1_000_000}
    return next((unit for unit, n in units.items() if FIRST * n <= int(low) <= int(high) < LAST * n), None)


def as_epoch(column: FoundColumn, unit: str) -> FoundColumn:
    """The column with the type of the times that its numbers mean."""
    note = f"from its name and values: {unit.removeprefix('epoch ')} since 1970 in UTC"
    return replace(column, type="timestamptz", source_type=unit, note=note)


def may_be_epoch(table: FoundTable, column: FoundColumn) -> bool:
    """Whether the column may hold times: a whole number that is neither a primary nor a foreign key."""
    keys = {*table.key, *(name for key in table.foreign_keys for name in key.columns)}
    is_whole = column.type in ("integer", "bigint") and not column.exclude and column.values is None
    return is_whole and column.name not in keys and epoch(column.name, FIRST, FIRST) is not None
