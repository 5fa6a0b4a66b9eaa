"""Plausible values for plain columns: by type, kind of personal data, or column name."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from ingest.column_types import base_of, precision_of
from ingest.spec import Column, Table
from sample.amounts import plain_amounts
from sample.domain import GREATEST, TEMPORAL, allowed, bounds, nth, size, whole_range
from sample.draft import Draft
from sample.texts import distinct, texts_of
from sample.times import Journey, fill_dates, status_values
from sample.words import COLOURS, SIZES

# One in this many values of an optional column is NULL.
MISSING = 12

# Usual ranges of integers by column name.
COUNTS = {
    "year": (2019, 2024),
    "month": (1, 12),
    "day": (1, 28),
    "rank|rating|stars": (1, 5),
    "age": (18, 80),
}
PLACES = {r"lat(itude)?$": (36, 60), r"(lng|lon(gitude)?)$": (-9, 24)}


def values_for(
    table: Table, column: Column, row_times: list[datetime], seed: str, unique: bool
) -> list[Any]:
    """One value for each time, which is one per row; some are NULL if the column is optional.

    Use it for a column by itself: nothing else in the row agrees with the value.
    """
    if unique and size(column) >= len(row_times):
        return [nth(column, number) for number in range(len(row_times))]
    draft = Draft(table, seed, len(row_times), list(row_times))
    if column.type in TEMPORAL and not column.values:
        fill_dates(draft, {each.name for each in table.columns if each != column})
        return draft.rows[column.name]
    return values_of(draft, {}, column, [])


def values_of(
    draft: Draft, drafts: dict[str, Draft], column: Column, journeys: list[Journey]
) -> list[Any]:
    """One value per row for a column that has no dates; some are NULL if the column is optional."""
    values = _values_of(draft, drafts, column, journeys)
    if (
        column.required
        or column.name in draft.table.key
        or column == draft.table.cursor
        # Half a name is not a name.
        or column.pii == "name"
    ):
        return values
    missing = draft.chance(column.name, "missing")
    return [None if missing.randrange(MISSING) == 0 else value for value in values]


def _values_of(
    draft: Draft, drafts: dict[str, Draft], column: Column, journeys: list[Journey]
) -> list[Any]:
    chance = draft.chance(column.name)
    if column.values:
        choices = allowed(column)
        known = status_values(draft, column, choices, journeys)
        return known or [choices[int(len(choices) * chance.random() ** 1.3)] for _ in draft.times]
    if base_of(column.type) == "text":
        texts = texts_of(draft, drafts, column)
        return distinct(texts) if column.unique or column.pii == "email" else texts
    make = _maker(column, chance)
    return [make() for _ in draft.times]


def _maker(column: Column, chance: random.Random) -> Callable[[], Any]:
    base = base_of(column.type)
    if base == "boolean":
        return lambda: chance.random() < 0.7
    if base in (*GREATEST, "numeric", "real", "double"):
        if make := plain_amounts(column, chance):
            return make
        if base in GREATEST:
            low, high = _usual_range(column)
            return lambda: chance.randint(low, high)
        return _numbers(column, chance)
    if base == "json":
        return lambda: json.dumps({"colour": chance.choice(COLOURS), "size": chance.choice(SIZES)})
    return lambda: nth(column, chance.randrange(size(column)))


def _usual_range(column: Column) -> tuple[int, int]:
    """The usual range of integers for the column's name, within the range of its type."""
    low, high = whole_range(column)
    if column.min is None and column.max is None:
        for pattern, (first, last) in COUNTS.items():
            if re.search(rf"(^|_)({pattern})(_|$)", column.name):
                return first, last
    return low, min(high, low + 999) if column.max is None else high


def _numbers(column: Column, chance: random.Random) -> Callable[[], Any]:
    low, high = bounds(column)
    if low is None and high is None:
        for pattern, (first, last) in PLACES.items():
            if re.search(rf"(^|_){pattern}", column.name):
                low, high = first, last
    if base_of(column.type) != "numeric":
        first, last = _default_range(low, high, 1000.0)
        # Small numbers are more frequent than large numbers, and nobody measures more exactly.
        width, most = last - first, last
        return lambda: min(max(round(first + width * chance.random() ** 2, 3), first), most)
    precision, scale = precision_of(column.type)
    # In the smallest unit, such as a cent for numeric(10, 2): exact, and always within bounds.
    unit = Decimal(1).scaleb(-scale)
    first, last = _default_range(low, high, Decimal(500))
    least = max(math.ceil(first / unit), 1 - 10**precision)
    greatest = min(math.floor(last / unit), 10**precision - 1)
    # Small amounts are more frequent than large amounts.
    return lambda: (least + int((greatest - least + 1) * chance.random() ** 2)) * unit


def _default_range(low: Any, high: Any, width: Any) -> tuple[Any, Any]:
    """The bounds; a missing bound is `width` away from the other bound, or from zero."""
    if low is None:
        low = type(width)(0) if high is None or high >= 0 else high - width
    return low, low + width if high is None else high
