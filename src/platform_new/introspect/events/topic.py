"""Proposes a source from the fields of a schema, with its topics and a first stream for each."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any, Protocol

from pydantic import ValidationError

from platform_new.errors import Problem, Refused
from platform_new.introspect import personal
from platform_new.introspect.address import Address
from platform_new.introspect.naming import safe_name
from platform_new.spec.events.models import Aggregate, EventField, EventSource, Stream, Topic, Window

Reasons = dict[tuple[str, ...], str]
WINDOW = Window(length="5 minutes")
MOST_SUMS = 3
NUMBERS = ("smallint", "integer", "bigint", "double")
SAYS_WHEN = re.compile(r"(event|occurred|happened|created|recorded|sent|emitted)(_?(at|on|time|date|timestamp))*")
BROKER_NAME = re.compile(r"[A-Za-z0-9._-]{1,249}")


def read_json(path: Path) -> Any:
    """The content of a JSON file. Raises `Refused` if it is not JSON."""
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise Refused(Problem(f"this is not JSON: {error.msg}", "check the file", str(path), error.lineno)) from error
    except (UnicodeDecodeError, RecursionError) as error:
        raise Refused(Problem("this is not JSON in UTF-8", "check the file", str(path))) from error


def make_field(topic: str, path: tuple[str, ...], reasons: Reasons, **known: Any) -> EventField:
    """A field of an event, with a guess about personal data if the schema does not say.

    Raises `ValidationError` if the schema has a value that a spec cannot have.
    """
    field = EventField(**{name: value for name, value in known.items() if value is not None})
    if field.pii or field.values or field.data_type is None:
        return field
    guess = personal.guess(topic, field.name, field.type, ())
    if guess:
        reasons[(*path, "pii")] = guess[1]
    return field.model_copy(update={"pii": guess[0]}) if guess else field


def make_topic(file: Path, reasons: Reasons, *, stem: str, fields: Iterable[EventField], **known: Any) -> Topic:
    """The topic of a schema; `known` are its other keys that the schema sets.

    `stem` is its name unless the schema sets another. Raises `Refused` if no field is a timestamp.
    """
    name, fields = safe_name(stem, "events"), tuple(fields)
    path = ("topics", name)
    reasons.setdefault(path, f"from {file.name}; each message is a JSON object")
    if "origin" not in known and name != stem and BROKER_NAME.fullmatch(stem):
        known["origin"] = stem
        reasons[(*path, "origin")] = "the name in the file; write the broker's name for the topic"
    if "event_time" not in known:
        known["event_time"] = _event_time(file, fields)
        reasons[(*path, "event_time")] = "a guess; name the field that says when the event happened"
    if "lateness" not in known:
        reasons[(*path, "lateness")] = "not in the schema; write how late events may arrive"
    return Topic(name=name, fields=fields, **known)


def make_source(name: str, topics: Iterable[Topic]) -> EventSource:
    """The source with these topics, and a stream of counts for each."""
    topics = tuple(topics)
    return EventSource(name=name, kind="kafka", topics=topics, streams=tuple(first_stream(topic) for topic in topics))


class SchemaReader(Protocol):
    """Reads one kind of schema; its arguments are the file, its content, and the reasons to add to."""

    def source(self, name: str | None) -> EventSource:
        """The source with its topics."""


def introspect_schema(
    reader: Callable[[Path, Any, Reasons], SchemaReader],
    address: Address,
    name: str | None,
    progress: Callable[[str], None],
) -> tuple[EventSource, Reasons]:
    """The source that a reader proposes, and the reason for each proposal by its path in the spec.

    Raises `Refused` if the file is not such a schema, or has a value that a spec cannot have.
    """
    file = address.path
    assert file is not None
    progress(f"Reading {file.name}")
    reasons: Reasons = {}
    document = read_json(file)
    try:
        return reader(file, document, reasons).source(name), reasons
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        reason = f"a spec cannot have this as `{place}`: {first['msg'].removeprefix('Value error, ')}"
        raise Refused(Problem(reason, "correct the schema", str(file), value=str(first["input"])[:60])) from error
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        # Any part of a schema can have the wrong shape; only a validator could say where.
        reason = f"the schema is not well-formed: {type(error).__name__} {error}"
        raise Refused(Problem(reason, "check it with a schema validator", str(file))) from error


def as_json(reasons: Reasons, path: tuple[str, ...], why: str) -> dict[str, Any]:
    """The keys of a field whose values have no type in a spec."""
    reasons.setdefault((*path, "type"), f"{why}: kept as JSON")
    return {"type": "json"}


def _event_time(file: Path, fields: tuple[EventField, ...]) -> str:
    """The first timestamp, preferably required and named like an event time."""
    times = [field for field in fields if not field.is_nested and field.data_type.is_timestamp]
    if not times:
        reason = "no top-level field of the event is a timestamp (`format: date-time`, in Avro `timestamp-micros`)"
        raise Refused(Problem(reason, "add one: a stream needs to know when an event happened", str(file)))
    return min(times, key=lambda field: (not field.required, not SAYS_WHEN.fullmatch(field.name))).name


def first_stream(topic: Topic) -> Stream:
    """A stream that counts events in each window, grouped by the first field with a list of values."""
    groups = [field.name for field in topic.fields if field.values and field.required and not field.repeated][:1]
    numbers = [field for field in topic.fields if field.type in NUMBERS and not field.repeated][:MOST_SUMS]
    sums = (
        Aggregate(name=f"{field.name}_sum", function="sum", field=field.name)
        for field in numbers
        if not field.name.endswith("id") and field.name != topic.key
    )
    return Stream(
        name=f"{topic.name}_by_{groups[0]}" if groups else f"{topic.name}_per_window",
        topic=topic.name,
        window=WINDOW,
        group_by=tuple(groups),
        aggregates=(Aggregate(name="event_count", function="count"), *sums),
    )


def one_line(text: Mapping[str, Any], name: str) -> str | None:
    """A text of a schema on one line, or None."""
    value = text.get(name)
    return " ".join(value.split()) or None if isinstance(value, str) else None
