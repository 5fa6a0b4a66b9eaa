"""The models of `sources/<name>.yml` for a source of events: its topics, and the streams built from them."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints

from platform_new.spec.base import AnySource, Part
from platform_new.spec.data_type import BASES, DataType
from platform_new.spec.scalars import (
    Identifier,
    OlderNames,
    Pii,
    Spelling,
    Text,
    known_duration,
    known_type,
    known_version,
    seconds_of,
)

OBJECT = "object"
AVAILABLE_NOW = "available_now"
TOPIC_NAME = r"^[A-Za-z0-9._-]{1,249}$"
"""The topic names that Kafka accepts."""
FUNCTIONS = ("count", "sum", "min", "max", "avg")


def _known_field_type(value: str) -> str:
    return value if value == OBJECT else known_type(value)


def _known_trigger(value: str) -> str:
    with contextlib.suppress(ValueError):
        return value if value == AVAILABLE_NOW else known_duration(value)
    raise ValueError(f"is not a trigger; write `{AVAILABLE_NOW}`, or a number and a unit, for example `30 seconds`")


Duration = Annotated[str, AfterValidator(known_duration)]
Version = Annotated[str, AfterValidator(known_version)]


class EventField(Part):
    """A field of an event, or of an object inside it."""

    name: Identifier = Field(description="The field's name in the platform: lowercase letters, digits and `_`.")
    origin: Spelling | None = Field(None, description="The field's name in the event, if it differs from `name`.")
    type: Annotated[str, AfterValidator(_known_field_type)] = Field(
        description=f"One of {', '.join(BASES)}, numeric(precision, scale), or `{OBJECT}` with `fields`."
    )
    fields: tuple[EventField, ...] = Field((), description=f"The fields of an `{OBJECT}`.")
    repeated: bool = Field(False, description="Whether the field is a list of values of this type.")
    required: bool = Field(False, description="Whether every event has a value.")
    references: str | None = Field(
        None,
        pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){2}$",
        description="The column that this foreign key points to, as `source.table.column` of another source.",
    )
    values: tuple[Any, ...] | None = Field(None, min_length=1, description="The values that the field accepts.")
    min: int | float | str | None = Field(None, description="The smallest value that the field accepts.")
    max: int | float | str | None = Field(None, description="The greatest value that the field accepts.")
    pii: Pii | None = Field(None, description="The kind of personal data that the field holds.")
    description: Text | None = Field(None, description="What the field means, in a sentence.")

    @property
    def source_name(self) -> str:
        """The field's name in the event."""
        return self.origin or self.name

    @property
    def data_type(self) -> DataType | None:
        """The field's type, or the type of each value of a list; None for an object."""
        return None if self.type == OBJECT else DataType.parse(self.type)

    @property
    def is_nested(self) -> bool:
        """Whether its value is an object or a list."""
        return self.repeated or self.type == OBJECT


class Topic(Part):
    """A topic, whose messages all hold the same kind of event: a JSON object."""

    name: Identifier = Field(description="The topic's name in the platform: lowercase letters, digits and `_`.")
    origin: Annotated[str, StringConstraints(pattern=TOPIC_NAME)] | None = Field(
        None, description="The topic's name at the broker, if it differs from `name`."
    )
    renamed_from: Identifier | None = Field(None, description="The previous name of this topic in the spec.")
    older_names: OlderNames = ()
    version: Version = Field(
        "1.0.0",
        description="The version of its contract: a change that breaks producers or consumers raises the first "
        "number, any other change the second.",
    )
    description: Text | None = Field(None, description="What one event says, in a sentence.")
    key: Identifier | None = Field(None, description="The field that messages are partitioned by.")
    event_time: Identifier = Field(description="The field that says when the event happened.")
    lateness: Duration = Field(
        "0 seconds",
        description="How long a window stays open for late events after its end, in event time: the watermark delay.",
    )
    partitions: int = Field(1, ge=1, description="The number of partitions.")
    replication: int | None = Field(
        None, ge=1, description="The replication factor; by default the brokers' own setting."
    )
    retention: Duration = Field("7 days", description="How long the broker keeps messages.")
    fields: tuple[EventField, ...] = Field(min_length=1, description="The fields of the event.")

    @property
    def source_name(self) -> str:
        """The topic's name at the broker."""
        return self.origin or self.name

    def field(self, name: str) -> EventField | None:
        """The field of that name, or None."""
        return next((field for field in self.fields if field.name == name), None)


