"""The keywords of a JSON Schema that describe more than the type of a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platform_new.spec.data_type import WHOLE

Schema = Mapping[str, Any]


def both(one: Schema, other: Schema) -> dict[str, Any]:
    """A schema that combines both, as far as a spec can express."""
    said = {**other, **one}
    if "properties" in one or "properties" in other:
        own = one.get("properties", {})
        said["properties"] = {**own, **other.get("properties", {}), **own}
    if "required" in one or "required" in other:
        said["required"] = [*one.get("required", ()), *other.get("required", ())]
    return said


def values(schema: Schema) -> tuple[Any, ...] | None:
    """The accepted values without null; None if the schema does not list them, or not all of them are plain values."""
    given = [schema["const"]] if "const" in schema else schema.get("enum") or ()
    plain = [value for value in given if isinstance(value, str | int | float)]
    return tuple(dict.fromkeys(plain)) if plain and len(plain) + given.count(None) == len(given) else None


def implied(schema: Schema) -> str | None:
    """The type that a schema without `type` implies, if it is a single type."""
    if "properties" in schema:
        return "object"
    if "items" in schema:
        return "array"
    kinds = {str: "string", bool: "boolean", int: "integer", float: "number"}
    types = {kinds.get(type(value)) for value in values(schema) or ()}
    return types.pop() if len(types) == 1 else None


def bounds(schema: Schema, kind: str) -> dict[str, Any]:
    """The smallest and the greatest value; an exclusive bound of a number with decimals counts as inclusive."""
    given: dict[str, Any] = {}
    for name, word, inward in (("min", "minimum", 1), ("max", "maximum", -1)):
        beyond = schema.get(f"exclusive{word.capitalize()}")
        if isinstance(beyond, int | float) and not isinstance(beyond, bool):
            given[name] = beyond + inward if kind in WHOLE else beyond
        elif word in schema or f"x-{word}" in schema:
            given[name] = schema.get(word, schema.get(f"x-{word}"))
    return given
