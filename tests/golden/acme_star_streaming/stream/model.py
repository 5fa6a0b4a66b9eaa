"""What a topic, a stream and a batch are. Nothing here needs a running Spark."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql.types import ArrayType, DataType, StructField, StructType

WINDOW = ("window_start", "window_end")
ALL_AVAILABLE = "available_now"
"""The trigger of a job that ends after all available messages."""


@dataclass(frozen=True)
class Topic:
    """A topic whose messages are JSON objects.

    A field that is not nullable is required. The metadata of a field hold its name in the message
    (`origin`), its allowed `values`, and its `min` and `max`, where there are any. `lateness` and
    `retention` are in seconds; a `replication` of -1 is the brokers' default.
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
    """Windows of event time: their `length`, and the interval at which they start, in seconds."""

    length: int
    slide: int

    @property
    def is_tumbling(self) -> bool:
        """Whether windows do not overlap."""
        return self.length == self.slide


class Batch(Protocol):
    """The messages that a job processes: a batch of the topic, or events that are processed again.

    A job must keep every row from `parse` to `write`, dead letters included (their fields are null),
    because the position in the topic is computed from the rows. So aggregate conditionally instead
    of filtering, and join with `left`. `keys` and `counts` belong to each aggregation.
    """

    spark: SparkSession
    keys: Sequence[str]
    """The columns to group by: the window, and internal ones that keep late events and dead letters apart."""
    counts: Sequence[Column]
    """Internal aggregates: how far the topic was read."""

    def parse(self) -> DataFrame:
        """The fields of the events, with `kafka_partition` and `kafka_offset`."""

    def window(self, events: DataFrame) -> DataFrame:
        """Each event once per window, with `window_start` and `window_end`."""

    def write(self, rows: DataFrame) -> None:
        """Append the rows to the table of the stream, and what is late or broken to its other tables."""


@dataclass(frozen=True)
class Stream:
    """A table of the lake that follows a topic.

    `process` is its job. With a `window`, the table has partial aggregates by window and `groups`;
    `combine` lists those that `min` or `max` combine, all others are summed. `made_of` describes
    aggregates and joined columns: if one changes, the table must be rebuilt. `trigger` is
    `available_now` or a polling interval; `max_offsets` limits the messages of a batch.
    """

    source: str
    name: str
    topic: Topic
    schema: StructType
    process: Callable[[Batch], None]
    window: Window | None = None
    groups: Sequence[str] = ()
    combine: Mapping[str, str] = field(default_factory=dict)
    made_of: Mapping[str, str] = field(default_factory=dict)
    trigger: str = ALL_AVAILABLE
    max_offsets: int = 500_000

    @property
    def aggregates(self) -> dict[str, str]:
        """The function that combines the partial values of each aggregate, by column."""
        keys = {*WINDOW, *self.groups} if self.window else {*self.schema.names}
        return {
            name: self.combine.get(name, "sum") for name in self.schema.names if name not in keys
        }

    @property
    def query(self) -> str:
        """The name of the query, of its checkpoint, and of its transactions."""
        return f"{self.source}.{self.name}"


def nullable(type_: DataType) -> DataType:
    """The type without what a contract adds to it: metadata, and which parts are required."""
    if isinstance(type_, ArrayType):
        return ArrayType(nullable(type_.elementType))
    if isinstance(type_, StructType):
        return StructType([StructField(each.name, nullable(each.dataType)) for each in type_])
    return type_
