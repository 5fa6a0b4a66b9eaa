"""Additions to a source of events: topics, from a file of sample events or described, and streams of topics."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, TypeVar

from pydantic import BaseModel

from platform_new.documents.document import read_document
from platform_new.documents.suggest import did_you_mean
from platform_new.edit.event_references import with_references
from platform_new.edit.names import new_name
from platform_new.edit.spec_files import SpecFiles, source_path
from platform_new.errors import Problem, Refused
from platform_new.introspect import Sighting
from platform_new.introspect.naming import safe_name
from platform_new.spec.invalid import validate
from platform_new.spec.lake import lake_source
from platform_new.spec.models import Source
from platform_new.spec.names import distinct
from platform_new.spec.rules import same_marts
from platform_new.spec.streams import TOPIC_NAME, EventSource, Stream, Topic

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
"""What is given by an option of its own."""


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
    """The name of a new topic that the broker calls by the word.

    Raises `Refused` if no broker could, or if the source has it already.
    """
    if not re.match(TOPIC_NAME, word):
        hint = "take letters, digits, `.`, `_` and `-`, 249 at most"
        raise Refused(Problem("Kafka does not take this name of a topic", hint, value=word))
    there = next((each for each in source.topics if each.source_name == word), None)
    if there is not None:
        hint = f"see what has changed in it: `platform-new refresh {source.name} --from FILE`"
        raise Refused(Problem("the spec has this topic", hint, source_path(source.name), value=there.name))
    return new_name(safe_name(word, "topic"), [each.name for each in source.topics], "topic")


def described_topic(source: EventSource, word: str, said: Mapping[str, Any]) -> Topic:
    """A topic that somebody describes in place of a look: `fields` such as `amount numeric(10, 2) required`.

    The event time is the only field that is a time, unless `event_time` says it. Raises `Refused` with all that is
    wrong in the description.
    """
    name = topic_name(source, word)
    fields = [_field(each) for each in said["fields"]]
    times = [field["name"] for field in fields if field["type"] in TIMES]
    event_time = said.get("event_time") or (times or [fields[0]["name"]])[0]
    topic = _valid(Topic, {"name": name, **said, "event_time": event_time, "fields": fields}, "--field")
    if len(times) != 1 and "event_time" not in said:
        reason = f"{'several fields are' if times else 'no field is'} a time"
        raise Refused(
            Problem(reason, "say when the event happened: --event-time FIELD, of type timestamptz", "--field")
        )
    return topic


def add_stream(files: SpecFiles, source: EventSource, name: str, said: Mapping[str, Any]) -> str:
    """Add a stream of a topic; `aggregates` are given as `view_count=count` or `seconds_sum=sum:seconds`.

    `joins` are given as `segment=customer_id` or `customer_name=customer_id:name`.
    Says what was done. Raises `Refused` with all that is wrong in what is said.
    """
    new_name(name, [each.name for each in source.streams], "stream")
    topic = said.get("topic") or _only_topic(source)
    if source.topic(topic) is None:
        hint = did_you_mean(topic, [each.name for each in source.topics])
        raise Refused(Problem("the source has no such topic", hint, source_path(source.name), value=topic))
    figures = [_figure(each) for each in said.get("aggregates", ())]
    joins = {"joins": _joins(said["joins"])} if "joins" in said else {}
    stream = _valid(Stream, {"name": name, **said, **joins, "topic": topic, "aggregates": figures}, "--aggregate")
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


def _figure(text: str) -> dict[str, Any]:
    name, equals, made = text.partition("=")
    function, _, field = made.partition(":")
    if not equals or not name or not function:
        hint = "write NAME=FUNCTION or NAME=FUNCTION:FIELD, for example `view_count=count` or `seconds_sum=sum:seconds`"
        raise Refused(Problem("this is not a figure", hint, "--aggregate", value=text))
    return {"name": name.strip(), "function": function.strip(), **({"field": field.strip()} if field else {})}


def _joins(texts: Sequence[str]) -> list[dict[str, Any]]:
    columns: dict[str, list[dict[str, str]]] = {}
    for text in texts:
        name, equals, place = (part.strip() for part in text.partition("="))
        field, _, column = (part.strip() for part in place.partition(":"))
        if not equals or not name or not field:
            hint = "write NAME=FIELD or NAME=FIELD:COLUMN, for example `segment=customer_id`"
            raise Refused(Problem("this is not a joined column", hint, "--join", value=text))
        columns.setdefault(field, []).append({"name": name, **({"column": column} if column else {})})
    return [{"field": field, "columns": taken} for field, taken in columns.items()]


def _valid(model: type[Model], data: Mapping[str, Any], where: str) -> Model:
    """The data as a model. Raises `Refused` with the option that each problem is about, or else with `where`."""
    # A line for each key, so that the line of a problem tells its option.
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
    raise Refused(Problem("the source has several topics", f"say which: --topic with one of {known}"))
