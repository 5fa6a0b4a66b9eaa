"""Infers types from the values in SQLite, whose declared types are only affinities."""

from __future__ import annotations

import re
from dataclasses import dataclass

from platform_new.introspect.catalog import CanonicalType
from platform_new.introspect.engines.measuring import epoch
from platform_new.spec.data_type import MAX_PRECISION, decimal

DIGIT = "[0-9]"
DAY = f"{DIGIT * 4}-{DIGIT * 2}-{DIGIT * 2}"
STAMP = f"{DAY}[ T]{DIGIT * 2}:{DIGIT * 2}*"
"""SQLite's GLOB patterns of a date and a timestamp in ISO 8601."""

DECLARED = (
    ("boolean", re.compile(r"bool", re.IGNORECASE)),
    ("json", re.compile(r"^json", re.IGNORECASE)),
    ("time", re.compile(r"date|timestamp", re.IGNORECASE)),
    ("bigint", re.compile(r"int", re.IGNORECASE)),
    ("text", re.compile(r"char|clob|text|string|uuid|guid", re.IGNORECASE)),
    ("binary", re.compile(r"blob|binary", re.IGNORECASE)),
    ("double", re.compile(r"real|floa|doub", re.IGNORECASE)),
    ("numeric", re.compile(r"numeric|decimal|money|number", re.IGNORECASE)),
)
TIME_NAME = re.compile(r"date|time|_(at|on|ts)$|created|updated|modified", re.IGNORECASE)


@dataclass(frozen=True)
class Content:
    """How many values of a column have which storage class and shape.

    Of the texts, `days` and `stamps` are dates and timestamps, `zoned` timestamps with an offset from UTC, `truths`
    mean true or false. `other_bits` are whole numbers other than 0 and 1, `fine` numbers with more decimals than
    declared, `wide` numbers with more digits before the point, `huge` whole numbers that no double can hold. `least`
    and `most` bound the whole numbers, `empty` counts the NULLs.
    """

    integers: int = 0
    reals: int = 0
    texts: int = 0
    blobs: int = 0
    days: int = 0
    stamps: int = 0
    zoned: int = 0
    other_bits: int = 0
    fine: int = 0
    wide: int = 0
    huge: int = 0
    truths: int = 0
    least: int | None = None
    most: int | None = None
    empty: int = 0

    @property
    def numbers(self) -> int:
        """How many values are numbers."""
        return self.integers + self.reals

    @property
    def values(self) -> int:
        """How many values are not NULL."""
        return self.numbers + self.texts + self.blobs


def affinity(declared: str) -> str:
    """The type of the spec that the declared type suggests, `time` for any date or timestamp, or "" for none."""
    return next((kind for kind, pattern in DECLARED if pattern.search(declared)), "")


def decimals(declared: str) -> tuple[int, int] | None:
    """The declared precision and scale."""
    match = re.search(r"\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\)", declared)
    return (int(match[1]), int(match[2] or 0)) if match else None


def canonical(name: str, declared: str, content: Content) -> CanonicalType:
    """The narrowest type of the spec that fits the declaration and holds all values."""
    promised = affinity(declared)
    if not content.values:
        return CanonicalType(_empty(promised, declared))
    may_be_time = promised == "time" or (promised in ("text", "") and TIME_NAME.search(name))
    if may_be_time and content.texts == content.values == content.days + content.stamps:
        return CanonicalType(_time(content))
    if content.blobs:
        if content.blobs == content.values:
            return CanonicalType("binary", None if promised == "binary" else declared or None)
        return _widened("text", declared, "texts, numbers and bytes are mixed")
    if promised == "json":
        return CanonicalType("json")
    if promised == "boolean" and content.truths + content.integers == content.values and not content.other_bits:
        return CanonicalType("boolean")
    if content.integers == content.values and promised in ("bigint", "time", "") and (unit := _epoch(name, content)):
        note = f"from its name and values: {unit.removeprefix('epoch ')} since 1970"
        return CanonicalType("timestamptz", unit, note=note)
    if content.texts == content.values:
        return CanonicalType("text") if promised in ("text", "") else _widened("text", declared, "all values are texts")
    if content.texts:
        note = f"{content.texts} of {content.values} values are texts"
        return CanonicalType("text") if promised == "text" else _widened("text", declared, note)
    return _number(promised, declared, content)


def _number(promised: str, declared: str, content: Content) -> CanonicalType:
    bounds = decimals(declared)
    if promised == "numeric" and bounds and bounds[0] <= MAX_PRECISION and not content.fine:
        precision = max(bounds)
        if not content.wide:
            return CanonicalType(decimal(precision, bounds[1]))
        return _widened(decimal(MAX_PRECISION, bounds[1]), declared, f"{content.wide} values have more digits")
    if promised == "text":
        return CanonicalType("text")
    if content.huge and content.reals:
        return _widened("text", declared, f"{content.huge} whole numbers are too large for a double")
    if content.reals or (promised in ("double", "numeric") and not content.huge):
        return (
            CanonicalType("double")
            if promised != "bigint"
            else _widened("double", declared, f"{content.reals} values have decimals")
        )
    return (
        CanonicalType("bigint")
        if promised in ("bigint", "")
        else _widened("bigint", declared, "all values are whole numbers")
    )


def _epoch(name: str, content: Content) -> str | None:
    return epoch(name, content.least, content.most)


def _time(content: Content) -> str:
    if content.days == content.values:
        return "date"
    return "timestamptz" if content.zoned == content.values else "timestamp"


def _empty(promised: str, declared: str) -> str:
    if promised == "time":
        return "date" if declared.strip().lower() == "date" else "timestamp"
    bounds = decimals(declared)
    if promised == "numeric":
        return decimal(max(bounds), bounds[1]) if bounds and max(bounds) <= MAX_PRECISION else "double"
    return promised or "text"


def _widened(type_: str, declared: str, note: str) -> CanonicalType:
    return CanonicalType(type_, declared or None, note=note)
