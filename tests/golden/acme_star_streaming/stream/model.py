"""What a topic and a stream are. Nothing here needs Spark to be running."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pyspark.sql import DataFrame
from pyspark.sql.types import ArrayType, DataType, StructField, StructType


@dataclass(frozen=True)
class Topic:
    """A topic whose messages are JSON objects.

    A field of the schema that is not nullable is required. Its metadata say how the message spells
    it (`origin`), which `values` it may have, and its `min` and `max`, where that is restricted.
    `lateness` is in seconds of event time, `retention` in seconds, and `replication` -1 where the
    brokers' own setting holds.
    """

    source: str
    name: str
    schema: StructType
    event_time: str
    lateness: int
    key: str | None
    partitions: int
    replication: int
    retention: int
    variable: str


@dataclass(frozen=True)
class Window:
    """Spans of event time, in seconds: how long each is, and how long after it the next begins."""

    length: int
    slide: int


@dataclass(frozen=True)
class Stream:
    """A table of the lake that follows a topic.

    `transform` makes the rows of a batch from its events. With a `window` these are partial
    figures of windows, which whoever reads the table puts together: `figures` says by which
    function, `sum`, `min` or `max`. `made_of` says of what each figure, and whatever
    is joined to the events, is made.
    `trigger` is `available_now`, or how often an unending job looks for events.
    """

    source: str
    name: str
    topic: Topic
    transform: Callable[[DataFrame], DataFrame]
    schema: StructType
    window: Window | None = None
    figures: Mapping[str, str] = field(default_factory=dict)
    made_of: Mapping[str, str] = field(default_factory=dict)
    trigger: str = "available_now"
    max_offsets: int = 500_000

    @property
    def query(self) -> str:
        """The name of the query, of its checkpoint, and of its transactions."""
        return f"{self.source}.{self.name}"


def nullable(type_: DataType) -> DataType:
    """The type without what a contract adds to it: metadata, and which parts are required."""
    if isinstance(type_, ArrayType):
        return ArrayType(nullable(type_.elementType))
    if isinstance(type_, StructType):
        return StructType(
            [StructField(field.name, nullable(field.dataType)) for field in type_.fields]
        )
    return type_
