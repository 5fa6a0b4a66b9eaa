"""Which events are late.

An event is late for a window that was closed before the event arrived. A window is closed by the
first event of the same partition whose time is `lateness` after the end of the window:

    late  <=>  end of the window  <=  seen - lateness

`seen` is the latest event time of all earlier offsets of the partition, dead letters excluded.

So lateness depends on the topic alone, not on the boundaries of batches, on restarts, or on the
speed of the job. (Spark's own watermark advances between batches, so other batches drop other
events.) `stream.progress` carries `seen` from batch to batch.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from stream.model import Window

Seen = Mapping[int, int]
"""The latest event time so far, in microseconds since 1970, by partition."""


def in_windows(events: DataFrame, time: str, window: Window) -> DataFrame:
    """Each event once per window, with `window_start` and `window_end`.

    A row without a time is kept, with a window of nulls.
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


def with_seen(events: DataFrame, time: Column | str, before: Seen | None = None) -> DataFrame:
    """The events with `seen`: the latest time of the earlier ones in the partition; null for the first.

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
    """Whether a row with `window_end` and `seen` is late."""
    closed = F.unix_micros("window_end") <= F.unix_micros("seen") - lateness * 1_000_000
    return F.coalesce(closed, F.lit(False))
