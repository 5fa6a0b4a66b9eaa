"""What a batch of messages becomes. Processing a batch twice has the same result as processing it once."""

from __future__ import annotations

from collections import Counter

from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.definition import Kept, keep, kept, refuse_another
from stream.lake import LakeTable
from stream.lateness import in_windows, is_late, with_seen
from stream.metrics import record
from stream.model import WINDOW, Stream, Topic, nullable
from stream.parse import MESSAGE, parse
from stream.progress import Position, Progress
from stream.settings import checkpoints, lake

DEAD_SCHEMA = (
    "reason string, field string, topic string, partition int, offset bigint, timestamp timestamp, "
    "key binary, value binary, repair bigint, repaired_value binary"
)
"""A dead letter: what is wrong with it, and the message. Once repaired: the number of the repair, and its new value."""
LATE_SCHEMA = (
    "window_start timestamp, window_end timestamp, event_time timestamp, seen timestamp, "
    "kafka_partition bigint, kafka_offset bigint, event string"
)
"""A late event: for which window, the latest event time before it, its place in the topic, and the event as JSON."""

# No field of an event has a name with a space.
LETTER, LATE, COUNTS = "dead letter", "late event", "counts of messages"
"""Internal columns: a row of its own for each dead letter and each late event, so that one pass finds everything."""


class Batches:
    """The tables of a stream, and its batches: Spark calls this object with each."""

    def __init__(self, spark: SparkSession, stream: Stream) -> None:
        self.spark = spark
        self.stream = stream
        folder = lake(stream.source)
        self.table = LakeTable(spark, f"{folder}/{stream.name}", stream.query)
        self.late = LakeTable(spark, f"{folder}/{stream.name}__late", stream.query)
        self.dead = LakeTable(spark, f"{folder}/{stream.name}__dead_letters", stream.query)
        self.progress = Progress(spark, f"{checkpoints(stream.source)}/{stream.name}")
        self.kept = Kept()
        self.begun: int | None = None
        """The last batch that an earlier run started: some of it may be written."""
        # Built once: Spark needs longer to build these columns than to process a small batch.
        self.fields = _fields(stream.topic)
        self.late_event = F.struct(*late_event(stream.topic))
        self.counts = _counts(stream)
        self.columns = columns_of(stream)
        self.whole = [getattr(F, how)(name).alias(name) for name, how in stream.aggregates.items()]

    @property
    def tables(self) -> tuple[LakeTable, ...]:
        """Every table that the stream writes."""
        return (self.table, self.dead, *((self.late,) if self.stream.window else ()))

    def create_tables(self) -> None:
        """Create the missing tables.

        Raises `StreamError`, and creates none, if the rows of the table have another definition.
        """
        self.kept = kept(self.spark, self.table.path)
        refuse_another(self.table.path, self.kept, self.stream)
        self.table.create(self.stream.schema)
        keep(self.spark, self.table.path, self.stream, self.kept)
        self.table.rebuilds = self.late.rebuilds = self.kept.rebuilds
        self.dead.create(DEAD_SCHEMA)
        if self.stream.window:
            self.late.create(LATE_SCHEMA)

    def __call__(self, messages: DataFrame, batch: int) -> None:
        """Process a batch of messages."""
        self.stream.process(LiveBatch(self, messages, batch))


