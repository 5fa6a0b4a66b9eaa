"""The event of a topic as an Avro schema, for producers and consumers that use Avro."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from platform_new.plan.streams import PlannedTopic
from platform_new.render.json_schema import pretty
from platform_new.spec.data_type import DataType
from platform_new.spec.events.models import OBJECT, EventField
from platform_new.spec.names import distinct

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
"""The names that Avro accepts."""

TYPES: dict[str, Any] = {
    "text": "string",
    "uuid": {"type": "string", "logicalType": "uuid"},
    "json": "string",
    "smallint": "int",
    "integer": "int",
    "bigint": "long",
    "numeric": {"type": "bytes", "logicalType": "decimal"},
    "real": "float",
    "double": "double",
    "boolean": "boolean",
    "date": {"type": "int", "logicalType": "date"},
    "time": {"type": "long", "logicalType": "time-micros"},
    "timestamp": {"type": "long", "logicalType": "local-timestamp-micros"},
    "timestamptz": {"type": "long", "logicalType": "timestamp-micros"},
    "binary": "bytes",
}
LOST = ("json", "smallint")
"""Types without an Avro equivalent, which the schema keeps as `x-type`."""


def avro_schema(topic: PlannedTopic) -> str:
    """The text of the schema, a record."""
    spec = topic.spec
    record = {
        "type": "record",
        "name": spec.name,
        "namespace": topic.events.name,
        **({"doc": spec.description} if spec.description else {}),
        "fields": _fields(spec.fields, spec.name, (spec.event_time,)),
    }
    return pretty(record)


def _fields(fields: tuple[EventField, ...], above: str, always: Collection[str] = ()) -> list[dict[str, Any]]:
    """The fields under their names in messages, or under the platform's names if Avro does not accept those."""
    names = {field: field.source_name for field in fields if NAME.fullmatch(field.source_name)}
    for field in fields:
        if field not in names:
            names[field] = distinct(field.name, set(names.values()))
    return [_field(field, names[field], above, field.required or field.name in always) for field in fields]


def _field(field: EventField, name: str, above: str, required: bool) -> dict[str, Any]:
    type_ = _type(field, f"{above}__{field.name}")
    if field.repeated:
        type_ = {"type": "array", "items": ["null", type_]}
    known = {
        "x-name": field.name if field.name != name else None,
        "x-origin": field.source_name if field.source_name != name else None,
        "x-type": field.type if field.type in LOST else None,
        "x-pii": field.pii,
    }
    return {
        "name": name,
        **({"doc": field.description} if field.description else {}),
        **({"type": type_} if required else {"type": ["null", type_], "default": None}),
        **{key: value for key, value in known.items() if value is not None},
    }


def _type(field: EventField, name: str) -> Any:
    if field.type == OBJECT:
        return {"type": "record", "name": name, "fields": _fields(field.fields, name)}
    type_ = DataType.parse(field.type)
    if type_.base == "numeric":
        precision, scale = type_.digits
        return {**TYPES["numeric"], "precision": precision, "scale": scale}
    if field.values and type_.base == "text" and all(NAME.fullmatch(str(value)) for value in field.values):
        return {"type": "enum", "name": name, "symbols": list(dict.fromkeys(field.values))}
    return TYPES[type_.base]


FILTERS = {"avro_schema": avro_schema}