class Window(Part):
    """Windows of event time, which start at multiples of the slide interval since 1970-01-01 00:00 UTC."""

    length: Duration = Field(description="The length of a window.")
    slide: Duration | None = Field(
        None, description="The slide interval; by default the length, so that windows do not overlap."
    )

    @property
    def seconds(self) -> tuple[int, int]:
        """Length and slide in seconds."""
        return seconds_of(self.length), seconds_of(self.slide or self.length)


class JoinedColumn(Part):
    """A column of a joined table."""

    name: Identifier = Field(description="The column's name in the stream.")
    column: Identifier | None = Field(None, description="The column's name in its table, if it differs from `name`.")

    @property
    def source_name(self) -> str:
        """The column's name in its table."""
        return self.column or self.name


class Join(Part):
    """A table of another source, joined to each event by a field that refers to one of its rows."""

    field: Identifier = Field(description="The field whose `references` names a unique column of the table.")
    columns: tuple[JoinedColumn, ...] = Field(
        min_length=1, description="The columns of the table to add to the stream."
    )


class Aggregate(Part):
    """An aggregate for each window and group."""

    name: Identifier = Field(description="The name of its column.")
    function: Literal["count", "sum", "min", "max", "avg"] = Field(description="The aggregate function.")
    field: Identifier | None = Field(
        None,
        description="The field to aggregate; `count` without a field counts all events, with a field only events that "
        "have a value.",
    )
    description: Text | None = Field(None, description="What the aggregate means, in a sentence.")


class Stream(Part):
    """A table of the lake that is kept up to date with a topic: its events, or windowed aggregates of them."""

    name: Identifier = Field(description="The name of the query and of its table.")
    origin: Identifier | None = Field(
        None, description="The name of the table and the query in the lake, if it differs, as after a rename."
    )
    renamed_from: Identifier | None = Field(None, description="The previous name of this stream in the spec.")
    older_names: OlderNames = ()
    version: Version = Field("1.0.0", description="The version of the contracts for its table and its mart.")
    description: Text | None = Field(None, description="What one row is, in a sentence.")
    topic: Identifier = Field(description="The topic to read.")
    joins: tuple[Join, ...] = Field(
        (), description="The tables to join; their columns can be used like fields of the event."
    )
    window: Window | None = Field(None, description="The windows of event time to aggregate over.")
    group_by: tuple[Identifier, ...] = Field((), description="The fields to group by within a window.")
    aggregates: tuple[Aggregate, ...] = Field((), description="The aggregates; without any, each row is an event.")
    corrected_by: str | None = Field(
        None,
        pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$",
        description="The fact table, as `source.table`, from whose rows windows are recomputed once it covers them.",
    )
    sink: Literal["delta"] = Field("delta", description="The format of the table.")
    trigger: Annotated[str, AfterValidator(_known_trigger)] = Field(
        AVAILABLE_NOW,
        description=f"`{AVAILABLE_NOW}`: run once, processing all available messages; or the polling interval of a "
        "job that never ends, for example `30 seconds`.",
    )
    max_offsets: int = Field(500_000, ge=1, description="The maximum number of messages per micro-batch.")

    @property
    def source_name(self) -> str:
        """The name of its table and its query in the lake."""
        return self.origin or self.name


class EventSource(AnySource):
    """A source of events: `sources/<name>.yml` with `topics`."""

    carries = "events"
    schedule: str = Field(
        "*/15 * * * *", description="When the tables of its streams are loaded from the lake, as a cron expression."
    )
    topics: tuple[Topic, ...] = Field(min_length=1, description="The topics of the source.")
    streams: tuple[Stream, ...] = Field((), description="The streams built from the topics.")

    def topic(self, name: str) -> Topic | None:
        """The topic of that name, or None."""
        return next((topic for topic in self.topics if topic.name == name), None)

    def stream(self, name: str) -> Stream | None:
        """The stream of that name, or None."""
        return next((stream for stream in self.streams if stream.name == name), None)
