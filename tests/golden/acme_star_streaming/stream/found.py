"""What is in the messages of a batch, found in one pass.

That is the parts that they have in figures, and apart from these each dead letter and each late
event, in a row of its own.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from stream.lateness import Seen, in_windows, is_late, with_seen
from stream.model import WINDOW, Stream, Topic
from stream.parse import MESSAGE

# No field of an event has a name with a space.
LETTER, LATE, STATISTICS = "dead letter", "late event", "of the messages"
"""Columns of what is found."""


class Finder:
    """Finds what is in the messages of the batches of one stream.

    What it asks is put into columns once: telling Spark of them, one by one, takes longer than a
    small batch.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        topic, sound, of = stream.topic, F.col("reason").isNull(), F.col(STATISTICS)
        self._rows = [
            F.col("partition").alias("kafka_partition"),
            F.col("offset").alias("kafka_offset"),
            *(F.when(sound, F.col("event")[name]).alias(name) for name in topic.schema.names),
            F.when(~sound, F.struct("reason", "field", *MESSAGE)).alias(LETTER),
        ]
        self._late_event = F.struct(*late_event(topic))
        self._figures = [*stream.figures(), _statistics(stream)]
        self._by_reason = ["kafka_partition", F.col(LETTER)["reason"].alias("reason")]
        self._totals = [
            F.sum(of["messages"]).alias("messages"),
            F.max(of["latest"]).alias("latest"),
            F.min(of["first"]).alias("first"),
            F.max(of["last"]).alias("last"),
            F.bool_or(F.col(LATE).isNotNull()).alias("late"),
        ]
        self._counts = F.col(LETTER).isNull() & F.col(LATE).isNull()
        self._wholes = [
            getattr(F, function)(name).alias(name) for name, function in stream.whole.items()
        ]
        self._columns = [F.col(field.name).cast(field.dataType) for field in stream.schema]

    def found_in(self, parsed: DataFrame, before: Seen, lateness: int) -> DataFrame:
        """What is in the messages; `before` is what had been seen before them, `lateness` in seconds what is allowed.

        Without windows nothing is put together, and each event is a row.
        """
        topic, window = self._stream.topic, self._stream.window
        rows = parsed.select(*self._rows)
        if window is None:
            return rows.select("*", F.lit(None).cast("string").alias(LATE), *self._figures)
        # One task for each partition of the topic; hashes would leave several to one.
        rows = rows.repartitionById(topic.partitions, "kafka_partition")
        seen = with_seen(rows, topic.event_time, before)
        late = F.when(is_late(lateness), self._late_event)
        judged = in_windows(seen, topic.event_time, window).withColumn(LATE, late)
        return self._stream.parts(judged, ("kafka_partition", LETTER, LATE), self._figures)

    def totals(self, found: DataFrame) -> DataFrame:
        """By partition and reason, null for what keeps the contract: how many messages, and from where to where.

        And when the latest event happened, and whether any is late.
        """
        return found.groupBy(*self._by_reason).agg(*self._totals)

    def rows(self, found: DataFrame) -> DataFrame:
        """What the events that count become: rows of the stream's table."""
        rows = found.where(self._counts)
        if self._stream.window is None:
            names = self._stream.topic.schema.names
            return self._stream.transform(rows.select(_partition(), "kafka_offset", *names))
        rows = rows.groupBy(*WINDOW, *self._stream.groups).agg(*self._wholes)
        return rows.select(*self._columns)


def dead_letters(found: DataFrame) -> DataFrame:
    """The dead letters, as they came."""
    return found.where(F.col(LETTER).isNotNull()).select(f"{LETTER}.*")


def late_events(found: DataFrame) -> DataFrame:
    """The late events, once for each window that they are late for."""
    late = found.where(F.col(LATE).isNotNull())
    return late.select(*WINDOW, _partition(), f"{LATE}.*")


def late_event(topic: Topic) -> list[Column]:
    """What is kept of an event that is late for a window, beside the window and its partition."""
    return [
        F.col(topic.event_time).cast("timestamp").alias("event_time"),
        F.col("seen"),
        F.col("kafka_offset"),
        F.to_json(F.struct(*topic.schema.names)).alias("event"),
    ]


def _statistics(stream: Stream) -> Column:
    """How many messages there are, when the latest event happened, and the first and the last place."""
    time, offset = F.unix_micros(stream.topic.event_time), F.col("kafka_offset")
    if stream.window is None:
        messages, latest, first, last = F.lit(1).cast("long"), time, offset, offset
    else:
        messages, latest, first, last = F.count("*"), F.max(time), F.min(offset), F.max(offset)
        if not stream.window.is_tumbling:
            # A message counts once, in however many windows its event is.
            again = F.unix_micros("window_start") <= time - stream.window.slide * 1_000_000
            messages = F.count_if(~F.coalesce(again, F.lit(False)))
    return F.struct(
        messages.alias("messages"),
        latest.alias("latest"),
        first.alias("first"),
        last.alias("last"),
    ).alias(STATISTICS)


def _partition() -> Column:
    return F.col("kafka_partition").cast("long").alias("kafka_partition")