class LiveBatch:
    """A batch of a running job (`stream.model.Batch`). Each write names the batch, and Delta accepts it once."""

    keys = (*WINDOW, "kafka_partition", LETTER, LATE)

    def __init__(self, batches: Batches, messages: DataFrame, number: int) -> None:
        self.spark = batches.spark
        self.counts = (batches.counts,)
        self._to = batches
        self._messages = messages
        self._number = number
        self._repeated = number == batches.begun
        self._before = batches.progress.before(number)
        # A repeated batch allows what it allowed at first, when it counted events or set them aside.
        kept = batches.progress.kept_of(number) if self._repeated else None
        self._lateness = kept.lateness if kept else batches.stream.topic.lateness

    def parse(self) -> DataFrame:
        """One row per message: the fields of an event, or a dead letter."""
        parsed = parse(self._messages, self._to.stream.topic)
        if self._repeated:
            parsed = self._as_first_judged(parsed)
        return parsed.select(*self._to.fields)

    def window(self, events: DataFrame) -> DataFrame:
        """Each row once per window of its event; a late event, or a dead letter, is marked."""
        topic, window = self._to.stream.topic, self._to.stream.window
        # One task for each partition of the topic; hash partitioning would put several into one.
        rows = events.repartitionById(topic.partitions, "kafka_partition")
        seen = with_seen(rows, topic.event_time, self._before.seen)
        rows = in_windows(seen, topic.event_time, window)
        return rows.withColumn(LATE, F.when(is_late(self._lateness), self._to.late_event))

    def write(self, rows: DataFrame) -> None:
        """Write the progress, then the dead letters, the late events and the rows."""
        to = self._to
        if not to.stream.window:
            rows = rows.select("*", F.lit(None).cast("string").alias(LATE), *self.counts)
        rows = rows.persist()
        try:
            messages, any_late, after = self._totals(rows)
            to.progress.after(after)
            events, late_events = messages.pop(None, 0), 0
            if messages:
                letters = rows.where(F.col(LETTER).isNotNull()).select(f"{LETTER}.*")
                self._write_letters(letters)
            if any_late:
                late = rows.where(F.col(LATE).isNotNull())
                late = late.select(*WINDOW, _partition(), f"{LATE}.*")
                to.late.append(late, self._number)
                late_events = late.select("kafka_partition", "kafka_offset").distinct().count()
            if events:
                counted = rows.where(F.col(LETTER).isNull() & F.col(LATE).isNull())
                if to.stream.window:
                    counted = counted.groupBy(*WINDOW, *to.stream.groups).agg(*to.whole)
                to.table.append(counted.select(*to.columns), self._number)
            record(to.stream, events, messages, late_events, after.seen)
        finally:
            rows.unpersist()

    def _as_first_judged(self, parsed: DataFrame) -> DataFrame:
        """The contract may have changed since the batch first ran: dead stays dead, and counted stays counted."""
        written = F.col("batch") == self._number
        dead = self._to.dead.rows().where(written)
        dead = dead.select("partition", "offset", F.col("reason").alias("dead"))
        known = parsed.join(F.broadcast(dead), ["partition", "offset"], "left")
        counted = not self._to.table.rows().where(written).isEmpty()
        reason = F.col("dead") if counted else F.coalesce("dead", "reason")
        return known.withColumn("reason", reason).drop("dead")

    def _totals(self, rows: DataFrame) -> tuple[Counter[str | None], bool, Position]:
        """The number of messages by reason (None: valid), whether any is late, and the position after the batch."""
        counts = F.col(COUNTS)
        totals = rows.groupBy("kafka_partition", F.col(LETTER)["reason"].alias("reason")).agg(
            F.sum(counts["messages"]).alias("messages"),
            F.max(counts["latest"]).alias("latest"),
            F.min(counts["first"]).alias("first"),
            F.max(counts["last"]).alias("last"),
            F.bool_or(F.col(LATE).isNotNull()).alias("late"),
        )
        messages, late, before = Counter(), False, self._before
        seen, first, next_ = dict(before.seen), dict(before.first), dict(before.next)
        for row in totals.collect():
            part = row.kafka_partition
            messages[row.reason] += row.messages
            late |= row.late
            first[part] = min(row.first, first.get(part, row.first))
            next_[part] = max(row.last + 1, next_.get(part, 0))
            if row.latest is not None:
                seen[part] = max(row.latest, seen.get(part, row.latest))
        return messages, late, Position(self._number, seen, first, next_, self._lateness)

    def _write_letters(self, letters: DataFrame) -> None:
        if self._repeated:
            self._to.dead.complete(letters, self._number, ["partition", "offset"])
        else:
            self._to.dead.append(letters, self._number)


def columns_of(stream: Stream) -> list[Column]:
    """The columns of the table, of the types that it has."""
    return [F.col(each.name).cast(nullable(each.dataType)) for each in stream.schema]


def late_event(topic: Topic) -> list[Column]:
    """The columns of a late event, besides its window and partition."""
    return [
        F.col(topic.event_time).cast("timestamp").alias("event_time"),
        F.col("seen"),
        F.col("kafka_offset"),
        F.to_json(F.struct(*topic.schema.names)).alias("event"),
    ]


def _fields(topic: Topic) -> list[Column]:
    """The fields of a parsed message if it is valid, else the message as a dead letter."""
    valid = F.col("reason").isNull()
    return [
        F.col("partition").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
        *(F.when(valid, F.col("event")[name]).alias(name) for name in topic.schema.names),
        F.when(~valid, F.struct("reason", "field", *MESSAGE)).alias(LETTER),
    ]


def _counts(stream: Stream) -> Column:
    """The number of messages, the latest event time in microseconds, and the first and last offset."""
    time, offset = F.unix_micros(stream.topic.event_time), F.col("kafka_offset")
    if stream.window is None:
        messages, latest, first, last = F.lit(1).cast("long"), time, offset, offset
    else:
        messages, latest, first, last = F.count("*"), F.max(time), F.min(offset), F.max(offset)
        if not stream.window.is_tumbling:
            # A message counts once, in however many windows its event is.
            again = F.unix_micros("window_start") <= time - stream.window.slide * 1_000_000
            messages = F.count_if(~F.coalesce(again, F.lit(False)))
    counts = {"messages": messages, "latest": latest, "first": first, "last": last}
    return F.struct(*(column.alias(name) for name, column in counts.items())).alias(COUNTS)


def _partition() -> Column:
    return F.col("kafka_partition").cast("long").alias("kafka_partition")
