"""Proposes a source from an Avro schema of events: each record that is not part of another record is a topic."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from platform_new.errors import Problem, Refused
from platform_new.introspect.address import Address
from platform_new.introspect.events.topic import (
    Reasons,
    as_json,
    introspect_schema,
    make_field,
    make_source,
    make_topic,
    one_line,
)
from platform_new.introspect.naming import field_names, safe_name, source_name
from platform_new.spec.data_type import decimal
from platform_new.spec.events.models import OBJECT, EventField, EventSource, Topic

SUFFIX = ".avsc"
PRIMITIVES = {
    "string": "text",
    "int": "integer",
    "long": "bigint",
    "float": "real",
    "double": "double",
    "boolean": "boolean",
    "bytes": "binary",
    "fixed": "binary",
}
LOGICAL = {
    "uuid": "uuid",
    "date": "date",
    "time-millis": "time",
    "time-micros": "time",
    **{f"timestamp-{unit}": "timestamptz" for unit in ("millis", "micros", "nanos")},
    **{f"local-timestamp-{unit}": "timestamp" for unit in ("millis", "micros", "nanos")},
}
NAMED = ("record", "error", "enum", "fixed")


def introspect_avro(address: Address, name: str | None, progress: Callable[[str], None]) -> tuple[EventSource, Reasons]:
    """The proposed source, and the reason for each proposal by its path in the spec.

    Raises `Refused` if the file is not an Avro schema of records, or the events have no time.
    """
    return introspect_schema(_Reader, address, name, progress)


class _Reader:
    """Reads one file; `_known` are its named types, `_open` the types that are being read."""

    def __init__(self, file: Path, document: Any, reasons: Reasons) -> None:
        self._file, self._reasons = file, reasons
        self._schemas = document if isinstance(document, list) else [document]
        self._known: dict[str, Mapping[str, Any]] = {}
        self._open: list[str] = []
        self._held: set[str] = set()
        self._topic = ""

    def source(self, name: str | None) -> EventSource:
        """The source with its topics."""
        records = [each for each in self._schemas if isinstance(each, Mapping) and each.get("type") == "record"]
        for schema in self._schemas:
            self._learn(schema, "", _short(schema) if schema in records else "")
        stem = self._file.name.removesuffix(SUFFIX)
        events = [record for record in records if _short(record) not in self._held]
        topics = [self._make(record, stem if len(events) == 1 else _short(record)) for record in events]
        if not topics:
            hint = "an event is a record with fields: name the file with its schema"
            raise Refused(Problem("this is not the Avro schema of a record", hint, str(self._file)))
        return make_source(source_name(name or stem, "events"), topics)

    def _learn(self, schema: Any, namespace: str, holder: str) -> None:
        """Remember every named type by its short and its full name, and which types are part of another type."""
        if isinstance(schema, list):
            for each in schema:
                self._learn(each, namespace, holder)
        if isinstance(schema, str):
            self._held |= {schema.rpartition(".")[2]} - {holder}
        if not isinstance(schema, Mapping):
            return
        if schema.get("type") in NAMED and isinstance(schema.get("name"), str):
            above, _, short = schema["name"].rpartition(".")
            namespace = above or schema.get("namespace") or namespace
            self._known[short] = self._known[f"{namespace}.{short}"] = schema
        for below in (schema.get("type"), schema.get("items"), schema.get("values")):
            self._learn(below, namespace, holder)
        for field in schema.get("fields", ()):
            self._learn(field["type"], namespace, holder)

    def _make(self, record: Mapping[str, Any], stem: str) -> Topic:
        self._topic = safe_name(stem, "events")
        fields = self._record(record, ("topics", self._topic))
        return make_topic(self._file, self._reasons, stem=stem, fields=fields, description=one_line(record, "doc"))

    def _record(self, record: Mapping[str, Any], above: tuple[str, ...]) -> tuple[EventField, ...]:
        self._open.append(_short(record))
        fields = tuple(self._fields(record, above))
        self._open.pop()
        return fields

    def _fields(self, record: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[EventField]:
        fields = {str(field.get("x-origin") or field["name"]): field for field in record.get("fields", ())}
        names = field_names(fields)
        for origin, field in fields.items():
            name = str(field.get("x-name") or names[origin])
            path = (*above, "fields", name)
            schema, nullable = self._without_null(field["type"])
            value = self._value(schema, path)
            if field.get("x-type"):
                value["type"] = field["x-type"]
            yield make_field(
                self._topic,
                path,
                self._reasons,
                name=name,
                origin=origin if origin != name else None,
                required=not nullable,
                description=one_line(field, "doc"),
                pii=field.get("x-pii"),
                **value,
            )

    def _without_null(self, schema: Any) -> tuple[Any, bool]:
        """The schema without null, and whether null is allowed."""
        if not isinstance(schema, list):
            return schema, schema == "null"
        rest = [each for each in schema if each != "null"]
        return rest[0] if len(rest) == 1 else rest, len(rest) < len(schema)

    def _value(self, schema: Any, path: tuple[str, ...]) -> dict[str, Any]:
        if isinstance(schema, str) and schema not in PRIMITIVES:
            schema = self._named(schema, path)
        details = schema if isinstance(schema, Mapping) else {"type": schema}
        type_, logical = details.get("type"), details.get("logicalType")
        if isinstance(type_, Mapping | list) or (isinstance(type_, str) and type_ in self._known):
            return (
                self._value(type_, path) if type_ != schema else as_json(self._reasons, path, "values of several types")
            )
        if logical == "decimal":
            return {"type": decimal(details["precision"], details.get("scale", 0))}
        if logical in LOGICAL:
            return {"type": LOGICAL[logical]}
        if type_ == "record":
            if _short(details) in self._open:
                return as_json(self._reasons, path, "the schema refers to itself here")
            if not details.get("fields"):
                return as_json(self._reasons, path, "a record without fields")
            return {"type": OBJECT, "fields": self._record(details, path)}
        if type_ == "enum":
            return {"type": "text", "values": tuple(details["symbols"])}
        if type_ == "array":
            items, _ = self._without_null(details.get("items"))
            inner = self._value(items, path)
            if inner["type"] == "json" or inner.get("repeated"):
                return as_json(self._reasons, path, "a list of lists, or of values of several types")
            return {**inner, "repeated": True}
        if type_ in PRIMITIVES:
            return {"type": PRIMITIVES[type_]}
        return as_json(self._reasons, path, "a map" if type_ == "map" else "values of several types")

    def _named(self, name: str, path: tuple[str, ...]) -> Any:
        """The type of that name. Raises `Refused` if the file does not define it."""
        if name == "null":
            return []
        schema = self._known.get(name) or self._known.get(name.rpartition(".")[2])
        if schema is None:
            hint = "put the type into the file, before the record that uses it"
            problem = f"`{path[-1]}` has a type that the file does not define"
            raise Refused(Problem(problem, hint, str(self._file), value=name))
        return schema


def _short(schema: Mapping[str, Any]) -> str:
    """The name of a named type, without its namespace."""
    return schema["name"].rpartition(".")[2]
