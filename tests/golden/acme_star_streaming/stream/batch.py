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

from stream.at_once import STATISTICS, figures, found_in, letters, place, statistics
from stream.definition import Kept, keep, kept, refuse_another
from stream.lake import LakeTable
from stream.lateness import DOUBTS, PLACE, SPAN, Spans, in_doubt, in_windows, late_places
from stream.metrics import record
from stream.model import Stream
from stream.parse import MESSAGE, dead_letters, events, parse
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
        window = self.stream.window
        if window and window.is_tumbling and batch != self.begun:
            self._at_once(messages, batch)
        else:
            self._step_by_step(messages, batch)

    def _at_once(self, messages: DataFrame, batch: int) -> None:
        """Do a batch in one pass, and those of its messages once more of which some may be late."""
        found = found_in(parse(messages, self.stream.topic), self.stream).persist()
        try:
            before = self.progress.before(batch)
            counts, spans, after = self._look_at(found, before)
            doubts = self._in_doubt(spans, before)
            self.progress.after(after)
            kept, late = counts.pop(None, 0), 0
            if counts:
                self.dead.append(letters(found), batch)
            if doubts is not None:
                late = self._write_doubtful(messages, found, doubts, batch)
            elif kept:
                self.table.append(figures(found, self.stream), batch)
            record(self.stream, kept, counts, late, after.seen)
        finally:
            found.unpersist()

    def _write_doubtful(
        self, messages: DataFrame, found: DataFrame, doubts: DataFrame, batch: int
    ) -> int:
        partition, span_ = place()
        doubtful = messages.select(*MESSAGE, partition, span_)
        spans = ["kafka_partition", SPAN]
        doubtful = doubtful.join(F.broadcast(doubts), spans, "left_semi")
        sure = found.join(F.broadcast(doubts), spans, "left_anti")
        parsed = parse(doubtful, self.stream.topic).persist()
        try:
            return self._write(events(parsed), doubts, batch, figures(sure, self.stream))
        finally:
            parsed.unpersist()

    def _step_by_step(self, messages: DataFrame, batch: int) -> None:
        """Do a batch in as many passes as it takes."""
        parsed = self._parsed(messages, batch).persist()
        try:
            before = self.progress.before(batch)
            time = F.when(F.col("reason").isNull(), F.col(f"event.{self.stream.topic.event_time}"))
            found = parsed.groupBy(*place(), "reason").agg(statistics(time, "offset"))
            counts, spans, after = self._look_at(found, before)
            self.progress.after(after)
            kept, late = counts.pop(None, 0), 0
            if counts:
                self._bury(dead_letters(parsed), batch)
            if kept:
                late = self._write(events(parsed), self._in_doubt(spans, before), batch)
            record(self.stream, kept, counts, late, after.seen)
        finally:
            parsed.unpersist()

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

    def _bury(self, letters: DataFrame, batch: int) -> None:
        if batch == self.begun:
            self.dead.complete(letters, batch, ["partition", "offset"])
        else:
            self.dead.append(letters, batch)

    def _look_at(
        self, found: DataFrame, before: Position
    ) -> tuple[Counter[str | None], Spans, Position]:
        """How many messages there are by reason, None for those that keep the contract.

        And when the events of each span happened, if there are windows for which they may be late,
        and where the query is after the batch.
        """
        of = F.col(STATISTICS)
        by_span = [SPAN] if self.stream.window else []
        whole = found.groupBy("kafka_partition", *by_span, "reason").agg(
            F.sum(of["messages"]).alias("messages"),
            F.min(of["earliest"]).alias("earliest"),
            F.max(of["latest"]).alias("latest"),
            F.min(of["first"]).alias("first"),
            F.max(of["last"]).alias("last"),
        )
        counts, spans = Counter(), {}
        seen, first, next_ = dict(before.seen), dict(before.first), dict(before.next)
        for row in whole.collect():
            part = row.kafka_partition
            counts[row.reason] += row.messages
            first[part] = min(row.first, first.get(part, row.first))
            next_[part] = max(row.last + 1, next_.get(part, 0))
            if row.latest is not None:
                if by_span:
                    spans[part, row[SPAN]] = row.earliest, row.latest
                seen[part] = max(row.latest, seen.get(part, row.latest))
        return counts, spans, Position(before.batch + 1, seen, first, next_)

    def _in_doubt(self, spans: Spans, before: Position) -> DataFrame | None:
        """The spans in which events may be late, None where there is none."""
        stream = self.stream
        if stream.window is None:
            return None
        doubts = in_doubt(spans, before.seen, stream.window, stream.topic.lateness)
        if not doubts:
            return None
        rows = [(*place, seen) for place, seen in doubts.items()]
        return self._spark.createDataFrame(rows, DOUBTS)

    def _write(
        self, rows: DataFrame, doubts: DataFrame | None, batch: int, sure: DataFrame | None = None
    ) -> int:
        """Write what is not late with what is `sure` already, and what is late; how many events are late."""
        window, topic = self.stream.window, self.stream.topic
        shown = in_windows(rows, topic.event_time, window) if window else rows
        if doubts is None:
            self.table.append(self.stream.transform(shown), batch)
            return 0
        late = late_places(rows, topic.event_time, doubts, window, topic.lateness).persist()
        try:
            count = late.select("kafka_partition", "kafka_offset").distinct().count()
            if count:
                self.late.append(self.late_rows(shown.join(late, [*PLACE])), batch)
                shown = shown.join(late, [*PLACE], "left_anti")
            written = self.stream.transform(shown)
            self.table.append(written.unionByName(sure) if sure else written, batch)
            return count
        finally:
            late.unpersist()

    def late_rows(self, late: DataFrame) -> DataFrame:
        """What the table of late events keeps of them."""
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
