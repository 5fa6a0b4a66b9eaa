"""What becomes of messages that a stream has read already, when it looks at them again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.batch import Batches
from stream.errors import StreamError
from stream.found import late_event
from stream.history import PLACE, broken, history
from stream.lateness import in_windows, is_late, with_seen
from stream.model import WINDOW, Stream
from stream.parse import events
from stream.progress import Position
from stream.repair import repaired


@dataclass(frozen=True)
class Past:
    """The events that a stream has read, where from, and those of the dead letters that were repaired."""

    origin: str
    events: DataFrame
    mended: DataFrame

    def where(self, condition: str) -> Past:
        """Those that the condition holds for."""
        return Past(self.origin, self.events.where(condition), self.mended.where(condition))


def past(
    spark: SparkSession,
    batches: Batches,
    position: Position,
    since: datetime,
    others: Iterable[Stream],
) -> Past:
    """What the stream had read at a position, as far as it matters from a time on.

    `others` may keep the events of the topic. Raises `StreamError` where the messages are gone, and
    where some that counted are not what the contract says today.
    """
    found = history(spark, batches.stream, position, since, others)
    letters = repaired(batches)
    _refuse_what_broke(batches, found.broken, broken(letters))
    return Past(found.origin, _without_dead_letters(batches, found.events), events(letters))


@contextmanager
def made_anew(
    batches: Batches, read: Past, where: str = "true"
) -> Iterator[tuple[DataFrame, DataFrame | None]]:
    """The rows that become of the events, and the late ones of a stream of windows, of which `where` holds."""
    stream, topic = batches.stream, batches.stream.topic
    if stream.window is None:
        yield stream.transform(read.events.unionByName(read.mended).where(where)), None
        return
    seen = with_seen(read.events, topic.event_time)
    ordered = in_windows(seen, topic.event_time, stream.window)
    ordered = ordered.withColumn("late", is_late(topic.lateness))
    # A dead letter counts once somebody has repaired it, also if its window had been closed.
    welcome = in_windows(read.mended, topic.event_time, stream.window)
    welcome = welcome.withColumn("late", F.lit(False))
    judged = ordered.unionByName(welcome, allowMissingColumns=True)
    judged = judged.where(where).persist()
    try:
        late = judged.where("late").select(*WINDOW, "kafka_partition", *late_event(topic))
        yield stream.transform(judged.where("not late")), late
    finally:
        judged.unpersist()


def _without_dead_letters(batches: Batches, rows: DataFrame) -> DataFrame:
    """The rows of messages that were no dead letters when they were read."""
    place = (F.col("partition").cast("long").alias(PLACE[0]), F.col("offset").alias(PLACE[1]))
    return rows.join(batches.dead.rows().select(*place), list(PLACE), "left_anti")


def _refuse_what_broke(batches: Batches, read: DataFrame, mended: DataFrame) -> None:
    found = _without_dead_letters(batches, read).unionByName(mended).first()
    if found:
        field = f" in {found.field}" if found.field else ""
        raise StreamError(
            f"{batches.stream.query} cannot be replayed: what has counted is not what the contract says "
            f"today. Partition {found.kafka_partition}, offset {found.kafka_offset}: {found.reason}"
            f"{field}. Give back to the contract in sources/{batches.stream.source}.yml what it "
            "allowed then."
        )
