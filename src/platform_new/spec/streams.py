"""What `sources/<name>.yml` may say of a source of events: its topics, and the streams that are made of them."""

from __future__ import annotations

import contextlib
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

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
"""What Kafka takes as the name of a topic."""
FUNCTIONS = ("count", "sum", "min", "max", "avg")


def _known_field_type(value: str) -> str:
    return value if value == OBJECT else known_type(value)


def _known_trigger(value: str) -> str:
    with contextlib.suppress(ValueError):
        return value if value == AVAILABLE_NOW else known_duration(value)
    raise ValueError(f"is not a trigger; write `{AVAILABLE_NOW}`, or a number and a unit, for example `30 seconds`")


Duration = Annotated[str, AfterValidator(known_duration)]
Version = Annotated[str, AfterValidator(known_version)]


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class EventField(_Model):
    """A field of an event, or of an object inside it."""

    name: Identifier = Field(description="The field's name in the platform: lowercase letters, digits and `_`.")
    origin: Spelling | None = Field(None, description="The name as the event spells it, where that differs.")
    type: Annotated[str, AfterValidator(_known_field_type)] = Field(
        description=f"One of {', '.join(BASES)}, numeric(precision, scale), or `{OBJECT}` with `fields`."
    )
    fields: tuple[EventField, ...] = Field((), description=f"The fields of an `{OBJECT}`.")
    repeated: bool = Field(False, description="Whether it is a list of such values.")
    required: bool = Field(False, description="Whether every event has a value.")
    references: str | None = Field(
        None,
        pattern=r"^[a-z_][a-z0-9_]*(\.[a-z_][a-z0-9_]*){2}$",
        description="The column that this one points to, as `source.table.column` of another source.",
    )
    values: tuple[Any, ...] | None = Field(None, min_length=1, description="The only values that the field may have.")
    min: int | float | str | None = Field(None, description="The smallest value that the field may have.")
    max: int | float | str | None = Field(None, description="The greatest value that the field may have.")
    pii: Pii | None = Field(None, description="The kind of personal data that the field holds.")
    description: Text | None = Field(None, description="What the field means, in a sentence.")

    @property
    def source_name(self) -> str:
        """The field's name as the event spells it."""
        return self.origin or self.name

    @property
    def data_type(self) -> DataType | None:
        """The field's type, or that of each value of a list; None for an object."""
        return None if self.type == OBJECT else DataType.parse(self.type)

    @property
    def is_nested(self) -> bool:
        """Whether its value is an object or a list."""
        return self.repeated or self.type == OBJECT


