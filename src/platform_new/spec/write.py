"""Writes specs as a careful person would: short lines, no defaults, reasons as comments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from platform_new.spec.base import AnySource
from platform_new.spec.calendar import Calendar
from platform_new.spec.events.write import event_source_lines
from platform_new.spec.models import Column, DerivedMeasure, Platform, Source, Table
from platform_new.spec.yaml_text import (
    INDENT,
    ORDERS,
    TABLE_ORDER,
    WIDTH,
    Lines,
    as_item,
    comment_lines,
    field_lines,
    flow_text,
    given_fields,
    is_long_text,
    with_comment,
)

if TYPE_CHECKING:
    from platform_new.catalog import Axis, Catalog

UNSAID = {"calendar": Calendar(), "consumers": ()}
"""The values of a platform that need not be written."""
Reasons = Mapping[tuple[str, ...], str]


def source_yaml(source: AnySource, reasons: Reasons = {}) -> str:  # noqa: B006 - it is only read
    """The text of `sources/<name>.yml`; `reasons` by paths such as ("tables", "orders", "role") become comments."""
    lines = {"tables": _source, "events": event_source_lines}[source.carries]
    return "".join(f"{line}\n" for line in lines(source, reasons))


def platform_yaml(platform: Platform, catalog: Catalog | None = None) -> str:
    """The text of `platform.yml`; a comment after each choice lists the alternatives in the catalog."""
    lines = ["# yaml-language-server: $schema=.platform/schema/platform.json"]
    for name in Platform.model_fields:
        value = getattr(platform, name)
        if value not in (None, "") and value != UNSAID.get(name):
            axis = catalog.axes.get(name) if catalog else None
            lines += field_lines(name, value, 0, menu(axis, platform.chosen(name)) if axis else "")
    return "".join(f"{line}\n" for line in lines)


def menu(axis: Axis, chosen: Sequence[str]) -> str:
    """The comment after a choice that lists the alternatives; empty if there are none."""
    others = ", ".join(name for name in axis.choices if name not in chosen)
    return f"{'also' if axis.many else 'or'} {others}" if others else ""


def _source(source: Source, reasons: Reasons) -> Lines:
    yield "# yaml-language-server: $schema=../.platform/schema/source.json"
    yield from field_lines("name", source.name, 0)
    for name in ("renamed_from", "older_names", "kind", "description", "owner"):
        if getattr(source, name):
            yield from field_lines(name, getattr(source, name), 0)
    if source.connection:
        yield from field_lines("connection", source.connection, 0, "the variable that holds the address")
    yield from field_lines("schedule", source.schedule, 0, "UTC")
    yield from field_lines("drift", source.drift, 0, "or freeze" if source.drift == "evolve" else "or evolve")
    yield from comment_lines(reasons.get(("tables",), ""), 0)
    yield "tables:"
    by_table = _grouped(reasons)
    for position, table in enumerate(source.tables):
        if position:
            yield ""
        yield from table_lines(table, by_table.get(("tables", table.name), {}))


def _grouped(reasons: Reasons) -> dict[tuple[str, ...], dict[tuple[str, ...], str]]:
    """The reasons, grouped by the first two steps of their paths."""
    groups: dict[tuple[str, ...], dict[tuple[str, ...], str]] = {}
    for path, reason in reasons.items():
        groups.setdefault(path[:2], {})[path[2:]] = reason
    return groups


def table_lines(table: Table, reasons: Reasons) -> Lines:
    """The lines of a table in `tables`; `reasons`, by paths relative to the table, become comments."""
    yield from comment_lines(reasons.get((), ""), INDENT)
    given = given_fields(table, TABLE_ORDER)
    given["role"] = table.role
    for name in ("load", "key"):
        if (name,) in reasons:
            given.setdefault(name, getattr(table, name))
    lines: list[str] = []
    for name in TABLE_ORDER:
        if name in given and name not in ("columns", "measures"):
            lines += field_lines(name, given[name], 2 * INDENT, reasons.get((name,), ""))
        elif (name,) in reasons:
            lines += comment_lines(f"{name}: {reasons[(name,)]}", 2 * INDENT)
    by_item = _grouped(reasons)
    for name in ("columns", "measures"):
        if items := getattr(table, name):
            lines += [f"{' ' * 2 * INDENT}{name}:"]
        for item in items:
            lines += column_lines(item, "; ".join(by_item.get((name, item.name), {}).values()))
    yield from as_item(lines, INDENT)


def column_lines(column: Column | DerivedMeasure, reason: str = "") -> Lines:
    """The lines of a column in `columns` or of a measure in `measures`, with the reason as a comment."""
    indent = 3 * INDENT
    given = given_fields(column, ORDERS[type(column)])
    short = f"{' ' * indent}- {flow_text(given)}"
    if len(short) <= WIDTH and not is_long_text(given.get("description")):
        yield from with_comment([short], reason, indent)
        return
    yield from comment_lines(reason, indent)
    yield from as_item(
        [line for name, value in given.items() for line in field_lines(name, value, indent + INDENT)], indent
    )
