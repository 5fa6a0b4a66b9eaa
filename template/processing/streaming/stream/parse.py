"""From messages to events: each message is either an event that keeps the contract, or a dead letter with a reason.

The reasons, in the order in which they are looked for, the first one counts:

- `no_value`: the message has no value;
- `not_json`: the value is not one JSON object in UTF-8;
- `wrong_type`: a field has a value that is not of its type;
- `missing`: a required field has no value;
- `unknown_value`: a field has none of the values that it may have;
- `out_of_range`: a value is below the least or above the greatest that there may be, or the event
  happened before the year 1;
- `from_the_future`: the event happened long after its message was written. It must not count, as
  it would make late whatever comes after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import methodcaller

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from stream.frame import framed, is_utf_8, only, problem, unreadable
from stream.model import Topic, nullable
from stream.places import any_at, each, of_each, origin, places

MESSAGE = ("topic", "partition", "offset", "timestamp", "key", "value")
REASONS = (
    "no_value",
    "not_json",
    "wrong_type",
    "missing",
    "unknown_value",
    "out_of_range",
    "from_the_future",
)
"""Every reason that there is."""
AHEAD = 3600
"""How far, in seconds, the clocks of those who write events may differ from the broker's."""
EARLIEST = -62_135_596_800
"""The year 1, in seconds since 1970. Spark reads times so long before it that their windows have no beginning."""


def parse(messages: DataFrame, topic: Topic) -> DataFrame:
    """The messages with their `event`, or with the `reason` why it is a dead letter and the `field` at fault."""
    for columns in _columns(topic):
        messages = messages.withColumns(columns)
    return messages.select(*MESSAGE, "event", "problem.reason", "problem.field")


@cache
def _columns(topic: Topic) -> list[dict[str, Column]]:
    """What is found of a message, one after the other. Each batch asks, and it is long to write down."""
    value, found = F.col("value"), only(F.col("framed"))
    wrong = F.when(found.isNull(), unreadable(value, topic.schema))
    no_problem = F.lit(None).cast("struct<reason:string,field:string>")
    first = F.coalesce("unreadable", *_breaches(topic), no_problem)
    return [
        {"framed": framed(value, topic.schema)},
        {"typed": found, "unreadable": wrong},
        {"event": _event(topic.schema), "problem": first},
    ]


def events(parsed: DataFrame) -> DataFrame:
    """The fields of the events that keep the contract, and where each was in the topic."""
    position = [
        F.col("partition").cast("long").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
    ]
    return parsed.where("reason is null").select(*position, "event.*")


def _event(schema: StructType) -> Column:
    """The typed message under the names of the platform."""
    return F.struct(*(_field(field).alias(field.name) for field in schema.fields))


def _field(field: StructField) -> Column:
    return F.col("typed").getField(origin(field)).cast(nullable(field.dataType))


def _breaches(topic: Topic) -> Iterator[Column]:
    """In order: a struct of reason and field where what could be read breaks the contract, else null."""
    typed, every = F.col("typed"), list(places(topic.schema))
    yield problem(~is_utf_8(F.col("value")), "not_json")
    for path, field, definition in every:
        if not definition.nullable:
            lacks = any_at(typed, path[:-1], _lacking(path[-1]))
            yield problem(lacks, "missing", field)
    for path, field, definition in every:
        if values := definition.metadata.get("values"):
            unknown = any_at(typed, each(path, definition), _not_in(values))
            yield problem(unknown, "unknown_value", field)
    for path, field, definition in every:
        for bound, beyond in (("min", "__lt__"), ("max", "__gt__")):
            if bound in definition.metadata:
                limit = F.lit(definition.metadata[bound]).cast(of_each(definition.dataType))
                past = any_at(typed, each(path, definition), methodcaller(beyond, limit))
                yield problem(past, "out_of_range", field)
    # In numbers, as Spark would count in days and zones for an interval.
    happened = F.unix_micros(_field(topic.schema[topic.event_time]))
    yield problem(happened < EARLIEST * 1_000_000, "out_of_range", topic.event_time)
    ahead = happened - AHEAD * 1_000_000 > F.unix_micros("timestamp")
    yield problem(ahead, "from_the_future", topic.event_time)


def _lacking(name: str | None) -> Callable[[Column], Column]:
    return lambda holder: holder.isNotNull() & holder.getField(name).isNull()


def _not_in(values: list) -> Callable[[Column], Column]:
    return lambda value: ~value.isin(values)
