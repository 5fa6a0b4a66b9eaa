"""What a topic and a stream are. Nothing here needs Spark to be running."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from pyspark.sql import Column, DataFrame
from pyspark.sql.types import ArrayType, DataType, StructField, StructType

WINDOW = ("window_start", "window_end")


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

    @property
    def is_tumbling(self) -> bool:
        """Whether each moment is in one of them."""
        return self.length == self.slide


def as_they_are(events: DataFrame) -> DataFrame:
    """Nothing is joined to the events."""
    return events


@dataclass(frozen=True)
class Stream:
    """A table of the lake that follows a topic.

    `joined` adds to its events what they refer to. Without a `window`, these are the rows. With
    one, the rows are partial figures of windows and `groups`: `figures` makes them of the events of
    a batch, and `whole` says by which function, `sum`, `min` or `max`, parts become the whole.
    `made_of` says of what each figure, and whatever is joined to the events, is made. `trigger` is
    `available_now`, or how often an unending job looks for events.
    """

    source: str
    name: str
    topic: Topic
    schema: StructType
    window: Window | None = None
    joined: Callable[[DataFrame], DataFrame] = as_they_are
    groups: Sequence[str] = ()
    figures: Callable[[], Sequence[Column]] = tuple
    whole: Mapping[str, str] = field(default_factory=dict)
    made_of: Mapping[str, str] = field(default_factory=dict)
    trigger: str = "available_now"
    max_offsets: int = 500_000

    def transform(self, events: DataFrame) -> DataFrame:
        """The rows that events become; those of a window have `window_start` and `window_end`."""
        if self.window is None:
            return self.joined(events)
        return self.parts(events, (), self.figures())

    def parts(self, events: DataFrame, by: Sequence[str], figures: Sequence[Column]) -> DataFrame:
        """What events make together in each window and group, and for each of `by` apart."""
        return self.joined(events).groupBy(*by, *WINDOW, *self.groups).agg(*figures)

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
