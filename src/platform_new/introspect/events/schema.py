"""Proposes a source with one topic from a JSON Schema of events.

Limits that a spec cannot express, such as patterns, are left out, so the proposal never refuses an event that the
schema accepts. Values without a type in the spec are kept as JSON.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from platform_new.errors import Problem, Refused
from platform_new.introspect.address import Address
from platform_new.introspect.events.keywords import both, bounds, implied, values
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
from platform_new.spec.events.models import OBJECT, EventField, EventSource

SUFFIX = ".schema.json"
Schema = Mapping[str, Any]
TEXTS = {
    "date-time": "timestamptz",
    "date-time-local": "timestamp",
    "date": "date",
    "time": "time",
    "time-local": "time",
    "uuid": "uuid",
}
"""The type of a text with a format."""

PERSONAL = {"email": "email", "idn-email": "email", "ipv4": "ip", "ipv6": "ip"}
NUMBERS = {
    "int16": "smallint",
    "int32": "integer",
    "int64": "bigint",
    "float": "real",
    "double": "double",
    "decimal": "numeric",
}
ITSELF, SEVERAL = "the schema refers to itself here", "values of several types"
"""Placeholders for a missing type, and the reasons why it is missing."""

SENT = {"key": "key", "eventTime": "event_time"}
SETTINGS = ("lateness", "partitions", "replication", "retention")


def introspect_json_schema(
    address: Address, name: str | None, progress: Callable[[str], None]
) -> tuple[EventSource, Reasons]:
    """The proposed source, and the reason for each proposal by its path in the spec.

    Raises `Refused` if the file is not a JSON Schema of an object, or the events have no time.
    """
    return introspect_schema(_Reader, address, name, progress)


class _Reader:
    """Reads a schema; `_open` are the references that are being followed."""

    def __init__(self, file: Path, document: Any, reasons: Reasons) -> None:
        self._file, self._document, self._reasons = file, document, reasons
        self._stem = file.name.removesuffix(SUFFIX)
        self._topic = safe_name(self._stem, "events")
        self._open: list[str] = []

    def source(self, name: str | None) -> EventSource:
        """The source with its topic."""
        schema, _ = self._plain(self._document)
        if not schema.get("properties"):
            reason = "this is not the JSON Schema of an object with `properties`"
            raise Refused(Problem(reason, "an event is a JSON object: name the file with its schema", str(self._file)))
        fields = tuple(self._fields(schema, ("topics", self._topic)))
        sent = schema.get("x-topic") if isinstance(schema.get("x-topic"), Mapping) else {}
        names = {field.source_name: field.name for field in fields}
        known = {ours: names.get(sent[theirs], sent[theirs]) for theirs, ours in SENT.items() if theirs in sent}
        known |= {setting: sent[setting] for setting in SETTINGS if setting in sent}
        if sent and schema.get("title"):
            known["origin"] = schema["title"] if schema["title"] != self._topic else None
        topic = make_topic(
            self._file,
            self._reasons,
            stem=self._stem,
            fields=fields,
            description=one_line(schema, "description"),
            **known,
        )
        return make_source(source_name(name or sent.get("source") or self._stem, "events"), (topic,))

    def _fields(self, schema: Schema, above: tuple[str, ...]) -> Iterator[EventField]:
        properties = {name: each for name, each in schema["properties"].items() if each is not False}
        names = field_names(properties)
        required = schema.get("required") or ()
        for origin, described in properties.items():
            depth = len(self._open)
            value, nullable = self._plain(described)
            name = str(value.get("x-name") or names[origin])
            path = (*above, "fields", name)
            known = self._value(value, path)
            known["pii"] = value.get("x-pii") or known.get("pii")
            yield make_field(
                self._topic,
                path,
                self._reasons,
                name=name,
                origin=origin if origin != name else None,
                required=origin in required and not nullable,
                description=one_line(value, "description"),
                **known,
            )
            del self._open[depth:]

    def _value(self, schema: Schema, path: tuple[str, ...]) -> dict[str, Any]:
        """The keys of a field, from a schema that `_plain` returned."""
        kind = self._kind(schema, path)
        if kind == "array":
            items, _ = self._plain(schema.get("items", {}))
            inner = self._value(items, path) if self._kind(items, path) != "array" else {"type": "json"}
            if inner["type"] == "json" and "x-type" not in items:
                return as_json(self._reasons, path, "a list of values of several types")
            return {**inner, "repeated": True}
        if kind == "object":
            if not schema.get("properties"):
                return as_json(self._reasons, path, "an object whose keys the schema does not list")
            return {"type": OBJECT, "fields": tuple(self._fields(schema, path))}
        known: dict[str, Any] = {"type": kind}
        if kind == "text":
            known["pii"] = PERSONAL.get(schema.get("format", ""))
        if given := values(schema):
            known["values"] = given if kind not in ("json", "boolean") else None
        return known | (bounds(schema, kind) if kind != "json" else {})

    def _kind(self, schema: Schema, path: tuple[str, ...]) -> str:
        """`array`, `object`, or a type of the spec."""
        if "x-type" in schema:
            return str(schema["x-type"])
        type_ = schema.get("type") or implied(schema)
        if type_ in ("array", "object"):
            return type_
        if type_ == "string":
            if schema.get("contentEncoding") == "base64":
                return "binary"
            return TEXTS.get(schema.get("format", ""), "text")
        if type_ in ("integer", "number"):
            usual = "bigint" if type_ == "integer" else "double"
            return NUMBERS.get(schema.get("format", ""), usual)
        if type_ == "boolean":
            return type_
        as_json(self._reasons, path, type_ if type_ in (ITSELF, SEVERAL) else "the schema gives no type")
        return "json"

    def _plain(self, schema: Any) -> tuple[Schema, bool]:
        """The schema without references, `allOf` and null, and whether the value may be missing."""
        if not isinstance(schema, Mapping):
            return {}, True
        schema, nullable = dict(schema), False
        if "$ref" in schema:
            reference = schema.pop("$ref")
            if reference in self._open:
                return {**schema, "type": ITSELF}, True
            self._open.append(reference)
            there, nullable = self._plain(self._referred(reference))
            schema = {**there, **schema}
        for part in schema.pop("allOf", ()):
            there, _ = self._plain(part)
            schema = both(schema, there)
        for word in ("oneOf", "anyOf"):
            options = [self._plain(option) for option in schema.pop(word, ())]
            some = [option for option, _ in options if option.get("type") != "null"]
            nullable |= len(some) < len(options) or any(each for _, each in options)
            if len(some) == 1:
                schema = {**some[0], **schema}
            elif some and not all("const" in option for option in some):
                schema = {**schema, "type": SEVERAL}
            elif some:
                schema["enum"] = [option["const"] for option in some]
        types = schema.get("type")
        if isinstance(types, list):
            rest = [type_ for type_ in types if type_ != "null"]
            nullable |= len(rest) < len(types)
            schema["type"] = (
                rest[0] if len(rest) == 1 else "number" if set(rest) == {"integer", "number"} else "several"
            )
        return schema, nullable or None in schema.get("enum", ())

    def _referred(self, reference: Any) -> Any:
        """The part of the document that a reference leads to. Raises `Refused` if it leads elsewhere."""
        if not isinstance(reference, str) or not reference.startswith("#"):
            reason, hint = "the schema refers to another file", "copy the referenced schema to `$defs`"
            raise Refused(Problem(reason, hint, str(self._file), value=str(reference)))
        part = self._document
        for step in reference[1:].split("/")[1:]:
            step = step.replace("~1", "/").replace("~0", "~")
            if not isinstance(part, Mapping) or step not in part:
                reason = "the schema has a reference that leads nowhere"
                raise Refused(Problem(reason, "correct the reference", str(self._file), value=reference))
            part = part[step]
        return part
