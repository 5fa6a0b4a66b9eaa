"""The rules for topics and streams, as generators of findings like those of `platform_new.spec.rules`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from platform_new.documents.suggest import did_you_mean
from platform_new.spec.events.join_rules import check_joins
from platform_new.spec.events.joins import joined_names, with_joined
from platform_new.spec.events.lake import BATCH, LAST_BATCH, PARTS, RESERVED, WINDOW
from platform_new.spec.events.models import FUNCTIONS, OBJECT, Aggregate, EventField, EventSource, Stream, Topic
from platform_new.spec.findings import Finding, Path
from platform_new.spec.models import Column, Source
from platform_new.spec.scalars import seconds_of
from platform_new.spec.values import wrong_values

BESIDE = ("__late", "__dead_letters")
"""The suffixes of the tables with the late events and the dead letters of a stream."""
OF_THE_LAKE = ("_checkpoints", "_lookups")
"""The folders of a lake that are not tables."""


def check_events(source: EventSource, others: tuple[Source, ...], events: Collection[str]) -> Iterator[Finding]:
    """Every rule that the topics and streams of a source break.

    `others` are the sources that they may refer to, and `events` the names of the sources with topics.
    """
    columns = {
        f"{other.name}.{table.name}.{column.name}": column
        for other in others
        for table in other.tables
        for column in table.columns
        if not table.exclude and not column.exclude
    }
    yield from _twice(("topics",), "topic", [topic.name for topic in source.topics])
    for index, topic in enumerate(source.topics):
        yield from _below(("topics", index), _topic(topic))
        for place, field in enumerate(topic.fields):
            if field.references:
                yield from _below(("topics", index, "fields", place, "references"), _reference(field, columns))
    yield from _twice(("streams",), "stream", [stream.name for stream in source.streams])
    yield from _same_table(source.streams)
    for index, stream in enumerate(source.streams):
        yield from _below(("streams", index), _stream(stream, source))
        if topic := source.topic(stream.topic):
            yield from _below(("streams", index), _columns(stream, topic, others, events))


def _topic(topic: Topic) -> Iterator[Finding]:
    yield from _fields(topic.fields)
    if topic.key:
        yield from _exists(topic.key, topic, ("key",))
    yield from _exists(topic.event_time, topic, ("event_time",))
    time = topic.field(topic.event_time)
    if time and not (time.data_type and time.data_type.is_timestamp):
        reason = f"the field is {_kind(time)}, not a timestamp"
        hint = "name the field that says when the event happened, of type timestamptz"
        yield Finding(("event_time",), reason, hint, topic.event_time)
    if seconds_of(topic.lateness) > seconds_of(topic.retention):
        reason = f"the lateness is longer than the broker keeps events, which is {topic.retention}"
        yield Finding(("lateness",), reason, "shorten `lateness`, or lengthen `retention`", topic.lateness)


def _fields(fields: tuple[EventField, ...]) -> Iterator[Finding]:
    yield from _twice(("fields",), "field", [field.name for field in fields])
    spelt: dict[str, EventField] = {}
    for index, field in enumerate(fields):
        other = spelt.setdefault(field.source_name.casefold(), field)
        if other.name != field.name:
            reason = f"`{other.name}` is the same field of the event (Spark ignores letter case)"
            path = ("fields", index, "origin" if field.origin else "name")
            yield Finding(path, reason, "keep one of the two", field.source_name)
    for index, field in enumerate(fields):
        yield from _below(("fields", index), _field(field))


def _field(field: EventField) -> Iterator[Finding]:
    if field.type == OBJECT and not field.fields:
        hint = "add `fields:`, or write `type: json` to load it unchanged"
        yield Finding(("type",), "an object needs `fields`", hint, field.type)
    if field.type != OBJECT and field.fields:
        yield Finding(("fields",), f"a value of type {field.type} has no fields", f"write `type: {OBJECT}`")
    if field.type != OBJECT:
        as_column = Column(name=field.name, type=field.type, values=field.values, min=field.min, max=field.max)
        yield from wrong_values(as_column, ())
    if field.name in RESERVED:
        hint = f"rename it, and add `origin: {field.source_name}`"
        reason = "the jobs and tables of streams already have a column of this name"
        yield Finding(("name",), reason, hint, field.name)
    yield from _fields(field.fields)


def _reference(field: EventField, columns: Mapping[str, Column]) -> Iterator[Finding]:
    there = columns.get(field.references or "")
    if there is None:
        hint = did_you_mean(field.references or "", columns) or "delete the reference, or add the source"
        yield Finding((), "no other source has such a column", hint, field.references)
    elif not _is_plain(field) or not field.data_type.compares_with(there.data_type):
        reason = f"`{field.name}` is {_kind(field)} and `{field.references}` of type {there.type}"
        yield Finding((), reason, "give both the same type, or delete the reference", field.references)


def _stream(stream: Stream, source: EventSource) -> Iterator[Finding]:
    topic = source.topic(stream.topic)
    if topic is None:
        hint = did_you_mean(stream.topic, [topic.name for topic in source.topics])
        yield Finding(("topic",), "the source has no such topic", hint, stream.topic)
    if stream.window:
        length, slide = stream.window.seconds
        if length < slide:
            reason = f"windows of {stream.window.length} that start every {stream.window.slide} leave gaps between them"
            yield Finding(("window", "slide"), reason, "write a slide no longer than the window", stream.window.slide)
        if not length or not slide:
            yield Finding(("window",), "a window cannot be empty", "write a length of at least one second")
        if not stream.aggregates:
            hint = "add `aggregates:`, for example `- {name: events, function: count}`"
            yield Finding(("window",), "a window needs aggregates", hint)
        if topic and length > seconds_of(topic.retention):
            reason = f"the window is longer than the broker keeps events, which is {topic.retention}"
            hint = "shorten the window, or lengthen `retention`"
            yield Finding(("window", "length"), reason, hint, stream.window.length)
    elif stream.aggregates or stream.group_by:
        key = "aggregates" if stream.aggregates else "group_by"
        reason = "without a window, an aggregate would never be final, and its groups would grow forever"
        yield Finding((key,), reason, "add `window:`, for example `window: {length: 5 minutes}`")


def _columns(stream: Stream, topic: Topic, others: tuple[Source, ...], events: Collection[str]) -> Iterator[Finding]:
    yield from check_joins(stream, topic, others, events)
    seen = with_joined(topic, stream, others)
    # If a column cannot be joined, the finding is at the join, not at every use of the column.
    lost = {*joined_names(stream)} - {field.name for field in seen.fields}
    found = (*_groups(stream, seen), *_aggregates(stream, seen))
    yield from (finding for finding in found if finding.value not in lost)


def _same_table(streams: tuple[Stream, ...]) -> Iterator[Finding]:
    """Streams whose table, late events or dead letters would share a table name with another stream's."""
    made: dict[str, Stream] = {}
    for index, stream in enumerate(streams):
        if stream.source_name in OF_THE_LAKE:
            path = ("streams", index, "origin" if stream.origin else "name")
            yield Finding(path, "a lake already has a folder of this name", "rename the stream", stream.source_name)
        for ending in ("", *BESIDE):
            other = made.setdefault(f"{stream.source_name}{ending}", stream)
            if other.name != stream.name:
                path = ("streams", index, "origin" if stream.origin else "name")
                reason = f"the stream `{other.name}` already has a table of this name in the lake"
                yield Finding(path, reason, "rename one of the two", f"{stream.source_name}{ending}")


