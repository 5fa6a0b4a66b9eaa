"""What is in the messages of a batch, found in one pass.

That is the parts that they have in figures, and apart from these each dead letter and each late
event, in a row of its own.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from stream.lateness import Seen, in_windows, with_late, with_seen
from stream.model import WINDOW, Stream, Topic
from stream.parse import MESSAGE

# No field of an event has a name with a space.
LETTER, LATE, STATISTICS = "dead letter", "late event", "of the messages"
"""Columns of what is found."""


def found_in(parsed: DataFrame, stream: Stream, before: Seen, lateness: int) -> DataFrame:
    """What is in the messages; `before` is what had been seen before them, `lateness` in seconds what is allowed.

    Without windows nothing is put together, and each event is a row.
    """
    topic, window = stream.topic, stream.window
    sound = F.col("reason").isNull()
    place = [F.col("partition").alias("kafka_partition"), F.col("offset").alias("kafka_offset")]
    fields = [
        F.when(sound, F.col("event").getField(name)).alias(name) for name in topic.schema.names
    ]
    letter = F.when(~sound, F.struct("reason", "field", *MESSAGE)).alias(LETTER)
    rows = parsed.select(*place, *fields, letter)
    time, offset = F.unix_micros(topic.event_time), F.col("kafka_offset")
    if window is None:
        figures = _statistics(F.lit(1).cast("long"), time, offset, offset)
        return rows.select("*", F.lit(None).cast("string").alias(LATE), figures)
    # One task for each partition of the topic; hashes would leave several to one.
    rows = rows.repartitionById(topic.partitions, "kafka_partition")
    seen = with_seen(rows, topic.event_time, before)
    judged = with_late(in_windows(seen, topic.event_time, window), lateness)
    judged = judged.withColumn(LATE, F.when(F.col("late"), F.struct(*late_event(topic))))
    messages = F.count("*")
    if not window.is_tumbling:
        # A message counts once, in however many windows its event is.
        again = F.unix_micros("window_start") <= time - window.slide * 1_000_000
        messages = F.count_if(~F.coalesce(again, F.lit(False)))
    figures = _statistics(messages, F.max(time), F.min(offset), F.max(offset))
    return stream.parts(judged, ("kafka_partition", LETTER, LATE), (figures,))


def _statistics(messages: Column, latest: Column, first: Column, last: Column) -> Column:
    """How many messages there are, when the latest event happened, and the first and the last place."""
    return F.struct(
        messages.alias("messages"),
        latest.alias("latest"),
        first.alias("first"),
        last.alias("last"),
    ).alias(STATISTICS)


def late_event(topic: Topic) -> list[Column]:
    """What is kept of an event that is late for a window, beside the window and its partition."""
    return [
        F.col(topic.event_time).cast("timestamp").alias("event_time"),
        F.col("seen"),
        F.col("kafka_offset"),
        F.to_json(F.struct(*topic.schema.names)).alias("event"),
    ]


def dead_letters(found: DataFrame) -> DataFrame:
    """The dead letters, as they came."""
    return found.where(F.col(LETTER).isNotNull()).select(f"{LETTER}.*")


def late_events(found: DataFrame) -> DataFrame:
    """The late events, once for each window that they are late for."""
    late = found.where(F.col(LATE).isNotNull())
    return late.select(*WINDOW, _partition(), f"{LATE}.*")


def rows_of(found: DataFrame, stream: Stream) -> DataFrame:
    """What the events that count become: rows of the stream's table."""
    rows = found.where(F.col(LETTER).isNull())
    if stream.window is None:
        events = rows.select(_partition(), "kafka_offset", *stream.topic.schema.names)
        return stream.transform(events)
    wholes = [getattr(F, function)(name).alias(name) for name, function in stream.whole.items()]
    rows = rows.where(F.col(LATE).isNull()).groupBy(*WINDOW, *stream.groups).agg(*wholes)
    return rows.select(*(F.col(field.name).cast(field.dataType) for field in stream.schema))


def _partition() -> Column:
    return F.col("kafka_partition").cast("long").alias("kafka_partition")
