"""JSON Schemas of the spec's files, which editors use to complete and check them."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from platform_new.catalog import SOURCE_AXIS, Axis, Catalog
from platform_new.spec.data_type import BASES, NUMERIC
from platform_new.spec.events.models import AVAILABLE_NOW, OBJECT, EventSource
from platform_new.spec.models import Platform, Source
from platform_new.spec.public_holidays import CODE
from platform_new.spec.scalars import LAG_UNITS

LAG = rf"^\d+ ({'|'.join(LAG_UNITS)})s?$"


def platform_schema(catalog: Catalog) -> dict[str, Any]:
    """The JSON Schema of `platform.yml`, with the catalog's choices."""
    schema = bare_schema(Platform)
    for axis in catalog.questions:
        _offer(schema["properties"][axis.name], axis)
    _text(schema["$defs"]["Calendar"]["properties"]["holidays"])["pattern"] = CODE
    return schema


def source_schema(catalog: Catalog) -> dict[str, Any]:
    """The JSON Schema of `sources/<name>.yml`, with the catalog's kinds of source."""
    schema = bare_schema(Source)
    _offer_kinds(schema, catalog, carrying_events=False)
    parts = schema["$defs"]
    type_ = parts["Column"]["properties"]["type"]
    del type_["type"]
    type_["anyOf"] = [{"enum": list(BASES)}, {"type": "string", "pattern": NUMERIC}]
    _text(parts["Load"]["properties"]["lag"])["pattern"] = LAG
    return schema


def event_source_schema(catalog: Catalog) -> dict[str, Any]:
    """The JSON Schema of `sources/<name>.yml` with `topics`, with the catalog's kinds of source."""
    schema = bare_schema(EventSource)
    _offer_kinds(schema, catalog, carrying_events=True)
    parts = schema["$defs"]
    type_ = parts["EventField"]["properties"]["type"]
    del type_["type"]
    type_["anyOf"] = [{"enum": [*BASES, OBJECT]}, {"type": "string", "pattern": NUMERIC}]
    for part, key in (("Topic", "lateness"), ("Topic", "retention"), ("Window", "length"), ("Window", "slide")):
        _text(parts[part]["properties"][key])["pattern"] = LAG
    parts["Stream"]["properties"]["trigger"]["pattern"] = f"^{AVAILABLE_NOW}$|{LAG}"
    return schema


def schema_files(catalog: Catalog) -> dict[str, str]:
    """The texts of the schema files in a generated repository, by name."""
    schemas = {
        "event_source.json": event_source_schema(catalog),
        "platform.json": platform_schema(catalog),
        "source.json": source_schema(catalog),
    }
    return {name: f"{json.dumps(schema, indent=2, ensure_ascii=False)}\n" for name, schema in schemas.items()}


class WithoutTitles(GenerateJsonSchema):
    """Titles would only repeat the names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        """Never."""
        return False


def bare_schema(model: type[BaseModel]) -> dict[str, Any]:
    """The JSON Schema of a model, without the catalog's choices."""
    schema = model.model_json_schema(schema_generator=WithoutTitles)
    return {"$schema": GenerateJsonSchema.schema_dialect, **schema}


def _offer_kinds(schema: dict[str, Any], catalog: Catalog, *, carrying_events: bool) -> None:
    axis = catalog.axes[SOURCE_AXIS]
    kinds = {name: kind for name, kind in catalog.kinds.items() if kind.carries_events == carrying_events}
    _offer(schema["properties"]["kind"], replace(axis, choices=kinds))


def _offer(field: dict[str, Any], axis: Axis) -> None:
    """Put the axis' choices, each with its summary, into the field's schema."""
    optional = "anyOf" in field
    for key in ("anyOf", "type", "default"):
        field.pop(key, None)
    names = list(axis.choices)
    summaries = [f"{choice.label}: {choice.summary}" for choice in axis.choices.values()]
    default = ", ".join(axis.default) or "none"
    if axis.many:
        one = {"enum": names, "enumDescriptions": summaries}
        field["anyOf"] = [one, {"type": "array", "items": one, "uniqueItems": True}, {"type": "null"}]
        field["default"] = list(axis.default)
        return
    field["enum"] = [*names, *([None] if optional else [])]
    field["enumDescriptions"] = [*summaries, *([f"The default: {default}"] if optional else [])]
    if axis.default:
        field["default"] = axis.default[0]


def _text(field: dict[str, Any]) -> dict[str, Any]:
    return next(kind for kind in field.get("anyOf", [field]) if kind.get("type") == "string")
