"""YAML as a careful person writes it: short lines, quotes only where needed, reasons as comments.

The text is valid in both YAML 1.1 and 1.2, and a round trip through ruamel.yaml does not change it.
"""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel

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

WIDTH = 120
INDENT = 2

PLAIN = re.compile(r"[A-Za-z_/][A-Za-z0-9_./@()+-]*(?: [A-Za-z0-9_./@()+*-]+)*|\d+ [a-z]+")
WORDS = {"y", "n", "yes", "no", "on", "off", "true", "false", "null", "none", "~"}
"""Plain scalars that YAML 1.1 or 1.2 does not read as text."""

COLUMN_ORDER = (
    "name", "origin", "renamed_from", "older_names", "type", "source_type", "required", "unique", "references",
    "inferred", "fold", "values", "min", "max", "measure", "unit", "unit_column", "history", "pii", "description",
    "exclude"
)  # fmt: skip
TABLE_ORDER = (
    "name", "schema", "origin", "renamed_from", "older_names", "version", "description", "exclude", "role", "entity",
    "former_entities", "line_of", "event_time", "weights_of", "history", "rows", "load", "format", "key",
    "key_inferred", "unique", "references", "columns", "measures"
)  # fmt: skip
FIELD_ORDER = (
    "name", "origin", "type", "repeated", "required", "references", "values", "min", "max", "pii", "description",
    "fields"
)  # fmt: skip
NAMES = ("name", "renamed_from", "older_names")
ORDERS: Mapping[type[BaseModel], Sequence[str]] = {
    Platform: tuple(Platform.model_fields),
    Calendar: tuple(Calendar.model_fields),
    Consumer: tuple(Consumer.model_fields),
    **{model: tuple(dict.fromkeys((*NAMES, *model.model_fields))) for model in (Source, EventSource)},
    Table: TABLE_ORDER,
    Column: COLUMN_ORDER,
    Load: tuple(Load.model_fields),
    Format: tuple(Format.model_fields),
    Reference: tuple(Reference.model_fields),
    DerivedMeasure: tuple(DerivedMeasure.model_fields),
    EventField: FIELD_ORDER,
    **{model: tuple(model.model_fields) for model in (Topic, Stream, Join, JoinedColumn, Window, Aggregate)},
}
"""The order of the keys in each part of a spec."""

Lines = Iterator[str]


def as_item(lines: Sequence[str], indent: int) -> Lines:
    """The lines of a map as an item of a list: with a dash before its first key."""
    first = next(number for number, line in enumerate(lines) if not line.lstrip().startswith("#"))
    for number, line in enumerate(lines):
        yield " " * indent + "- " + line[indent + INDENT :] if number == first else line


def given_fields(model: BaseModel, order: Sequence[str] = ()) -> dict[str, Any]:
    """The fields that differ from their defaults, under their names in the file, in the given order if there is one."""
    given = {}
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if field.is_required() or value != field.get_default(call_default_factory=True):
            given[field.alias or name] = value
    return {name: given[name] for name in order if name in given} if order else given


def field_lines(name: str, value: Any, indent: int, reason: str = "") -> Lines:
    """The lines of a key with its value, with the reason as a comment."""
    margin = " " * indent
    if isinstance(value, str):
        lines = _text(name, value, indent)
    elif isinstance(value, tuple) and any(isinstance(item, (tuple, BaseModel)) for item in value):
        lines = [f"{margin}{name}:", *(f"{margin}  - {flow_text(item)}" for item in value)]
    else:
        lines = [f"{margin}{name}: {flow_text(value)}"]
        if len(lines[0]) > WIDTH and isinstance(value, tuple):
            lines = [f"{margin}{name}:", *(f"{margin}  - {_scalar(item)}" for item in value)]
    yield from with_comment(lines, reason, indent)


def with_comment(lines: Sequence[str], reason: str, indent: int) -> Lines:
    """The lines with the reason as a comment: after a single line if it fits, otherwise above."""
    comment = _one_line(reason)
    if comment and len(lines) == 1 and len(lines[0]) + 4 + len(comment) <= WIDTH:
        yield f"{lines[0]}  # {comment}"
        return
    yield from comment_lines(reason, indent)
    yield from lines


def comment_lines(text: str, indent: int) -> Lines:
    """The text as a comment, wrapped."""
    margin = f"{' ' * indent}# "
    yield from textwrap.wrap(
        _one_line(text), WIDTH, initial_indent=margin, subsequent_indent=margin, break_on_hyphens=False
    )


def _one_line(text: str) -> str:
    return " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())


def _text(name: str, value: str, indent: int) -> list[str]:
    """A text field: on one line, or as a block if it is long or has several lines and a block preserves it."""
    margin, inner = " " * indent, " " * (indent + INDENT)
    line = f"{margin}{name}: {_scalar(value)}"
    rows = value.split("\n")
    if (
        len(rows) > 1
        and all(row.isprintable() and row == row.rstrip() for row in rows)
        and rows[0][:1].strip()
        and rows[-1]
    ):
        return [f"{margin}{name}: |-", *(inner + row if row else "" for row in rows)]
    if len(line) > WIDTH and value.isprintable() and value == " ".join(value.split()):
        wrapped = textwrap.wrap(value, WIDTH - len(inner), break_long_words=False, break_on_hyphens=False)
        if " ".join(wrapped) == value:
            return [f"{margin}{name}: >-", *(inner + row for row in wrapped)]
    return [line]


def is_long_text(value: Any) -> bool:
    """Whether a value is a text of several lines."""
    return isinstance(value, str) and "\n" in value


def flow_text(value: Any) -> str:
    """A value on one line, lists and maps in brackets."""
    if isinstance(value, Load):
        value = {"mode": value.mode, **given_fields(value, list(Load.model_fields))}
    elif isinstance(value, BaseModel):
        value = given_fields(value, ORDERS.get(type(value), ()))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {flow_text(item)}" for key, item in value.items()) + "}"
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(flow_text(item) for item in value)}]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if isinstance(value, float):
        return _number(value)
    if not isinstance(value, str):
        return str(value)
    if PLAIN.fullmatch(value) and value.lower() not in WORDS:
        return value
    return "".join(
        letter if letter.isprintable() else _escaped(letter) for letter in json.dumps(value, ensure_ascii=False)
    )


def _escaped(letter: str) -> str:
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x10000 else f"\\U{ord(letter):08x}"


def _number(value: float) -> str:
    text = repr(value)
    if text in ("inf", "-inf", "nan"):
        return text.replace("inf", ".inf").replace("nan", ".nan")
    mantissa, mark, exponent = text.partition("e")
    if not mark:
        return text
    # YAML 1.1 requires a point in the mantissa and a sign before the exponent.
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}e{exponent if exponent[0] in '+-' else '+' + exponent}"
