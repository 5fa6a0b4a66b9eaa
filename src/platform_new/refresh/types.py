"""Compare types of the spec: wider, narrower or different, and whether a contract's consumers can continue."""

from __future__ import annotations

from enum import Enum

from platform_new.render.odcs import logical_type
from platform_new.spec.data_type import DataType

DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
"""Integer types, from narrow to wide, with the number of digits of their maximum."""
EXACT = {"real": ("smallint",), "double": ("smallint", "integer", "real")}
"""The types that each floating-point type holds without rounding."""


class Step(Enum):
    """How a type changed."""

    SAME = "same"
    WIDENED = "widened"
    NARROWED = "narrowed"
    CHANGED = "changed"


def step(before: str, after: str) -> Step:
    """How a type changed: widened if every value of the previous type is also a value of the new type."""
    old, new = DataType.parse(before), DataType.parse(after)
    if (old.base, old.digits) == (new.base, new.digits):
        return Step.SAME
    if _holds(new, old):
        return Step.WIDENED
    return Step.NARROWED if _holds(old, new) else Step.CHANGED


def is_compatible(before: str, after: str) -> bool:
    """Whether consumers can continue: the type was widened, and the contract has the same logical type."""
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
        # Not every number with as many digits as the maximum of the type fits.
        fits = digits < DIGITS[room] if base == "numeric" else digits <= DIGITS[room]
        return digits > 0 and not decimals and fits
    return base in EXACT.get(room, ()) or (room, base) == ("timestamp", "date")
