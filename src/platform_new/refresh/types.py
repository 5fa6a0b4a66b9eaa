"""How one type of the spec stands to another: wider, narrower or just different; and what a contract makes of that."""

from __future__ import annotations

from enum import Enum

from platform_new.render.odcs import logical_type
from platform_new.spec.data_type import DataType

DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
"""Whole numbers, from narrow to wide, with the digits that the greatest one has."""
EXACT = {"real": ("smallint",), "double": ("smallint", "integer", "real")}
"""What a floating-point number can hold without rounding."""


class Step(Enum):
    """What became of a type."""

    SAME = "same"
    WIDENED = "widened"
    NARROWED = "narrowed"
    CHANGED = "changed"


def step(before: str, after: str) -> Step:
    """How a type changed: widened if every value of the one before is also one of the type after it."""
    one, other = DataType.parse(before), DataType.parse(after)
    if (one.base, one.digits) == (other.base, other.digits):
        return Step.SAME
    if _holds(other, one):
        return Step.WIDENED
    return Step.NARROWED if _holds(one, other) else Step.CHANGED


def keeps_readers(before: str, after: str) -> bool:
    """Whether readers of the type before can go on: it was widened, and the contract names the same logical type."""
    return step(before, after) in (Step.SAME, Step.WIDENED) and logical_type(before) == logical_type(after) != ""


def _holds(wide: DataType, narrow: DataType) -> bool:
    """Whether every value of the narrow type is one of the wide type."""
    room, base = wide.base, narrow.base
    if room == "text":
        return base != "binary"
    digits, decimals = narrow.digits if base == "numeric" else (DIGITS.get(base, 0), 0)
    if room == "numeric":
        precision, scale = wide.digits
        return digits > 0 and scale >= decimals and precision - scale >= digits - decimals
    if room in DIGITS:
        # Not every number of so many digits is as small as the greatest of the type.
        fits = digits < DIGITS[room] if base == "numeric" else digits <= DIGITS[room]
        return digits > 0 and not decimals and fits
    return base in EXACT.get(room, ()) or (room, base) == ("timestamp", "date")
