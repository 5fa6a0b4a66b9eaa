"""Replaces the invalid parts of data, so that the rules can be checked on the rest."""

from __future__ import annotations

from typing import Any

from pydantic_core import ErrorDetails

from platform_new.documents.suggest import identifier

COLUMN = {"name": "unusable", "type": "text"}
TIME = {"name": "unusable", "type": "timestamptz"}
ITEMS: dict[str, dict[str, Any]] = {
    "columns": COLUMN,
    "tables": {"name": "unusable", "columns": [COLUMN], "exclude": "unusable"},
    "measures": {"name": "unusable", "formula": "unusable"},
    "fields": COLUMN,
    "topics": {"name": "unusable", "event_time": "unusable", "fields": [TIME]},
    "streams": {"name": "unusable", "topic": "unusable"},
    "joins": {"field": "unusable", "columns": [{"name": "unusable"}]},
    "aggregates": {"name": "unusable", "function": "count"},
}
"""By the key of a list: a valid item to replace an invalid item."""
MISSING = {
    "type": "text", "function": "count", "length": "1 day", **{key: [item] for key, item in ITEMS.items()}
}  # fmt: skip


def salvage(data: Any, errors: list[ErrorDetails]) -> None:
    """Remove invalid values, or replace them by valid values. Lists keep their length, so that paths stay valid."""
    # First all places, then all changes: a change for one error of a union would remove the place of the others.
    places = {tuple(path): (path, error) for error in errors if (path := _place(data, error))}
    for path, error in places.values():
        holder = data
        for step in path[:-1]:
            holder = holder[step]
        fitting = _fitting(error, path[-1])
        if fitting is None and isinstance(holder, dict):
            holder.pop(path[-1], None)
        else:
            holder[path[-1]] = fitting


def _place(data: Any, error: ErrorDetails) -> list[str | int]:
    """The part of the error's path that is in the data (or is missing there)."""
    path: list[str | int] = []
    for step in error["loc"]:
        inside = step in data if isinstance(data, dict) else isinstance(data, list) and isinstance(step, int)
        if not inside and error["type"] != "missing":
            break
        path.append(step)
        data = data[step] if inside else None
    return path


def _fitting(error: ErrorDetails, last: str | int) -> Any:
    """A valid value close to the intended value; None if there is none."""
    value, kind, path = error["input"], error["type"], error["loc"]
    if kind == "missing":
        # A distinct name, since the rules report duplicates.
        return MISSING.get(str(last)) or f"unusable_{path[-2] if len(path) > 1 else ''}"
    if kind == "value_error" and last == "type":
        return MISSING["type"]
    if kind == "string_pattern_mismatch" and last != "connection":
        parts = [identifier(part) or "unusable" for part in value.split(".")]
        return ".".join(parts) if "\\." in error["ctx"]["pattern"] else "_".join(parts)
    if kind == "tuple_type" and isinstance(value, str):
        return [value]
    if kind == "model_type" and isinstance(last, int):
        return {**ITEMS[str(path[-2])], "name": f"unusable_{last}"} if path[-2] in ITEMS else None
    return "unusable" if isinstance(last, int) else None
