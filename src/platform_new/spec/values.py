"""The values that a type accepts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from platform_new.spec.data_type import DataType
from platform_new.spec.findings import Finding, Path
from platform_new.spec.models import Column


def wrong_values(column: Column, path: Path) -> Iterator[Finding]:
    """Values that the column cannot have, especially texts that YAML reads as another type, such as `no` or `1`."""
    given = [((*path, "values", index), value) for index, value in enumerate(column.values or ())]
    given += [((*path, name), value) for name in ("min", "max") if (value := getattr(column, name)) is not None]
    for place, value in given:
        if not _fits(value, column.data_type):
            reason = f"this is not a value of type {column.type}, as YAML reads it"
            texts = column.data_type.family not in ("boolean", "number")
            yield Finding(place, reason, "put it in quotes" if texts else "write it without quotes", json.dumps(value))
    if column.min is not None and column.max is not None and _above(column.min, column.max):
        yield Finding((*path, "min"), f"`min` is greater than `max`, which is {column.max}", "swap the two", column.min)


def _fits(value: Any, wanted: DataType) -> bool:
    if wanted.family == "boolean" or isinstance(value, bool):
        return wanted.family == "boolean" and isinstance(value, bool)
    if wanted.is_number:
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