def _groups(stream: Stream, topic: Topic) -> Iterator[Finding]:
    for index, name in enumerate(stream.group_by):
        path, field = ("group_by", index), topic.field(name)
        yield from _exists(name, topic, path)
        if name in stream.group_by[:index]:
            yield Finding(path, "duplicate field in `group_by`", "keep it once", name)
        elif name in joined_names(stream):
            # An event without a matching row has a group too: the join fills it in.
            continue
        elif field and not _is_plain(field):
            yield Finding(path, f"the field is {_kind(field)}, which cannot be grouped by", "name another field", name)
        elif field and not field.required and name != topic.event_time:
            reason = "events without a value would have no group"
            yield Finding(path, reason, f"write `required: true` for `{name}`, or name another field", name)


def _aggregates(stream: Stream, topic: Topic) -> Iterator[Finding]:
    names = {*WINDOW, *stream.group_by, BATCH, LAST_BATCH}
    for index, aggregate in enumerate(stream.aggregates):
        path: Path = ("aggregates", index)
        parts = {f"{aggregate.name}{part}" for part in PARTS} if aggregate.function == "avg" else set()
        if aggregate.name in names:
            reason = "another column of the table has this name"
            yield Finding((*path, "name"), reason, "rename the aggregate", aggregate.name)
        elif taken := sorted(parts & names):
            reason = f"the lake stores an average as a sum and a count, and another column has the name `{taken[0]}`"
            yield Finding((*path, "name"), reason, "rename the aggregate", aggregate.name)
        names |= {aggregate.name, *parts}
        yield from _below(path, _aggregate(aggregate, topic))


def _aggregate(aggregate: Aggregate, topic: Topic) -> Iterator[Finding]:
    if aggregate.field is None:
        if aggregate.function != FUNCTIONS[0]:
            reason = f"`{aggregate.function}` needs a field"
            yield Finding(("function",), reason, "add `field:`", aggregate.function)
        return
    yield from _exists(aggregate.field, topic, ("field",))
    field = topic.field(aggregate.field)
    if field is None or aggregate.function == FUNCTIONS[0]:
        return
    adds = aggregate.function in ("sum", "avg")
    if not (_is_plain(field) and (field.data_type.is_number if adds else field.data_type.is_ordered)):
        reason = f"`{aggregate.function}` does not apply to a field that is {_kind(field)}"
        hint = f"name a field whose type is a {'number' if adds else 'number, time or text'}"
        yield Finding(("field",), reason, hint, aggregate.field)


def _exists(name: str, topic: Topic, path: Path) -> Iterator[Finding]:
    if topic.field(name) is None:
        hint = did_you_mean(name, [field.name for field in topic.fields])
        yield Finding(path, f"events of the topic `{topic.name}` have no such field", hint, name)


def _twice(path: Path, what: str, names: list[str]) -> Iterator[Finding]:
    for index, name in enumerate(names):
        if name in names[:index]:
            yield Finding((*path, index, "name"), f"duplicate {what} name", "rename one of the two", name)


def _below(path: Path, findings: Iterable[Finding]) -> Iterator[Finding]:
    for each in findings:
        yield Finding((*path, *each.path), each.reason, each.hint, each.value)


def _is_plain(field: EventField) -> bool:
    """Whether the field can be joined and grouped by."""
    return not field.is_nested and field.data_type.family != "binary"


def _kind(field: EventField) -> str:
    return f"a list of {field.type}" if field.repeated else f"of type {field.type}"
