"""What is done with a batch of messages. Doing it twice is the same as doing it once."""

from __future__ import annotations

from collections import Counter

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import (
    BinaryType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from stream.definition import Kept, keep, kept, refuse_another
from stream.found import Finder, dead_letters, late_events
from stream.lake import LakeTable
from stream.metrics import record
from stream.model import Stream
from stream.parse import parse
from stream.progress import Position, Progress
from stream.settings import checkpoints, lake

DEAD_SCHEMA = StructType(
    [
        StructField("reason", StringType()),
        StructField("field", StringType()),
        StructField("topic", StringType()),
        StructField("partition", IntegerType()),
        StructField("offset", LongType()),
        StructField("timestamp", TimestampType()),
        StructField("key", BinaryType()),
        StructField("value", BinaryType()),
        StructField("repair", LongType()),
        StructField("repaired_value", BinaryType()),
    ]
)
"""A dead letter: what is wrong with it, where it was, and itself as it came.

Once it counts after all: the number of its repair, and the value that stands for its own, if any.
"""

LATE_SCHEMA = StructType(
    [
        StructField("window_start", TimestampType()),
        StructField("window_end", TimestampType()),
        StructField("event_time", TimestampType()),
        StructField("seen", TimestampType()),
        StructField("kafka_partition", LongType()),
        StructField("kafka_offset", LongType()),
        StructField("event", StringType()),
    ]
)
"""A late event: for which window, what had been seen when it came, where it was, and itself as JSON."""


class Batches:
    """The batches of one stream."""

    def __init__(self, spark: SparkSession, stream: Stream) -> None:
        self.stream = stream
        self._spark = spark
        self._finder = Finder(stream)
        folder = lake(stream.source)
        self.table = LakeTable(spark, f"{folder}/{stream.name}", stream.query)
        self.late = LakeTable(spark, f"{folder}/{stream.name}__late", stream.query)
        self.dead = LakeTable(spark, f"{folder}/{stream.name}__dead_letters", stream.query)
        self.progress = Progress(spark, f"{checkpoints(stream.source)}/{stream.name}")
        self.kept = Kept()
        self.begun: int | None = None
        """The last batch that had begun before the query was started: it may have written some of it."""

    @property
    def tables(self) -> tuple[LakeTable, ...]:
        """Every table that the stream writes."""
        return (self.table, self.dead, *((self.late,) if self.stream.window else ()))

    def create_tables(self) -> None:
        """Make the tables that are not there yet.

        Raises `StreamError`, and makes none, where the rows of the spec are not those that are there.
        """
        self.kept = kept(self._spark, self.table.path)
        refuse_another(self.table.path, self.kept, self.stream)
        self.table.create(self.stream.schema)
        keep(self._spark, self.table.path, self.stream, self.kept)
        self.table.rebuilds = self.late.rebuilds = self.kept.rebuilds
        self.dead.create(DEAD_SCHEMA)
        if self.stream.window:
            self.late.create(LATE_SCHEMA)

    def __call__(self, messages: DataFrame, batch: int) -> None:
        """Parse the messages of a batch and write what becomes of them."""
        before = self.progress.before(batch)
        lateness = self._lateness(batch)
        parsed = self._parsed(messages, batch)
        found = self._finder.found_in(parsed, before.seen, lateness).persist()
        try:
            counts, any_late, after = self._look_at(found, before, lateness)
            self.progress.after(after)
            kept, late = counts.pop(None, 0), 0
            if counts:
                self._bury(dead_letters(found), batch)
            if any_late:
                late = self._put_aside(late_events(found), batch)
            if kept:
                self.table.append(self._finder.rows(found), batch)
            record(self.stream, kept, counts, late, after.seen)
        finally:
            found.unpersist()

    def _parsed(self, messages: DataFrame, batch: int) -> DataFrame:
        parsed = parse(messages, self.stream.topic)
        if batch != self.begun:
            return parsed
        # It may have begun under another contract: what it made dead letters of stays dead, what it counted, counted.
        written = F.col("batch") == batch
        dead = self.dead.rows().where(written)
        dead = dead.select("partition", "offset", F.col("reason").alias("dead"))
        known = parsed.join(F.broadcast(dead), ["partition", "offset"], "left")
        counted = not self.table.rows().where(written).isEmpty()
        reason = F.col("dead") if counted else F.coalesce("dead", "reason")
        return known.withColumn("reason", reason).drop("dead")

    def _lateness(self, batch: int) -> int:
        """What the batch allows. If it is repeated, what it allowed: it may have put events aside, or counted them."""
        kept = self.progress.kept_of(batch) if batch == self.begun else None
        return self.stream.topic.lateness if kept is None else kept.lateness

    def _look_at(
        self, found: DataFrame, before: Position, lateness: int
    ) -> tuple[Counter[str | None], bool, Position]:
        """How many messages there are by reason, None for those that keep the contract.

        And whether any event is late, and where the query is after the batch.
        """
        counts, late = Counter(), False
        seen, first, next_ = dict(before.seen), dict(before.first), dict(before.next)
        for row in self._finder.totals(found).collect():
            part = row.kafka_partition
            counts[row.reason] += row.messages
            late |= row.late
            first[part] = min(row.first, first.get(part, row.first))
            next_[part] = max(row.last + 1, next_.get(part, 0))
            if row.latest is not None:
                seen[part] = max(row.latest, seen.get(part, row.latest))
        return counts, late, Position(before.batch + 1, seen, first, next_, lateness)

    def _bury(self, letters: DataFrame, batch: int) -> None:
        if batch == self.begun:
            self.dead.complete(letters, batch, ["partition", "offset"])
        else:
            self.dead.append(letters, batch)

    def _put_aside(self, late: DataFrame, batch: int) -> int:
        """Write the late events; how many they are."""
        self.late.append(late, batch)
        return late.select("kafka_partition", "kafka_offset").distinct().count()
