"""What a stream has read so far: in its topic, and where that has lost it, in the lake.

The raw zone of a topic is the table of a stream of its events, with that stream's dead letters.
Together they are every message that the topic has had, and nothing is written for it twice.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.batch import Batches
from stream.broker import offsets
from stream.connection import spark_options
from stream.errors import StreamError
from stream.model import Stream
from stream.parse import AHEAD, MESSAGE, events, parse
from stream.progress import Position

PLACE = ("kafka_partition", "kafka_offset")


@dataclass(frozen=True)
class History:
    """The events of a time, from when on, with their places; and the places of what is no event, with reasons."""

    origin: str
    events: DataFrame
    broken: DataFrame


def history(
    spark: SparkSession,
    stream: Stream,
    position: Position,
    since: datetime,
    others: Iterable[Stream],
) -> History:
    """What the stream had read at a position, as far as it can matter for windows that begin at a time.

    An event is never dated more than `AHEAD` after its message. So older messages have no part in
    such windows, and cannot have closed one. Raises `StreamError` if nobody has the messages.
    """
    spans = _spans(stream, position, since)
    if isinstance(spans, dict):
        parsed = parse(_messages(spark, stream, spans), stream.topic)
        return History(f"topic {stream.topic.name}", events(parsed), broken(parsed))
    raw = next(
        (other for other in others if other.topic == stream.topic and not other.window), None
    )
    if raw is None or raw == stream:
        lost = f"and no other stream keeps the events of {stream.topic.name}"
        raise StreamError.history(stream.query, since, f"{spans}, {lost}")
    batches = Batches(spark, raw)
    if problem := _lacks(batches.progress.written(), position):
        raise StreamError.history(stream.query, since, f"{spans}, and {raw.query} {problem}")
    batches.create_tables()
    parsed = parse(batches.dead.rows().where("repair is null").select(*MESSAGE), raw.topic)
    kept = batches.table.rows().select(*PLACE, *(field.name for field in raw.topic.schema))
    return History(
        f"the table of {raw.query}",
        read_by(position, kept.unionByName(events(parsed))),
        read_by(position, broken(parsed)),
    )


def broken(parsed: DataFrame) -> DataFrame:
    """Where the messages are that do not keep the contract, and why."""
    return parsed.where("reason is not null").select(
        F.col("partition").cast("long").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        "reason",
        "field",
    )


def read_by(position: Position, rows: DataFrame) -> DataFrame:
    """The rows of messages that had been read."""
    ends = F.create_map(*(F.lit(each) for pair in sorted(position.next.items()) for each in pair))
    return rows.where(F.col("kafka_offset") < ends[F.col("kafka_partition").cast("int")])


def _lacks(raw: Position | None, position: Position) -> str | None:
    """What is missing in a raw zone that is read in place of the topic, if anything is."""
    if raw is None:
        return "has not read anything yet"
    for part, offset in position.next.items():
        if raw.next.get(part, 0) < offset:
            return "has not read as far: run it first"
        if raw.first[part] > position.first[part]:
            return "began later"
    return None


def _spans(stream: Stream, position: Position, since: datetime) -> dict[int, tuple[int, int]] | str:
    """From which offset to which to read each partition of the topic; or why it cannot be read."""
    topic, spans = stream.topic, {}
    if not os.environ.get(topic.variable):
        return f"{topic.variable} is not set"
    for part, place in offsets(topic, since - timedelta(seconds=AHEAD)).items():
        end = position.next.get(part, place.low)
        if end > place.high:
            return f"topic {topic.name} was deleted and made anew"
        if place.low > position.first.get(part, place.low) and place.since <= place.low:
            return f"topic {topic.name} has lost messages of that time"
        spans[part] = (min(place.since, end), end)
    return spans


def _messages(spark: SparkSession, stream: Stream, spans: dict[int, tuple[int, int]]) -> DataFrame:
    starts, ends = (
        json.dumps({stream.topic.name: {str(part): span[which] for part, span in spans.items()}})
        for which in (0, 1)
    )
    return (
        spark.read.format("kafka")
        .options(**spark_options(stream.topic))
        .option("subscribe", stream.topic.name)
        .option("startingOffsets", starts)
        .option("endingOffsets", ends)
        .option("failOnDataLoss", "true")
        .load()
    )
