"""Parses and validates messages: each becomes an event that keeps the contract, or a dead letter with a reason.

The reasons, in the order of their checks; the first one counts:

- `no_value`: the message has no value;
- `not_json`: the value is not one JSON object in UTF-8;
- `wrong_type`: the value of a field is not of its type;
- `missing`: a required field has no value;
- `unknown_value`: the value of a field is not one of its allowed values;
- `out_of_range`: a value is below the minimum or above the maximum of its field, or the event time
  is before the year 1;
- `from_the_future`: the event time is long after the message. It must not count, because it would
  make all later events late.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from operator import methodcaller

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import StructField, StructType

from stream.frame import (
    any_at,
    each,
    framed,
    is_utf_8,
    of_each,
    only,
    origin,
    places,
    problem,
    unreadable,
)
from stream.model import Topic, nullable

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
AHEAD = 3600
"""How many seconds the clocks of producers may be ahead of the broker's."""
EARLIEST = -62_135_596_800
"""The year 1, in seconds since 1970. Spark reads earlier times whose windows it cannot represent."""


def parse(messages: DataFrame, topic: Topic) -> DataFrame:
    """The messages with their `event`, or with the `reason` for a dead letter and the `field` at fault."""
    for columns in _columns(topic):
        messages = messages.withColumns(columns)
    return messages.select(*MESSAGE, "event", "problem.reason", "problem.field")


@cache
def _columns(topic: Topic) -> list[dict[str, Column]]:
    """The columns to add, one step after the other; built once, because Spark builds them slowly."""
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
    """The fields of the valid events, and their place in the topic."""
    position = [
        F.col("partition").cast("long").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
    ]
    return parsed.where("reason is null").select(*position, "event.*")


def _event(schema: StructType) -> Column:
    """The typed message with the platform's names."""
    return F.struct(*(_field(field).alias(field.name) for field in schema.fields))


def _field(field: StructField) -> Column:
    return F.col("typed").getField(origin(field)).cast(nullable(field.dataType))


def _breaches(topic: Topic) -> Iterator[Column]:
    """In order: a struct of reason and field if a readable message breaks the contract, else null."""
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
    # As numbers: for intervals, Spark computes with days and time zones.
    happened = F.unix_micros(_field(topic.schema[topic.event_time]))
    yield problem(happened < EARLIEST * 1_000_000, "out_of_range", topic.event_time)
    ahead = happened - AHEAD * 1_000_000 > F.unix_micros("timestamp")
    yield problem(ahead, "from_the_future", topic.event_time)


def _lacking(name: str | None) -> Callable[[Column], Column]:
    return lambda holder: holder.isNotNull() & holder.getField(name).isNull()


def _not_in(values: list) -> Callable[[Column], Column]:
    return lambda value: ~value.isin(values)
