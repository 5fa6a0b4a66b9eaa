"""Generates the reference page of the spec from its models; run this module to print it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from platform_new.spec.calendar import Calendar
from platform_new.spec.consumers import Consumer
from platform_new.spec.events.models import (
    Aggregate,
    EventField,
    EventSource,
    Join,
    JoinedColumn,
    Stream,
    Topic,
    Window,
)
from platform_new.spec.models import Column, DerivedMeasure, Format, Load, Platform, Reference, Source, Table
from platform_new.spec.schema import bare_schema

COMMAND = "python -m platform_new.spec.reference > docs/reference/spec.md"
INTRODUCTION = f"""\
# The spec: `platform.yml` and `sources/<name>.yml`

<!-- Generated from the models by `{COMMAND}`. -->

A platform is described by two kinds of YAML file, which are yours to edit: comments, order and quoting stay as you
write them. `platform-new check` reports mistakes with file and line, and an editor that supports JSON Schema completes
and checks the files as you type. Keys without a default are required.
"""
PAGES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("`platform.yml`", Platform),
    ("The date dimension: `calendar` of `platform.yml`", Calendar),
    ("A consumer of the marts: an entry in `consumers` of `platform.yml`", Consumer),
    ("`sources/<name>.yml`", Source),
    ("A table: an item of `tables`", Table),
    ("How a table is loaded: `load`", Load),
    ("How the files of a table are laid out: `format`", Format),
    ("A column: an item of `columns`", Column),
    ("A derived measure: an item of `measures`", DerivedMeasure),
    ("A foreign key of several columns: an item of a table's `references`", Reference),
    ("`sources/<name>.yml` of a source of events", EventSource),
    ("A topic: an item of `topics`", Topic),
    ("A field of an event: an item of `fields`", EventField),
    ("A stream: an item of `streams`", Stream),
    ("A joined table: an item of `joins`", Join),
    ("A column of a joined table: an item of a join's `columns`", JoinedColumn),
    ("The windows of a stream: `window`", Window),
    ("An aggregate: an item of `aggregates`", Aggregate),
)
TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "true or false"}


def reference_page() -> str:
    """The page as Markdown."""
    sections = (f"\n## {title}\n\n{model.__doc__}\n\n{_table(model)}" for title, model in PAGES)
    return INTRODUCTION + "".join(sections)


def _table(model: type[BaseModel]) -> str:
    lines = ["| Key | Value | Default | Meaning |", "| --- | --- | --- | --- |", *_rows(model)]
    return "".join(f"{line}\n" for line in lines)


def _rows(model: type[BaseModel]) -> Iterator[str]:
    schema = bare_schema(model)
    # A recursive model is among its own definitions.
    properties = (schema if "properties" in schema else schema["$defs"][model.__name__])["properties"]
    for name, field in model.model_fields.items():
        key = field.alias or name
        yield f"| `{key}` | {_value(properties[key])} | {_default(field)} | {field.description} |"


def _value(schema: dict[str, Any]) -> str:
    kinds = [_kind(kind) for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    return " or ".join(dict.fromkeys(kinds))


def _kind(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{value if isinstance(value, str) else json.dumps(value)}`" for value in schema["enum"])
    if "$ref" in schema:
        return "keys and values"
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if schema["items"] else "list"
    return TYPES[schema["type"]]


def _default(field: FieldInfo) -> str:
    default = field.get_default(call_default_factory=True)
    if default is PydanticUndefined:
        return ""
    if isinstance(default, BaseModel) or default in (None, (), ""):
        return "none"
    return f"`{json.dumps(default) if not isinstance(default, str) else default}`"


if __name__ == "__main__":
    sys.stdout.write(reference_page())
