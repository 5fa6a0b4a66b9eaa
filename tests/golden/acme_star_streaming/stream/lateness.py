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

from pyspark.sql import DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from stream.model import Window

Seen = Mapping[int, int]
"""The latest time of all events so far, in microseconds since 1970, by partition."""
PLACE = ("kafka_partition", "kafka_offset", "window_end")
"""Which event it is, and in which of its windows."""


def in_windows(events: DataFrame, time: str, window: Window) -> DataFrame:
    """Each event once for every window that it is in, with `window_start` and `window_end`."""
    if window.length == window.slide:
        # What has no time stays, too.
        micros, length = F.unix_micros(time), F.lit(window.length * 1_000_000)
        start = micros - F.pmod(micros, length)
        events = events.withColumn("window_start", F.timestamp_micros(start))
        return events.withColumn("window_end", F.timestamp_micros(start + length))
    spans = F.window(time, f"{window.length} seconds", f"{window.slide} seconds")
    return (
        events.withColumn("_window", spans)
        .withColumn("window_start", F.col("_window.start"))
        .withColumn("window_end", F.col("_window.end"))
        .drop("_window")
    )


def with_seen(events: DataFrame, time: str, before: Seen) -> DataFrame:
    """The events with `seen`: the latest time of those before each in its partition; null for the very first."""
    earlier = (
        Over.partitionBy("kafka_partition")
        .orderBy("kafka_offset")
        .rowsBetween(Over.unboundedPreceding, -1)
    )
    seen = F.max(time).over(earlier)
    if before:
        pairs = [F.lit(part) for pair in sorted(before.items()) for part in pair]
        seen = F.greatest(seen, F.timestamp_micros(F.create_map(*pairs)[F.col("kafka_partition")]))
    return events.withColumn("seen", seen)


def with_late(rows: DataFrame, lateness: int) -> DataFrame:
    """The rows with `late`; they have `window_end` and `seen`."""
    closed = F.col("window_end") <= F.col("seen") - F.expr(f"INTERVAL {lateness} SECONDS")
    return rows.withColumn("late", F.coalesce(closed, F.lit(False)))


def late_places(
    events: DataFrame, time: str, before: Seen, window: Window, lateness: int
) -> DataFrame:
    """The places of the late events, and what had been `seen` when they came.

    Events are put in order for this; so the columns that it does not take are left behind.
    """
    times = events.select("kafka_partition", "kafka_offset", time)
    rows = in_windows(with_seen(times, time, before), time, window)
    return with_late(rows, lateness).where("late").select(*PLACE, "seen")


def none_late(earliest: Mapping[int, int], seen: Seen, window: Window, lateness: int) -> bool:
    """Whether no event of a batch can be late, by the earliest time in it and all that will have been seen.

    Then there is nothing to put in order: the usual case for a job that keeps up with its topic.
    """
    slide, over = window.slide * 1_000_000, window.length % window.slide * 1_000_000
    first_end = {
        part: (time - over) // slide * slide + over + slide for part, time in earliest.items()
    }
    return all(end > seen[part] - lateness * 1_000_000 for part, end in first_end.items())
