"""The contract of a topic's messages as a JSON Schema (draft 2020-12), and the formatting of generated JSON files."""

from __future__ import annotations

import json
from collections.abc import Collection
from decimal import Decimal
from typing import Any

from platform_new.plan.streams import PlannedTopic
from platform_new.render.quoting import UNPRINTABLE
from platform_new.spec.data_type import DataType
from platform_new.spec.events.models import OBJECT, EventField

DRAFT = "https://json-schema.org/draft/2020-12/schema"
LINE = 100
EXACT_DIGITS = 15
"""How many digits every JSON parser preserves."""

TYPES: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "uuid": {"type": "string", "format": "uuid"},
    "json": {"type": ["object", "array", "string", "number", "boolean"]},
    "smallint": {"type": "integer", "format": "int16"},
    "integer": {"type": "integer", "format": "int32"},
    "bigint": {"type": "integer", "format": "int64"},
    "numeric": {"type": "number", "format": "decimal"},
    "real": {"type": "number", "format": "float"},
    "double": {"type": "number", "format": "double"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "format": "time-local"},
    "timestamp": {"type": "string", "format": "date-time-local"},
    "timestamptz": {"type": "string", "format": "date-time"},
    "binary": {"type": "string", "contentEncoding": "base64"},
}
"""The types of the spec in JSON; the formats are from JSON Schema and the OpenAPI format registry."""


def json_schema(topic: PlannedTopic) -> str:
    """The text of the schema: the structure of a message, and under `x-topic` how it is sent."""
    spec = topic.spec
    names = {field.name: field.source_name for field in spec.fields}
    sent = {
        "source": topic.events.name,
        "key": names.get(spec.key or ""),
        "eventTime": names[spec.event_time],
        "lateness": spec.lateness,
        "partitions": spec.partitions,
        "replication": spec.replication,
        "retention": spec.retention,
    }
    schema = {
        "$schema": DRAFT,
        "title": spec.source_name,
        "description": spec.description,
        "x-topic": _given(sent),
        **_object(spec.fields, (spec.event_time,)),
    }
    return pretty(_given(schema))


def pretty(value: Any) -> str:
    """JSON with each short object or list on one line."""
    return UNPRINTABLE.sub(lambda mark: f"\\u{ord(mark[0]):04x}", _pretty(value, 0, 0))


def _pretty(value: Any, indent: int, used: int) -> str:
    line = json.dumps(value, ensure_ascii=False)
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    if not parts or (used + len(line) < LINE and not any(isinstance(part, dict) for part in parts)):
        return line
    inner, lines = indent + 2, []
    for part in value:
        name = f"{json.dumps(part, ensure_ascii=False)}: " if isinstance(value, dict) else ""
        text = _pretty(value[part] if name else part, inner, inner + len(name))
        lines.append(f"{' ' * inner}{name}{text}")
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    return "\n".join([opening, ",\n".join(lines), f"{' ' * indent}{closing}"])


def _object(fields: tuple[EventField, ...], always: Collection[str] = ()) -> dict[str, Any]:
    required = [field.source_name for field in fields if field.required or field.name in always]
    properties = {field.source_name: _property(field, field.source_name in required) for field in fields}
    return {"type": "object", **({"required": required} if required else {}), "properties": properties}


def _property(field: EventField, required: bool) -> dict[str, Any]:
    value = _object(field.fields) if field.type == OBJECT else _plain(field)
    if field.repeated:
        value = {"type": "array", "items": _or_null(value)}
    named = {
        "x-name": field.name if field.name != field.source_name else None,
        "x-pii": field.pii,
    }
    return {
        **_given({"description": field.description}),
        **(value if required else _or_null(value)),
        **_given(named),
    }


def _plain(field: EventField) -> dict[str, Any]:
    type_ = DataType.parse(field.type)
    value = dict(TYPES[type_.base])
    is_number = type_.is_number
    if field.values:
        value["enum"] = [number(each) if is_number else each for each in field.values]
    low, high = _range(type_)
    bounds = {"minimum": low if field.min is None else field.min, "maximum": high if field.max is None else field.max}
    for name, bound in _given(bounds).items():
        value[name if is_number else f"x-{name}"] = number(bound) if is_number else bound
    if type_.precision or type_.base == "json":
        value["x-type"] = field.type
    return value


def _range(type_: DataType) -> tuple[Any, Any]:
    """The smallest and the greatest number of a `numeric(precision, scale)`; None if JSON cannot hold them exactly."""
    if type_.precision is None or type_.precision > EXACT_DIGITS:
        return None, None
    precision, scale = type_.digits
    greatest = Decimal(10**precision - 1).scaleb(-scale)
    return str(-greatest), str(greatest)


def number(value: Any) -> int | float:
    """A bound or value as a number, which may be a text in the spec."""
    if isinstance(value, int | float):
        return value
    exact = Decimal(value)
    return int(exact) if exact == exact.to_integral_value() else float(exact)


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    type_ = schema["type"]
    nullable = {**schema, "type": [*(type_ if isinstance(type_, list) else [type_]), "null"]}
    return {**nullable, "enum": [*schema["enum"], None]} if "enum" in schema else nullable


def _given(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


FILTERS = {"json_schema": json_schema}
