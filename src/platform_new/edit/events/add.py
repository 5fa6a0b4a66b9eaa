"""Additions to a source of events: topics, introspected from sample events or described, and streams of topics."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from platform_new.documents.document import read_document
from platform_new.documents.suggest import did_you_mean
from platform_new.edit.events.references import with_references
from platform_new.edit.names import new_name
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem, Refused
from platform_new.introspect import Introspection
from platform_new.introspect.naming import safe_name
from platform_new.spec.events.lake import lake_source
from platform_new.spec.events.models import TOPIC_NAME, EventSource, Stream, Topic
from platform_new.spec.invalid import validate
from platform_new.spec.models import Source
from platform_new.spec.names import distinct
from platform_new.spec.rules import same_marts

Model = TypeVar("Model", bound=BaseModel)
REQUIRED = " required"
TIMES = ("timestamp", "timestamptz")
OPTIONS = {
    "key": "--key",
    "event_time": "--event-time",
    "window": "--window",
    "group_by": "--group-by",
    "joins": "--join",
    "trigger": "--trigger",
}
"""The option of each field that has one."""


def add_topic(
    files: SpecFiles, source: EventSource, origin: str, topic: Topic, seen: Introspection | None = None
) -> str:
    """Add a topic with the name `origin` at the broker and return a summary; `seen` has the reasons of proposals.

    Raises `Refused` as `topic_name` does.
    """
    name = topic_name(source, origin)
    named = topic.model_copy(update={"name": name, "origin": origin if origin != name else None})
    reasons = {("topics", name, *path[2:]): why for path, why in (seen.reasons if seen else {}).items()}
    files.change_source(source.model_copy(update={"topics": (*source.topics, named)}), reasons=reasons)
    return f"Add the topic {source.name}.{name}"


def topic_name(source: EventSource, origin: str) -> str:
    """The name in the spec of a new topic with the name `origin` at the broker.

    Raises `Refused` if Kafka does not allow the name, or if the source already has the topic.
    """
    if not re.match(TOPIC_NAME, origin):
        hint = "use at most 249 letters, digits, `.`, `_` and `-`"
        raise Refused(Problem("Kafka does not allow this topic name", hint, value=origin))
    known = next((each for each in source.topics if each.source_name == origin), None)
    if known is not None:
        hint = f"to see what changed in it, run `platform-new refresh {source.name} --from FILE`"
        raise Refused(Problem("the topic is already in the spec", hint, source_path(source.name), value=known.name))
    return new_name(safe_name(origin, "topic"), [each.name for each in source.topics], "topic")


def described_topic(source: EventSource, origin: str, given: Mapping[str, Any]) -> Topic:
    """A topic from its description instead of introspection: `fields` such as `amount numeric(10, 2) required`.

    The event time is the only timestamp field, unless `event_time` names a field. Raises `Refused` with every problem
    of the description.
    """
    name = topic_name(source, origin)
    fields = [_field(each) for each in given["fields"]]
    times = [field["name"] for field in fields if field["type"] in TIMES]
    event_time = given.get("event_time") or (times or [fields[0]["name"]])[0]
    topic = _valid(Topic, {"name": name, **given, "event_time": event_time, "fields": fields}, "--field")
    if len(times) != 1 and "event_time" not in given:
        reason = "several fields are timestamps" if times else "no field is a timestamp"
        raise Refused(Problem(reason, "name the event time: --event-time FIELD, of type timestamptz", "--field"))
    return topic


def add_stream(files: SpecFiles, source: EventSource, name: str, given: Mapping[str, Any]) -> str:
    """Add a stream of a topic and return a summary. Raises `Refused` with every problem of the description.

    `aggregates` have the form `view_count=count` or `seconds_sum=sum:seconds`, and `joins` the form
    `segment=customer_id` or `customer_name=customer_id:name`.
    """
    new_name(name, [each.name for each in source.streams], "stream")
    topic = given.get("topic") or _only_topic(source)
    if source.topic(topic) is None:
        hint = did_you_mean(topic, [each.name for each in source.topics])
        raise Refused(Problem("unknown topic", hint, source_path(source.name), value=topic))
    aggregates = [_aggregate(each) for each in given.get("aggregates", ())]
    joins = {"joins": _joins(given["joins"])} if "joins" in given else {}
    stream = _valid(Stream, {"name": name, **given, **joins, "topic": topic, "aggregates": aggregates}, "--aggregate")
    files.change_source(source.model_copy(update={"streams": (*source.streams, stream)}))
    return f"Add the stream {source.name}.{name}"


def with_known_references(source: EventSource, others: Sequence[Source]) -> EventSource:
    """The source without references to columns, and corrections by tables, that the other sources lack."""
    known = {
        f"{other.name}.{table.name}.{column.name}"
        for other in others
        for table in other.tables
        for column in table.columns
        if not table.exclude and not column.exclude
    }
    known |= {f"{other.name}.{table.name}." for other in others for table in other.tables if not table.exclude}
    return with_references(source, lambda name: name if name in known else None)


def with_free_streams(source: EventSource, others: Sequence[Source], events: Sequence[EventSource]) -> EventSource:
    """The source with a new name for each stream whose mart another source already builds."""
    in_lake = [lake_source(each, others) for each in (*events, source)]
    marts = {finding.value for finding in same_marts(others, in_lake) if finding.source == len(others) + len(events)}
    taken = {stream.name for stream in source.streams}
    names = {name: distinct(f"{source.name}_{name}", taken) for name in sorted(marts)}
    streams = (each.model_copy(update={"name": names.get(each.name, each.name)}) for each in source.streams)
    return source.model_copy(update={"streams": tuple(streams)})


def _field(text: str) -> dict[str, Any]:
    name, _, type_ = text.strip().partition(" ")
    required = type_.endswith(REQUIRED)
    return {"name": name, "type": type_.removesuffix(REQUIRED).strip(), **({"required": True} if required else {})}


def _aggregate(text: str) -> dict[str, Any]:
    name, equals, made = text.partition("=")
    function, _, field = made.partition(":")
    if not equals or not name or not function:
        hint = "write NAME=FUNCTION or NAME=FUNCTION:FIELD, for example `view_count=count` or `seconds_sum=sum:seconds`"
        raise Refused(Problem("not an aggregate", hint, "--aggregate", value=text))
    return {"name": name.strip(), "function": function.strip(), **({"field": field.strip()} if field else {})}


def _joins(texts: Sequence[str]) -> list[dict[str, Any]]:
    columns: dict[str, list[dict[str, str]]] = {}
    for text in texts:
        name, equals, place = (part.strip() for part in text.partition("="))
        field, _, column = (part.strip() for part in place.partition(":"))
        if not equals or not name or not field:
            hint = "write NAME=FIELD or NAME=FIELD:COLUMN, for example `segment=customer_id`"
            raise Refused(Problem("not a joined column", hint, "--join", value=text))
        columns.setdefault(field, []).append({"name": name, **({"column": column} if column else {})})
    return [{"field": field, "columns": taken} for field, taken in columns.items()]


def _valid(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """The data as a model. Raises `Refused`; the place of each problem is its option, or `where`."""
    # Each key has its own line, so that the line of a problem identifies the option.
    lines = ",\n".join(f"{json.dumps(key)}: {json.dumps(value)}" for key, value in data.items())
    document = read_document(f"{{{lines}}}", where)
    made = validate(model, document)
    if made is None or document.problems:
        options = {line: OPTIONS.get(key, where) for line, key in enumerate(data, 1)}
        raise Refused(
            replace(problem, file=options.get(problem.line or 0, where), line=None) for problem in document.problems
        )
    return made


def _only_topic(source: EventSource) -> str:
    if len(source.topics) == 1:
        return source.topics[0].name
    known = ", ".join(f"`{topic.name}`" for topic in source.topics)
    raise Refused(Problem("the source has several topics", f"pass --topic with one of {known}"))
