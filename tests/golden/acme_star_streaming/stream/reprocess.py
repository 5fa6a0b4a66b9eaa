"""Runs the job of a stream over events that it has already read: the engine of replays, rebuilds and repairs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from stream.batch import Batches, columns_of, late_event
from stream.lateness import in_windows, is_late, with_seen
from stream.model import WINDOW, Stream

REPAIRED = "repaired letter"
"""Whether an event is a repaired dead letter. It always counts, and closes no window."""


@contextmanager
def reprocessed(
    batches: Batches, events: DataFrame | None, repaired: DataFrame, where: str = "true"
) -> Iterator[tuple[DataFrame, DataFrame | None]]:
    """The rows of the table and the late events, if the stream has windows, for which `where` holds.

    `events` are the events in the order of the topic, `repaired` the dead letters that count as well.
    """
    batch = PastBatch(batches.stream, events, repaired, where)
    try:
        batches.stream.process(batch)
        yield batch.rows, batch.late
    finally:
        batch.judged.unpersist()


class PastBatch:
    """Events of the past, as a batch (`stream.model.Batch`). `rows` is what the job would write of them."""

    keys = WINDOW
    counts = ()

    def __init__(
        self,
        stream: Stream,
        events: DataFrame | None,
        repaired: DataFrame | None = None,
        where: str = "true",
    ) -> None:
        found = [
            rows.withColumn(REPAIRED, F.lit(again))
            for rows, again in ((events, False), (repaired, True))
            if rows is not None
        ]
        self.judged = reduce(DataFrame.unionByName, found)
        self.spark = self.judged.sparkSession
        self.late: DataFrame | None = None
        self._stream = stream
        self._where = where

    def parse(self) -> DataFrame:
        """The events, which are already parsed."""
        return self.judged

    def window(self, events: DataFrame) -> DataFrame:
        """The events that are not late, once per window."""
        topic, window = self._stream.topic, self._stream.window
        in_order = F.when(~F.col(REPAIRED), F.col(topic.event_time))
        rows = in_windows(with_seen(events, in_order), topic.event_time, window)
        late = is_late(topic.lateness) & ~F.col(REPAIRED)
        self.judged = rows.withColumn("late", late).where(self._where).persist()
        self.late = self.judged.where("late").select(*WINDOW, "kafka_partition", *late_event(topic))
        return self.judged.where("not late")

    def write(self, rows: DataFrame) -> None:
        """Keep the rows, with the columns of the table."""
        if self._stream.window is None:
            rows = rows.where(self._where)
        self.rows = rows.select(*columns_of(self._stream))
