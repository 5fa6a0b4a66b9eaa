"""How much of the data is looked at: exact counts where they are cheap, samples where a catalog cannot tell."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from platform_new.introspect.catalog import CanonicalType

COUNTED_ROWS = 1_000_000
"""Tables are counted, the small ones first, until this many rows; beyond that the engine's estimate has to do."""

SCANNED_ROWS = 10_000
"""How many rows of a greater table are looked at to tell the scale of its numbers and the like."""

SAMPLED_ROWS = 40
SAMPLED_LETTERS = 100
DIGITS = 38

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


def measured_numeric(declared: str, digits: int | None, scale: int | None, *, all_rows: bool) -> CanonicalType:
    """The type for numbers that the source does not bound, from the most digits before and behind the point."""
    seen = "its values" if all_rows else f"{SCANNED_ROWS:,} of its values"
    if digits is None or scale is None or (scale <= 9 and digits <= DIGITS - 9):
        return CanonicalType("numeric", declared if declared != "numeric" else None)
    if digits + scale <= DIGITS:
        return CanonicalType(f"numeric(38, {scale})", declared, note=f"{seen} have up to {scale} decimals")
    note = f"{seen} have {digits} digits and {scale} decimals, more than a decimal of 38 digits can hold"
    return CanonicalType("text", declared, note=note)
