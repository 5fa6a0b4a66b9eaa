"""Which values a type has, and which types can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from platform_new.spec.findings import Finding, Path
from platform_new.spec.models import Column

FAMILIES = {
    "number": ("smallint", "integer", "bigint", "numeric", "real", "double"),
    "text": ("text", "uuid", "json"),
    "time": ("date", "timestamp", "timestamptz"),
}


def comparable(one: str, other: str) -> bool:
    """Whether values of the two types can be equal, so that a column of one may refer to a column of the other."""
    return family(one) == family(other)


def family(type_: str) -> str:
    """The types that a type can be compared with, by one name."""
    base = type_.partition("(")[0]
    return next((family for family, types in FAMILIES.items() if base in types), base)


def wrong_values(column: Column, path: Path) -> Iterator[Finding]:
    """Values that the column cannot have: above all texts that YAML reads as something else, such as `no` or `1`."""
    given = [((*path, "values", index), value) for index, value in enumerate(column.values or ())]
    given += [((*path, name), value) for name in ("min", "max") if (value := getattr(column, name)) is not None]
    for place, value in given:
        if not _fits(value, family(column.type)):
            reason = f"this is not a value of type {column.type}, as YAML reads it"
            texts = column.type != "boolean" and family(column.type) != "number"
            yield Finding(place, reason, "put it in quotes" if texts else "write it without quotes", json.dumps(value))
    if column.min is not None and column.max is not None and _above(column.min, column.max):
        yield Finding((*path, "min"), f"is greater than `max`, which is {column.max}", "swap the two", column.min)


def _fits(value: Any, wanted: str) -> bool:
    if wanted == "boolean" or isinstance(value, bool):
        return wanted == "boolean" and isinstance(value, bool)
    if wanted == "number":
        return isinstance(value, int | float) or (isinstance(value, str) and _is_number(value))
    return isinstance(value, str)


def _is_number(text: str) -> bool:
    try:
        return Decimal(text).is_finite()
    except InvalidOperation:
        return False


def _above(low: Any, high: Any) -> bool:
    numbers = isinstance(low, int | float) and isinstance(high, int | float)
    return low > high if numbers or (isinstance(low, str) and isinstance(high, str)) else False
