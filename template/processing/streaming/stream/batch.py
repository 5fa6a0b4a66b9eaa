"""What is done with a batch of messages. Doing it twice is the same as doing it once."""

from __future__ import annotations

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

from stream.lake import LakeTable
from stream.lateness import in_windows, none_late, with_late, with_seen
from stream.model import Stream
from stream.parse import dead_letters, events, parse
from stream.progress import Progress
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
    ]
)
"""A dead letter: what is wrong with it, where it was, and itself as it came."""

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
        folder = lake(stream.source)
        self.table = LakeTable(spark, f"{folder}/{stream.name}", stream.query)
        self.late = LakeTable(spark, f"{folder}/{stream.name}__late", stream.query)
        self.dead = LakeTable(spark, f"{folder}/{stream.name}__dead_letters", stream.query)
        self._progress = Progress(spark, f"{checkpoints(stream.source)}/{stream.name}")

    @property
    def tables(self) -> tuple[LakeTable, ...]:
        """Every table that the stream writes."""
        return (self.table, self.dead, *((self.late,) if self.stream.window else ()))

    def create_tables(self) -> None:
        """Make the tables that are not there yet."""
        self.table.create(self.stream.schema)
        self.dead.create(DEAD_SCHEMA)
        if self.stream.window:
            self.late.create(LATE_SCHEMA)

    def __call__(self, messages: DataFrame, batch: int) -> None:
        """Parse the messages of a batch and write what becomes of them."""
        parsed = parse(messages, self.stream.topic).persist()
        try:
            before = self._progress.before(batch)
            dead, earliest, seen = self._look_at(parsed, before)
            self._progress.after(batch, seen)
            if dead:
                self.dead.append(dead_letters(parsed), batch)
            if earliest:
                self._write(events(parsed), batch, before, earliest, seen)
        finally:
            parsed.unpersist()

    def _look_at(
        self, parsed: DataFrame, before: dict[int, int]
    ) -> tuple[int, dict[int, int], dict[int, int]]:
        """How many dead letters there are; by partition, the earliest event and the latest one so far."""
        time = F.when(
            F.col("reason").isNull(), F.unix_micros(f"event.{self.stream.topic.event_time}")
        )
        found = parsed.groupBy("partition").agg(
            F.count("reason").alias("dead"),
            F.min(time).alias("earliest"),
            F.max(time).alias("latest"),
        )
        dead, earliest, seen = 0, {}, dict(before)
        for row in found.collect():
            dead += row.dead
            if row.latest is not None:
                earliest[row.partition] = row.earliest
                seen[row.partition] = max(row.latest, seen.get(row.partition, row.latest))
        return dead, earliest, seen

    def _write(
        self,
        rows: DataFrame,
        batch: int,
        before: dict[int, int],
        earliest: dict[int, int],
        seen: dict[int, int],
    ) -> None:
        window, topic = self.stream.window, self.stream.topic
        if window is None:
            self.table.append(self.stream.transform(rows), batch)
            return
        if none_late(earliest, seen, window, topic.lateness):
            on_time = in_windows(rows, topic.event_time, window)
            self.table.append(self.stream.transform(on_time), batch)
            return
        ordered = in_windows(with_seen(rows, topic.event_time, before), topic.event_time, window)
        judged = with_late(ordered, topic.lateness).persist()
        try:
            late = judged.where("late")
            if not late.isEmpty():
                self.late.append(self._late_rows(late), batch)
            self.table.append(self.stream.transform(judged.where("not late")), batch)
        finally:
            judged.unpersist()

    def _late_rows(self, late: DataFrame) -> DataFrame:
        event = F.to_json(F.struct(*(field.name for field in self.stream.topic.schema.fields)))
        time = F.col(self.stream.topic.event_time).cast("timestamp").alias("event_time")
        return late.select(
            "window_start",
            "window_end",
            time,
            "seen",
            "kafka_partition",
            "kafka_offset",
            event.alias("event"),
        )
