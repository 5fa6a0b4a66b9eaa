"""The events that a stream has read so far: from its topic, or from the lake if the topic no longer has them.

A stream without windows keeps the events of its topic, and its dead letters are all other messages.
Together they are everything that the topic has had.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime, timedelta

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.batch import Batches
from stream.errors import StreamError
from stream.kafka import offsets, spark_options
from stream.model import Stream
from stream.parse import AHEAD, MESSAGE, events, parse
from stream.progress import Position
from stream.repair import repaired

PLACE = ("kafka_partition", "kafka_offset")


def history(
    batches: Batches, position: Position, since: datetime, others: Iterable[Stream]
) -> tuple[str, DataFrame, DataFrame]:
    """Where the events are read from, the events up to a position, and the repaired dead letters.

    The events are those that can belong to windows which start at `since` or later: no event is more
    than `AHEAD` newer than its message, so no older message matters. `others` may keep the events of
    the topic. Raises `StreamError` if the messages are gone, or if some that counted are invalid now.
    """
    spark, stream = batches.spark, batches.stream
    spans = _spans(stream, position, since)
    if isinstance(spans, dict):
        origin = f"topic {stream.topic.name}"
        parsed = parse(_messages(spark, stream, spans), stream.topic)
        found = events(parsed)
    else:
        raw = _keeper(spark, stream, position, others)
        if isinstance(raw, str):
            raise StreamError(
                f"{stream.query} cannot be replayed from {since:%Y-%m-%dT%H:%M}Z on: {spans}, and {raw}",
                page="replay-impossible",
            )
        origin = f"the table of {raw.stream.query}"
        waiting = raw.dead.rows().where("repair is null").select(*MESSAGE)
        parsed = _read_by(position, parse(waiting, raw.stream.topic), "partition", "offset")
        kept = raw.table.rows().select(*PLACE, *raw.stream.topic.schema.names)
        found = _read_by(position, kept, *PLACE).unionByName(events(parsed))
    letters = repaired(batches)
    _refuse_invalid(batches, parsed, letters)
    return origin, _without_dead_letters(batches, found, *PLACE), events(letters)


def _spans(stream: Stream, position: Position, since: datetime) -> dict[int, tuple[int, int]] | str:
    """The first offset and the end to read of each partition of the topic; or why it cannot be read."""
    topic, spans = stream.topic, {}
    if not os.environ.get(topic.variable):
        return f"{topic.variable} is not set"
    for part, place in offsets(topic, since - timedelta(seconds=AHEAD)).items():
        end = position.next.get(part, place.low)
        if end > place.high:
            return f"topic {topic.name} was deleted and created again"
        if place.low > position.first.get(part, place.low) and place.since <= place.low:
            return f"topic {topic.name} has lost messages of that time"
        spans[part] = (min(place.since, end), end)
    return spans


def _messages(spark: SparkSession, stream: Stream, spans: dict[int, tuple[int, int]]) -> DataFrame:
    def of(end: int) -> str:
        return json.dumps(
            {stream.topic.name: {str(part): span[end] for part, span in spans.items()}}
        )

    return (
        spark.read.format("kafka")
        .options(**spark_options(stream.topic))
        .option("subscribe", stream.topic.name)
        .option("startingOffsets", of(0))
        .option("endingOffsets", of(1))
        .option("failOnDataLoss", "true")
        .load()
    )


def _keeper(
    spark: SparkSession, stream: Stream, position: Position, others: Iterable[Stream]
) -> Batches | str:
    """The stream that keeps the events of the topic up to a position; or why there is none."""
    keepers = (each for each in others if each.topic == stream.topic and not each.window)
    keeper = next(keepers, stream)
    if keeper == stream:
        return f"no other stream keeps the events of {stream.topic.name}"
    raw = Batches(spark, keeper)
    read = raw.progress.written()
    if read is None:
        return f"{keeper.query} has not read anything yet"
    for part, offset in position.next.items():
        if read.next.get(part, 0) < offset:
            return f"{keeper.query} has not read as far: run it first"
        if read.first[part] > position.first[part]:
            return f"{keeper.query} began later"
    raw.create_tables()
    return raw


def _read_by(position: Position, rows: DataFrame, partition: str, offset: str) -> DataFrame:
    """The rows of messages before a position."""
    ends = F.create_map(*(F.lit(each) for pair in sorted(position.next.items()) for each in pair))
    return rows.where(F.col(offset) < ends[F.col(partition).cast("int")])


def _without_dead_letters(
    batches: Batches, rows: DataFrame, partition: str, offset: str
) -> DataFrame:
    """The rows of messages that did not become dead letters when they were read."""
    dead = batches.dead.rows().select(
        F.col("partition").cast(rows.schema[partition].dataType).alias(partition),
        F.col("offset").alias(offset),
    )
    return rows.join(dead, [partition, offset], "left_anti")


def _refuse_invalid(batches: Batches, parsed: DataFrame, letters: DataFrame) -> None:
    """Raise `StreamError` if a message that has counted, at once or by repair, breaks the current contract."""
    names = ("partition", "offset", "reason", "field")
    counted = _without_dead_letters(batches, parsed.select(*names), "partition", "offset")
    invalid = counted.unionByName(letters.select(*names)).where("reason is not null").first()
    if invalid:
        field = f" in {invalid.field}" if invalid.field else ""
        raise StreamError(
            f"{batches.stream.query} cannot be replayed: a message that has counted breaks the current "
            f"contract. Partition {invalid.partition}, offset {invalid.offset}: {invalid.reason}"
            f"{field}. Allow in sources/{batches.stream.source}.yml again what it allowed then."
        )