class Topic(_Model):
    """A topic and the one kind of event, a JSON object, that its messages hold."""

    name: Identifier = Field(description="The topic's name in the platform: lowercase letters, digits and `_`.")
    origin: Annotated[str, StringConstraints(pattern=TOPIC_NAME)] | None = Field(
        None, description="The topic's name at the broker, where that differs."
    )
    renamed_from: Identifier | None = Field(None, description="The name that this topic had in the spec before.")
    older_names: OlderNames = ()
    version: Version = Field(
        "1.0.0",
        description="The version of its contract: the first number rises with a change that breaks those who send or "
        "read its messages, the second with any other.",
    )
    description: Text | None = Field(None, description="What one event says, in a sentence.")
    key: Identifier | None = Field(None, description="The field by which messages are spread over the partitions.")
    event_time: Identifier = Field(description="The field that says when the event happened.")
    lateness: Duration = Field(
        "0 seconds",
        description="How long after a window's end its events are waited for, measured in event time.",
    )
    partitions: int = Field(1, ge=1, description="How many partitions the topic has.")
    replication: int | None = Field(
        None, ge=1, description="On how many brokers each message is kept; by default as their own settings say."
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


class Window(_Model):
    """Spans of event time that begin at whole multiples of their slide since 1970-01-01 00:00 UTC."""

    length: Duration = Field(description="How long a window is.")
    slide: Duration | None = Field(
        None, description="How long after one window the next begins; by default its length, so that none overlap."
    )

    @property
    def seconds(self) -> tuple[int, int]:
        """Length and slide in seconds."""
        return seconds_of(self.length), seconds_of(self.slide or self.length)


class JoinedColumn(_Model):
    """A column of a joined table."""

    name: Identifier = Field(description="What the stream calls it.")
    column: Identifier | None = Field(None, description="The name that it has in its table, where that differs.")

    @property
    def source_name(self) -> str:
        """The name that the column has in its table."""
        return self.column or self.name


class Join(_Model):
    """A row of another source's table for each event: the one that a field of the event refers to."""

    field: Identifier = Field(description="The field whose `references` names the table, by a column that is unique.")
    columns: tuple[JoinedColumn, ...] = Field(min_length=1, description="The columns that the stream takes from there.")


class Aggregate(_Model):
    """A figure of each window and group."""

    name: Identifier = Field(description="The column that holds it.")
    function: Literal["count", "sum", "min", "max", "avg"] = Field(description="How it is made.")
    field: Identifier | None = Field(
        None, description="Of which field; `count` without one counts events, with one those that have a value."
    )
    description: Text | None = Field(None, description="What the figure means, in a sentence.")


class Stream(_Model):
    """A table of the lake that is kept up to date with a topic: its events, or figures of windows of them."""

    name: Identifier = Field(description="The name of the query and of its table.")
    origin: Identifier | None = Field(
        None, description="What table and query are called in the lake, where that differs, as after a rename."
    )
    renamed_from: Identifier | None = Field(None, description="The name that this stream had in the spec before.")
    older_names: OlderNames = ()
    version: Version = Field("1.0.0", description="The version of the contracts that its table and its mart give.")
    description: Text | None = Field(None, description="What one row is, in a sentence.")
    topic: Identifier = Field(description="The topic that is read.")
    joins: tuple[Join, ...] = Field(
        (), description="The tables that are joined; what is taken from them can be used like fields of the event."
    )
    window: Window | None = Field(None, description="The windows of event time that figures are made of.")
    group_by: tuple[Identifier, ...] = Field((), description="The fields that make groups within a window.")
    aggregates: tuple[Aggregate, ...] = Field((), description="The figures; without any, the rows are the events.")
    corrected_by: str | None = Field(
        None,
        pattern=r"^[a-z_][a-z0-9_]*\.[a-z_][a-z0-9_]*$",
        description="The table of facts, as `source.table`, by whose rows the windows are made anew once it has them.",
    )
    sink: Literal["delta"] = Field("delta", description="The format of the table.")
    trigger: Annotated[str, AfterValidator(_known_trigger)] = Field(
        AVAILABLE_NOW,
        description=f"`{AVAILABLE_NOW}`: each run takes what is there and ends; or how often a job that never ends "
        "looks, for example `30 seconds`.",
    )
    max_offsets: int = Field(500_000, ge=1, description="How many messages are taken at a time at most.")

    @property
    def source_name(self) -> str:
        """What its table and its query are called in the lake."""
        return self.origin or self.name


class EventSource(_Model):
    """A source of events: `sources/<name>.yml` with `topics`."""

    name: Identifier = Field(description="The source's name; also the file's name.")
    renamed_from: Identifier | None = Field(None, description="The name that this source had in the spec before.")
    older_names: OlderNames = ()
    kind: str = Field(description="What kind of system it is; `platform-new choices` lists them.")
    description: Text | None = Field(None, description="What the system is, in a sentence.")
    owner: Text | None = Field(None, description="Who answers for the data at the source.")
    connection: Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")] | None = Field(
        None, description="The NAME of the environment variable that holds the address, never the address itself."
    )
    schedule: str = Field(
        "*/15 * * * *", description="When the tables of its streams are loaded from the lake, as a cron expression."
    )
    topics: tuple[Topic, ...] = Field(min_length=1, description="The topics that are known.")
    streams: tuple[Stream, ...] = Field((), description="What is made of them.")

    @property
    def variable(self) -> str:
        """The environment variable that holds the connection."""
        return self.connection or f"{self.name.upper()}_URL"

    def topic(self, name: str) -> Topic | None:
        """The topic of that name, or None."""
        return next((topic for topic in self.topics if topic.name == name), None)

    def stream(self, name: str) -> Stream | None:
        """The stream of that name, or None."""
        return next((stream for stream in self.streams if stream.name == name), None)
