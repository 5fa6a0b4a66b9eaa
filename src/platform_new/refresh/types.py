"""How one type of the spec stands to another: wider, narrower or just different; and what a contract makes of that."""

from __future__ import annotations

from enum import Enum

from platform_new.plan.staging import base_type
from platform_new.render.odcs import logical_type
from platform_new.spec.scalars import TYPE_PATTERN

DIGITS = {"smallint": 5, "integer": 10, "bigint": 19}
"""Whole numbers, from narrow to wide, with the digits that the greatest one has."""
EXACT = {"real": ("smallint",), "double": ("smallint", "integer", "real")}
"""What a floating-point number can hold without rounding."""
UNBOUNDED = (38, 9)
"""The precision and scale of a `numeric` that names none."""


class Step(Enum):
    """What became of a type."""

    SAME = "same"
    WIDENED = "widened"
    NARROWED = "narrowed"
    CHANGED = "changed"


def step(before: str, after: str) -> Step:
    """How a type changed: widened if every value of the one before is also one of the type after it."""
    if _meaning(before) == _meaning(after):
        return Step.SAME
    if _holds(after, before):
        return Step.WIDENED
    return Step.NARROWED if _holds(before, after) else Step.CHANGED


def keeps_readers(before: str, after: str) -> bool:
    """Whether readers of the type before can go on: it was widened, and the contract names the same logical type."""
    return step(before, after) in (Step.SAME, Step.WIDENED) and logical_type(before) == logical_type(after) != ""


def _meaning(type_: str) -> tuple[str, tuple[int, int] | None]:
    base = base_type(type_)
    return base, _bounds(type_) if base == "numeric" else None


def _bounds(type_: str) -> tuple[int, int]:
    match = TYPE_PATTERN.match(type_)
    return (int(match["precision"]), int(match["scale"] or 0)) if match and match["precision"] else UNBOUNDED


def _holds(wide: str, narrow: str) -> bool:
    """Whether every value of the narrow type is one of the wide type."""
    room, base = base_type(wide), base_type(narrow)
    if room == "text":
        return base != "binary"
    if room == "numeric":
        precision, scale = _bounds(wide)
        if base == "numeric":
            digits, decimals = _bounds(narrow)
            return scale >= decimals and precision - scale >= digits - decimals
        return base in DIGITS and precision - scale >= DIGITS[base]
    if room in DIGITS:
        if base == "numeric":
            digits, decimals = _bounds(narrow)
            return decimals == 0 and digits < DIGITS[room]
        return base in DIGITS and DIGITS[base] <= DIGITS[room]
    return base in EXACT.get(room, ()) or (room, base) == ("timestamp", "date")
