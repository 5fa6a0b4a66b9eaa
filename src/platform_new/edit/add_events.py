"""Additions to a source of events: topics, from a file of sample events or described, and streams of topics."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from platform_new.edit.event_references import with_references
from platform_new.edit.names import new_name
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem, Refused
from platform_new.introspect import Sighting
from platform_new.introspect.naming import safe_name
from platform_new.spec.document import read_document
from platform_new.spec.invalid import validate
from platform_new.spec.lake import lake_source
from platform_new.spec.models import Source
from platform_new.spec.names import distinct
from platform_new.spec.rules import same_marts
from platform_new.spec.streams import EventSource, Stream, Topic
from platform_new.spec.suggest import did_you_mean

Model = TypeVar("Model", bound=BaseModel)
REQUIRED = " required"
TIMES = ("timestamp", "timestamptz")


def add_topic(files: SpecFiles, source: EventSource, word: str, topic: Topic, seen: Sighting | None = None) -> str:
    """Add a topic, which the broker calls by the word; `seen` has the reasons of what is proposed. Says what was done.

    Raises `Refused` as `topic_name` does.
    """
    name = topic_name(source, word)
    named = topic.model_copy(update={"name": name, "origin": word if word != name else None})
    reasons = {("topics", name, *path[2:]): why for path, why in (seen.reasons if seen else {}).items()}
    files.change_source(source.model_copy(update={"topics": (*source.topics, named)}), reasons=reasons)
    return f"Add the topic {source.name}.{name}"


def topic_name(source: EventSource, word: str) -> str:
    """The name of a new topic that the broker calls by the word. Raises `Refused` if the source has it already."""
    there = next((each for each in source.topics if each.source_name == word), None)
    if there is not None:
        cure = f"see what has changed in it: `platform-new refresh {source.name} --from FILE`"
        raise Refused(Problem("the spec has this topic", cure, source_path(source.name), value=there.name))
    return new_name(safe_name(word, "topic"), [each.name for each in source.topics], "topic")


def described_topic(source: EventSource, word: str, said: Mapping[str, Any]) -> Topic:
    """A topic that somebody describes in place of a look: `fields` such as `amount numeric(10, 2) required`.

    The event time is the only field that is a time, unless `event_time` says it. Raises `Refused` with all that is
    wrong in the description.
    """
    name = topic_name(source, word)
    fields = [_field(each) for each in said["fields"]]
    times = [field["name"] for field in fields if field["type"] in TIMES]
    if len(times) != 1 and "event_time" not in said:
        reason = f"{'several fields are' if times else 'no field is'} a time"
        raise Refused(
            Problem(reason, "say when the event happened: --event-time FIELD, of type timestamptz", "--field")
        )
    event_time = {"event_time": said.get("event_time") or times[0]}
    return _valid(Topic, {"name": name, **said, **event_time, "fields": fields}, "--field")


def add_stream(files: SpecFiles, source: EventSource, name: str, said: Mapping[str, Any]) -> str:
    """Add a stream of a topic; `aggregates` are given as `view_count=count` or `seconds_sum=sum:seconds`.

    Says what was done. Raises `Refused` with all that is wrong in what is said.
    """
    new_name(name, [each.name for each in source.streams], "stream")
    topic = said.get("topic") or _only_topic(source)
    if source.topic(topic) is None:
        cure = did_you_mean(topic, [each.name for each in source.topics])
        raise Refused(Problem("the source has no such topic", cure, source_path(source.name), value=topic))
    figures = [_figure(each) for each in said.get("aggregates", ())]
    stream = _valid(Stream, {"name": name, **said, "topic": topic, "aggregates": figures}, "--aggregate")
    files.change_source(source.model_copy(update={"streams": (*source.streams, stream)}))
    return f"Add the stream {source.name}.{name}"


def with_known_references(source: EventSource, others: Sequence[Source]) -> EventSource:
    """The source without references to columns, and corrections by tables, that no other source has."""
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
    """The source with another name for each stream whose mart another source makes already."""
    in_lake = [lake_source(each) for each in (*events, source)]
    marts = {finding.value for finding in same_marts(others, in_lake) if finding.source == len(others) + len(events)}
    taken = {stream.name for stream in source.streams}
    names = {name: distinct(f"{source.name}_{name}", taken) for name in sorted(marts)}
    streams = (each.model_copy(update={"name": names.get(each.name, each.name)}) for each in source.streams)
    return source.model_copy(update={"streams": tuple(streams)})


def _field(text: str) -> dict[str, Any]:
    name, _, type_ = text.strip().partition(" ")
    required = type_.endswith(REQUIRED)
    return {"name": name, "type": type_.removesuffix(REQUIRED).strip(), **({"required": True} if required else {})}


def _figure(text: str) -> dict[str, Any]:
    name, equals, made = text.partition("=")
    function, _, field = made.partition(":")
    if not equals or not name or not function:
        cure = "write NAME=FUNCTION or NAME=FUNCTION:FIELD, for example `view_count=count` or `seconds_sum=sum:seconds`"
        raise Refused(Problem("this is not a figure", cure, "--aggregate", value=text))
    return {"name": name.strip(), "function": function.strip(), **({"field": field.strip()} if field else {})}


def _valid(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    document = read_document(json.dumps(data), where)
    made = validate(model, document)
    if made is None or document.problems:
        raise Refused(replace(problem, line=None) for problem in document.problems)
    return made


def _only_topic(source: EventSource) -> str:
    if len(source.topics) == 1:
        return source.topics[0].name
    known = ", ".join(f"`{topic.name}`" for topic in source.topics)
    raise Refused(Problem("the source has several topics", f"say which: --topic with one of {known}"))
