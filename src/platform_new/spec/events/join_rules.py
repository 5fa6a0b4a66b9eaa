"""The rules for the tables that a stream joins."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from platform_new.documents.suggest import did_you_mean
from platform_new.spec.events.joins import APART, GROWS, UNKNOWN, Joined, joined
from platform_new.spec.events.lake import RESERVED
from platform_new.spec.events.models import Join, Stream, Topic
from platform_new.spec.findings import Finding, Path
from platform_new.spec.models import Source


def check_joins(stream: Stream, topic: Topic, others: tuple[Source, ...], events: Collection[str]) -> Iterator[Finding]:
    """Every rule that the joins of a stream break; `events` are the names of the sources that have topics."""
    fields = [join.field for join in stream.joins]
    taken = {*RESERVED, *(field.name for field in topic.fields)}
    for index, join in enumerate(stream.joins):
        path: Path = ("joins", index)
        if join.field in fields[:index]:
            hint = "name all columns in one join"
            yield Finding((*path, "field"), "the table of this field is already joined", hint, join.field)
        else:
            for each in _field(join, topic, events):
                yield Finding((*path, *each.path), each.reason, each.hint, each.value)
        for place, column in enumerate(join.columns):
            if column.name in taken:
                hint = f"give it another name, and add `column: {column.source_name}`"
                reason = "the stream already has a field or column of this name"
                yield Finding((*path, "columns", place, "name"), reason, hint, column.name)
            taken.add(column.name)
        if found := joined(join, topic, others):
            for each in (*_key(found), *_columns(found), *_groups(found, stream)):
                yield Finding((*path, *each.path), each.reason, each.hint, each.value)


def _field(join: Join, topic: Topic, events: Collection[str]) -> Iterator[Finding]:
    path, field = ("field",), topic.field(join.field)
    if field is None:
        known = [field.name for field in topic.fields if field.references]
        reason = f"events of the topic `{topic.name}` have no such field"
        yield Finding(path, reason, did_you_mean(join.field, known), join.field)
    elif field.is_nested:
        kind = "a list" if field.repeated else "an object"
        hint = "name a field with a single value"
        yield Finding(path, f"the field is {kind}, and a join needs a single value", hint, join.field)
    elif not field.references:
        hint = f"add `references: source.table.column` to `{field.name}`"
        yield Finding(path, "the field does not say which table it refers to", hint, join.field)
    elif field.references.partition(".")[0] in events:
        reason = f"`{field.references}` belongs to a source of events: {GROWS}"
        yield Finding(path, reason, APART, join.field)


def _key(found: Joined) -> Iterator[Finding]:
    if not found.is_unique:
        reason = f"several rows of `{found.source.name}.{found.table.name}` may have the same `{found.key.name}`"
        hint = f"refer to the table's primary key, or write `unique: true` for `{found.key.name}` if it is unique"
        yield Finding(("field",), f"{reason}, so an event would count more than once", hint, found.join.field)


def _columns(found: Joined) -> Iterator[Finding]:
    known = [column.name for column in found.table.columns if not column.exclude]
    for place, column in enumerate(found.join.columns):
        if column.source_name not in known:
            there = found.table.column(column.source_name)
            of = f"`{found.source.name}.{found.table.name}`"
            reason = f"the column of {of} is excluded" if there else f"{of} has no such column"
            key = "column" if column.column else "name"
            hint = "remove its `exclude:`, or name another column" if there else did_you_mean(column.source_name, known)
            yield Finding(("columns", place, key), reason, hint, column.source_name)


def _groups(found: Joined, stream: Stream) -> Iterator[Finding]:
    """An event without a matching row has no value to group by; only a text column can hold `UNKNOWN` instead."""
    for place, each in enumerate(found.join.columns):
        column = found.table.column(each.source_name)
        if each.name in stream.group_by and column and not column.exclude and column.type != "text":
            reason = f"the column is of type {column.type}, but events without a matching row get the group `{UNKNOWN}`"
            hint = "group by a column of type text, or by a field of the event"
            yield Finding(("columns", place, "name"), reason, hint, each.name)
