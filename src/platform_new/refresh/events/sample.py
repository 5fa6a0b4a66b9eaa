"""Check sample events against a topic of the spec: which would be dead letters, field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_new.spec.data_type import DataType
from platform_new.spec.events.models import OBJECT, EventField, Topic

Place = tuple[str, ...]
"""The path of a nested field, with the names of the spec."""
WHOLE = {"smallint": 2**15, "integer": 2**31, "bigint": 2**63}
"""The upper bound (exclusive) of the magnitude of each integer type."""
TIMESTAMP = re.compile(r"\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?( ?(Z|[+-]\d{2}(:?\d{2})?))?)?")
DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass
class Fit:
    """How many values a field has, and which violate the spec.

    `of` counts the events, or the objects that contain the field. `unknown` are values that the spec does not list, in
    order of appearance; `low` and `high` are the extremes of values out of range; `greatest` is the greatest magnitude
    of a number; `nested` says whether there is an object or a list where the spec has neither.
    """

    of: int = 0
    present: int = 0
    mistyped: int = 0
    unknown: dict[Any, None] = field(default_factory=dict)
    low: Any = None
    high: Any = None
    greatest: float = 0
    nested: bool = False

    @property
    def missing(self) -> int:
        """The number of missing values."""
        return self.of - self.present


Fits = dict[Place, Fit]


def lines_of(path: Path) -> Iterator[str]:
    """The JSON objects of a file, each as its original text; compressed files are decompressed."""
    import duckdb

    name = str(path).replace("'", "''")
    with duckdb.connect() as connection:
        rows = connection.execute(f"select json from read_ndjson_objects('{name}')")
        while batch := rows.fetchmany(10_000):
            yield from (line for (line,) in batch)


def measure(topic: Topic, lines: Iterable[str]) -> Fits:
    """How the events fit the topic, by the path of each field."""
    fits: Fits = {}
    for line in lines:
        _count(topic.fields, json.loads(line), (), fits)
    return fits


def _count(fields: Iterable[EventField], event: dict[str, Any], above: Place, fits: Fits) -> None:
    """Add one object to the fits."""
    for each in fields:
        here = (*above, each.name)
        fit, value = fits.setdefault(here, Fit()), event.get(each.source_name)
        fit.of += 1
        if value is None:
            continue
        fit.present += 1
        listed = each.repeated and isinstance(value, list)
        values = [item for item in (value if listed else [value]) if item is not None]
        fit.greatest = max([fit.greatest, *(abs(item) for item in values if _is_number(item))])
        if each.repeated != listed or not all(_is(item, each.data_type) for item in values):
            fit.mistyped += 1
            fit.nested |= any(isinstance(item, dict | list) for item in values)
            continue
        for item in values:
            if each.type == OBJECT:
                _count(each.fields, item, here, fits)
            else:
                _compare(item, each, fit)


def _is(value: Any, type_: DataType | None) -> bool:
    if type_ is None:
        return isinstance(value, dict)
    if type_.family in ("text", "time of day", "binary"):
        return True  # Every value is valid: it is kept as its text.
    if type_.family == "boolean" or isinstance(value, bool):
        return type_.family == "boolean" and isinstance(value, bool)
    if type_.is_time:
        return isinstance(value, str) and (TIMESTAMP if type_.is_timestamp else DAY).fullmatch(value) is not None
    if type_.is_whole:
        return isinstance(value, int) and -WHOLE[type_.base] <= value < WHOLE[type_.base]
    precision, scale = type_.digits
    return isinstance(value, int | float) and (type_.base != "numeric" or abs(value) < 10 ** (precision - scale))


def _compare(value: Any, known: EventField, fit: Fit) -> None:
    """Note a value that the spec does not allow."""
    if known.values is not None and value not in known.values:
        fit.unknown.setdefault(json.dumps(value) if isinstance(value, dict | list) else value)
    if known.min is not None and _below(value, known.min):
        fit.low = value if fit.low is None else min(fit.low, value)
    if known.max is not None and _below(known.max, value):
        fit.high = value if fit.high is None else max(fit.high, value)


def _below(left: Any, right: Any) -> bool:
    comparable = (_is_number(left) and _is_number(right)) or (isinstance(left, str) and isinstance(right, str))
    return comparable and left < right


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
