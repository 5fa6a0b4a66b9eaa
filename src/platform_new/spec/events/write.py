"""The text of `sources/<name>.yml` for a source of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from platform_new.spec.events.models import Aggregate, EventField, EventSource, Join, JoinedColumn, Stream, Topic
from platform_new.spec.yaml_text import (
    FIELD_ORDER,
    INDENT,
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

Reasons = Mapping[tuple[str, ...], str]


def event_source_lines(source: EventSource, reasons: Reasons) -> Lines:
    """The lines of the file; `reasons` by paths such as ("topics", "orders", "event_time") become comments."""
    yield "# yaml-language-server: $schema=../.platform/schema/event_source.json"
    for name in ("name", "renamed_from", "older_names", "kind", "description", "owner"):
        if getattr(source, name):
            yield from field_lines(name, getattr(source, name), 0)
    if source.connection:
        yield from field_lines("connection", source.connection, 0, "the variable that holds the address")
    yield from field_lines("schedule", source.schedule, 0, "UTC; when the tables are loaded from the lake")
    yield "topics:"
    for position, topic in enumerate(source.topics):
        if position:
            yield ""
        yield from topic_lines(topic, _below(reasons, "topics", topic.name))
    for position, stream in enumerate(source.streams):
        yield ""
        if not position:
            yield "streams:"
        yield from stream_lines(stream, _below(reasons, "streams", stream.name))


def _below(reasons: Reasons, *path: str) -> dict[tuple[str, ...], str]:
    return {key[len(path) :]: reason for key, reason in reasons.items() if key[: len(path)] == path}


def topic_lines(topic: Topic, reasons: Reasons) -> Lines:
    """The lines of a topic in `topics`; `reasons`, by paths relative to the topic, become comments."""
    given = given_fields(topic)
    given |= {name: getattr(topic, name) for name in ("lateness", "partitions", "retention")}
    order = [name for name in Topic.model_fields if name in given and name != "fields"]
    lines = [line for name in order for line in field_lines(name, given[name], 2 * INDENT, reasons.get((name,), ""))]
    lines += [f"{' ' * 2 * INDENT}fields:", *_fields(topic.fields, 3 * INDENT, _below(reasons, "fields"))]
    yield from comment_lines(reasons.get((), ""), INDENT)
    yield from as_item(lines, INDENT)


def _fields(fields: tuple[EventField, ...], indent: int, reasons: Reasons) -> Lines:
    for field in fields:
        below = _below(reasons, field.name)
        yield from field_item_lines(field, indent, below)


def field_item_lines(field: EventField, indent: int, below: Reasons) -> Lines:
    """The lines of a field in `fields`, indented; `below`, reasons by paths relative to the field, become comments."""
    reason = "; ".join(below[key] for key in below if len(key) < 2)
    given = given_fields(field, FIELD_ORDER)
    short = f"{' ' * indent}- {flow_text(given)}" if not field.fields else ""
    if short and len(short) <= WIDTH and not is_long_text(field.description):
        yield from with_comment([short], reason, indent)
        return
    lines = [
        line for name, value in given.items() if name != "fields" for line in field_lines(name, value, indent + INDENT)
    ]
    if field.fields:
        inner = indent + INDENT
        lines += [f"{' ' * inner}fields:", *_fields(field.fields, inner + INDENT, _below(below, "fields"))]
    yield from comment_lines(reason, indent)
    yield from as_item(lines, indent)


def stream_lines(stream: Stream, reasons: Reasons) -> Lines:
    """The lines of a stream in `streams`; `reasons`, by paths relative to the stream, become comments."""
    given: dict[str, Any] = given_fields(stream)
    given["trigger"] = stream.trigger
    lines: list[str] = []
    for name in Stream.model_fields:
        if name == "joins" and stream.joins:
            lines += [f"{' ' * 2 * INDENT}joins:", *(line for each in stream.joins for line in join_lines(each))]
        elif name == "aggregates" and stream.aggregates:
            margin = 2 * INDENT
            lines += [f"{' ' * margin}aggregates:", *(figure_line(each) for each in stream.aggregates)]
        elif name in given:
            lines += field_lines(name, given[name], 2 * INDENT, reasons.get((name,), ""))
    yield from comment_lines(reasons.get((), ""), INDENT)
    yield from as_item(lines, INDENT)


def join_lines(join: Join) -> Lines:
    """The lines of a join in `joins`."""
    line = f"{' ' * 3 * INDENT}- {flow_text(join)}"
    if len(line) <= WIDTH:
        yield line
        return
    margin = 4 * INDENT
    lines = [*field_lines("field", join.field, margin), f"{' ' * margin}columns:", *map(joined_line, join.columns)]
    yield from as_item(lines, 3 * INDENT)


def joined_line(column: JoinedColumn) -> str:
    """The line of a column in the `columns` of a join."""
    return f"{' ' * 5 * INDENT}- {flow_text(column)}"


def figure_line(aggregate: Aggregate) -> str:
    """The line of an aggregate in `aggregates`."""
    return f"{' ' * 3 * INDENT}- {flow_text(given_fields(aggregate))}"
