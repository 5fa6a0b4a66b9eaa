"""Which events are late.

An event is late for a window when the window had been closed before the event came. A window is
closed by the first event of the same partition that happened `lateness` after the window's end:

    late  <=>  end of the window  <=  seen - lateness

where `seen` is the latest time of all events before this one in its partition, in the order of
offsets. Dead letters do not count.

So whether an event is late follows from what is in the topic alone: not from where a batch
happened to end, nor from kills and restarts, nor from how fast the job is. (Spark's own watermark
moves between batches, and drops other events with other batches.) All that has to be remembered
from batch to batch is `seen` at the end of each partition: see `stream.progress`.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from stream.model import Window

Seen = Mapping[int, int]
"""The latest time of all events so far, in microseconds since 1970, by partition."""


def in_windows(events: DataFrame, time: str, window: Window) -> DataFrame:
    """Each event once for every window that it is in, with `window_start` and `window_end`.

    What has no time stays, too, in a window that has none.
    """
    micros = F.unix_micros(time)
    length, slide = window.length * 1_000_000, window.slide * 1_000_000
    start = micros - F.pmod(micros, F.lit(slide))
    if not window.is_tumbling:
        starts = F.array(*(start - slide * number for number in range(-(-length // slide))))
        starts = F.explode_outer(F.filter(starts, lambda start: start + length > micros))
        events, start = events.withColumn("window_start", starts), F.col("window_start")
    end = start + length
    return events.withColumns(
        {"window_start": F.timestamp_micros(start), "window_end": F.timestamp_micros(end)}
    )


def with_seen(events: DataFrame, time: str, before: Seen | None = None) -> DataFrame:
    """The events with `seen`: the latest time of those before each in its partition; null for the first.

    `before` is what had been seen before all of them.
    """
    earlier = Over.partitionBy("kafka_partition").orderBy("kafka_offset")
    earlier = earlier.rowsBetween(Over.unboundedPreceding, -1)
    seen = F.max(time).over(earlier)
    if before:
        times = [F.lit(before.get(part)).cast("long") for part in range(max(before) + 1)]
        of_partition = F.get(F.array(*times), F.col("kafka_partition").cast("int"))
        seen = F.greatest(seen, F.timestamp_micros(of_partition))
    return events.withColumn("seen", seen)


def is_late(lateness: int) -> Column:
    """Whether a row is late; it has `window_end` and `seen`."""
    closed = F.unix_micros("window_end") <= F.unix_micros("seen") - lateness * 1_000_000
    return F.coalesce(closed, F.lit(False))
