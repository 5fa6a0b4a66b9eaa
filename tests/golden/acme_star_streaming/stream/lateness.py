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

The events of a batch are put in order only where some may be late: in spans of a few messages
whose earliest event is too old for what has been seen at their end.
"""

from __future__ import annotations

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import Window as Over
from pyspark.sql import functions as F

from stream.model import Window

Seen = Mapping[int, int]
"""The latest time of all events so far, in microseconds since 1970, by partition."""
Spans = Mapping[tuple[int, int], tuple[int, int]]
"""The earliest and the latest time of the events of each span, by partition and number of the span."""
PLACE = ("kafka_partition", "kafka_offset", "window_end")
"""Which event it is, and in which of its windows."""
# No field of an event has a name with a space.
SPAN, BEFORE = "the span", "seen before"
SPAN_BITS = 5
"""A span is 2^5 messages that follow each other: enough to make few rows of them, and so few that most
have no late event, even where one in a hundred events is late."""
DOUBTS = f"kafka_partition long, `{SPAN}` long, `{BEFORE}` long"
"""Columns: the spans in which events may be late, and what had been seen before each, in microseconds."""


def span(offset: str) -> Column:
    """The number of the span that a message is in."""
    return F.shiftright(offset, SPAN_BITS).alias(SPAN)


def in_windows(events: DataFrame, time: str, window: Window) -> DataFrame:
    """Each event once for every window that it is in, with `window_start` and `window_end`."""
    if window.is_tumbling:
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


def with_seen(events: DataFrame, time: str, *within: str) -> DataFrame:
    """The events with `seen`: the latest time of those before each in its partition; null for the first.

    With further columns `within` which only the events before it count.
    """
    earlier = (
        Over.partitionBy("kafka_partition", *within)
        .orderBy("kafka_offset")
        .rowsBetween(Over.unboundedPreceding, -1)
    )
    return events.withColumn("seen", F.max(time).over(earlier))


def with_late(rows: DataFrame, lateness: int) -> DataFrame:
    """The rows with `late`; they have `window_end` and `seen`."""
    closed = F.col("window_end") <= F.col("seen") - F.expr(f"INTERVAL {lateness} SECONDS")
    return rows.withColumn("late", F.coalesce(closed, F.lit(False)))


def in_doubt(
    spans: Spans, before: Seen, window: Window, lateness: int
) -> dict[tuple[int, int], int | None]:
    """The spans in which an event may be late, with what had been seen before each, if anything had been."""
    slide, over = window.slide * 1_000_000, window.length % window.slide * 1_000_000
    seen, found = dict(before), {}
    for place, (earliest, latest) in sorted(spans.items()):
        partition, _ = place
        so_far = seen.get(partition)
        seen[partition] = latest if so_far is None else max(latest, so_far)
        first_end = (earliest - over) // slide * slide + over + slide
        if first_end <= seen[partition] - lateness * 1_000_000:
            found[place] = so_far
    return found


def late_places(
    events: DataFrame, time: str, doubts: DataFrame, window: Window, lateness: int
) -> DataFrame:
    """The places of the late events in the spans that are in doubt, and what had been `seen` when they came.

    Events are put in order for this; so the columns that it does not take are left behind.
    """
    times = events.select("kafka_partition", "kafka_offset", time, span("kafka_offset"))
    times = times.join(F.broadcast(doubts), ["kafka_partition", SPAN])
    before = F.timestamp_micros(BEFORE)
    seen = with_seen(times, time, SPAN).withColumn("seen", F.greatest("seen", before))
    rows = in_windows(seen, time, window)
    return with_late(rows, lateness).where("late").select(*PLACE, "seen")
