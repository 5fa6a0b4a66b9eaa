"""Rewrite a source file to match a source: only the differences are written."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from pydantic import BaseModel

from platform_new.edit.yaml_text import Path, YamlText
from platform_new.errors import Problem, Refused
from platform_new.spec.base import AnySource
from platform_new.spec.events.models import Aggregate, EventField, JoinedColumn, Stream, Topic
from platform_new.spec.events.write import field_item_lines, figure_line, joined_line, stream_lines, topic_lines
from platform_new.spec.load import parse_source
from platform_new.spec.models import Column, DerivedMeasure, Table
from platform_new.spec.write import Reasons, column_lines, table_lines
from platform_new.spec.yaml_text import INDENT, ORDERS, flow_text

Renames = Mapping[Path, str]
"""New names by the paths of renamed things, such as `{("tables", "orders"): "purchases"}`."""
NAMED = ("tables", "columns", "measures", "topics", "fields", "streams", "aggregates")
"""Lists whose items are identified by name."""
APART = (Table, Topic, Stream)
"""Items that an empty line separates."""


def rewrite_source(
    text: str,
    file: str,
    after: AnySource,
    *,
    renames: Renames = {},  # noqa: B006 - it is only read
    reasons: Reasons = {},  # noqa: B006
) -> str:
    """The text of a source file, changed to describe `after`; unchanged parts keep their text.

    An item with another name is a new item, unless `renames` lists it. `reasons` (by paths as in `spec.write`) become
    comments of new items. Raises `Refused` if the text is not a source, or if its form does not allow the change in
    this place alone.
    """
    before = parse_source(text, file)
    yaml = YamlText(text, file)
    # If a part of the text is used twice, an edit may reach the wrong place, or none.
    with contextlib.suppress(Refused, LookupError):
        _fields(yaml, (), before, after, renames, reasons)
        if parse_source(yaml.text, file) == after:
            return yaml.text
    reason = "the form of this file does not allow a change in one place alone"
    raise Refused(Problem(reason, "write out aliases (`*…`) and `<<`, or change the file by hand", file))


def _fields(yaml: YamlText, path: Path, before: BaseModel, after: BaseModel, renames: Renames, reasons: Reasons):
    order, gone = ORDERS[type(after)], []
    for name, field in type(after).model_fields.items():
        old, new, here = getattr(before, name), getattr(after, name), (*path, field.alias or name)
        if old == new:
            continue
        named = name in NAMED and all(isinstance(item, BaseModel) for item in (*old, *new))
        if named and old and new:
            _named(yaml, here, old, new, renames, reasons)
        elif not field.is_required() and new == field.get_default(call_default_factory=True):
            gone.append(here)
        elif named:
            lines = [f"{name}:", *(f"{' ' * INDENT}{line}" if line else "" for line in _items(new, here, reasons))]
            yaml.add(here, lines, flow_text(new), order, apart=isinstance(new[0], APART))
        elif isinstance(new, BaseModel) and yaml.has(here):
            _fields(yaml, here, old, new, renames, reasons)
        elif isinstance(new, tuple) and old and len(old) == len(new):
            _positions(yaml, here, old, new)
        else:
            yaml.set(here, new, order)
    # Last, so that the parent is never empty.
    for here in gone:
        yaml.remove(here)


def _positions(yaml: YamlText, path: Path, before: Sequence[Any], after: Sequence[Any]) -> None:
    """Change items of a list whose length stays the same."""
    for place, (old, new) in enumerate(zip(before, after, strict=True)):
        if old == new:
            continue
        if isinstance(new, BaseModel):
            _fields(yaml, (*path, place), old, new, {}, {})
        elif isinstance(new, tuple) and len(new) == len(old):
            _positions(yaml, (*path, place), old, new)
        else:
            yaml.set((*path, place), new)


def _named(
    yaml: YamlText, path: Path, before: Sequence[Any], after: Sequence[Any], renames: Renames, reasons: Reasons
) -> None:
    old = {renames.get((*path, item.name), item.name): item for item in before}
    edits = {
        old[item.name].name: partial(
            _item, path=path, before=old[item.name], after=item, renames=renames, reasons=reasons
        )
        for item in after
        if item.name in old and old[item.name] != item
    }
    if edits and yaml.is_in_lines(path):
        yaml.edit_items(path, edits)
    else:
        for edit in edits.values():
            edit(yaml)
    names = list(old)
    for number, item in enumerate(after):
        if item.name not in old:
            position = names.index(after[number - 1].name) + 1 if number else 0
            yaml.insert(path, position, _lines(item, path, reasons), flow_text(item), apart=isinstance(item, APART))
            names.insert(position, item.name)
    # Last, so that the list is never empty.
    for name in [name for name in old if name not in {item.name for item in after}]:
        yaml.remove((*path, name))


def _item(
    yaml: YamlText, *, path: Path, before: BaseModel, after: BaseModel, renames: Renames, reasons: Reasons
) -> None:
    # The name last: until then, paths use the previous name.
    here = (*path, before.name)
    _fields(yaml, here, before, after.model_copy(update={"name": before.name}), renames, reasons)
    if after.name != before.name:
        yaml.set((*here, "name"), after.name)


def _items(items: Sequence[BaseModel], path: Path, reasons: Reasons) -> Iterator[str]:
    """The lines of new items, in order."""
    for number, item in enumerate(items):
        if number and isinstance(item, APART):
            yield ""
        yield from _lines(item, path, reasons)


def _lines(item: BaseModel, path: Path, reasons: Reasons) -> list[str]:
    """The lines of a new item, with its dash in the first column."""
    below = {each[len(path) + 1 :]: why for each, why in reasons.items() if each[: len(path) + 1] == (*path, item.name)}
    match item:
        case Table():
            lines = table_lines(item, below)
        case Column() | DerivedMeasure():
            lines = column_lines(item, "; ".join(below.values()))
        case Topic():
            lines = topic_lines(item, below)
        case EventField():
            lines = field_item_lines(item, 0, below)
        case Stream():
            lines = stream_lines(item, below)
        case JoinedColumn():
            lines = [joined_line(item)]
        case Aggregate():
            lines = [figure_line(item)]
    return _from_first_column(list(lines))


def _from_first_column(lines: list[str]) -> list[str]:
    margin = len(lines[0]) - len(lines[0].lstrip())
    return [line[margin:] for line in lines]
