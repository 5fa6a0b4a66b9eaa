"""Lateness depends on the topic alone, not on the boundaries of batches."""

from __future__ import annotations

import random

import pytest
from pyspark.sql import functions as F

from stream.lateness import in_windows, is_late, with_seen
from stream.model import Window

MINUTE = 60
WINDOWS = Window(length=5 * MINUTE, slide=5 * MINUTE)
SCHEMA = "kafka_partition long, kafka_offset long, seconds long"


def plainly_late(times: list[int], window: Window, lateness: int) -> set[tuple[int, int]]:
    """Event by event: the offset and window end of each that is late."""
    late, seen = set(), None
    for offset, time in enumerate(times):
        start = time // window.slide * window.slide
        while start > time - window.length:
            if seen is not None and start + window.length <= seen - lateness:
                late.add((offset, start + window.length))
            start -= window.slide
        seen = time if seen is None else max(seen, time)
    return late


def late_in_batches(
    spark, times: list[int], sizes: list[int], window: Window, lateness: int
) -> set[tuple[int, int]]:
    """The same by what the jobs do, batch after batch."""
    late, first, seen = set(), 0, {}
    for size in sizes:
        part = times[first : first + size]
        rows = [(0, offset, time) for offset, time in enumerate(part, first)]
        events = spark.createDataFrame(rows, SCHEMA).withColumn(
            "at", F.timestamp_seconds("seconds")
        )
        judged = in_windows(with_seen(events, "at", seen), "at", window).where(is_late(lateness))
        found = judged.select("kafka_offset", F.unix_seconds("window_end")).collect()
        late |= {tuple(row) for row in found}
        now = max(part) * 1_000_000
        first, seen = first + size, {0: max(now, seen.get(0, now))}
    return late


@pytest.mark.parametrize("window", [WINDOWS, Window(length=10 * MINUTE, slide=4 * MINUTE)])
@pytest.mark.parametrize("lateness", [0, 90])
def test_the_same_events_are_late_with_any_batch_size(spark, window, lateness):
    chance = random.Random(7)
    times = [1_000_000 + 20 * number - chance.choice([0, 0, 0, 200, 900]) for number in range(200)]
    expected = plainly_late(times, window, lateness)

    assert expected
    for sizes in ([200], [1, 99, 100], [17, 3, 80, 100]):
        assert late_in_batches(spark, times, sizes, window, lateness) == expected


def test_an_event_is_late_once_its_window_has_closed(spark):
    in_time = [0, 299, 299 + MINUTE, 10]
    too_late = [0, 299, 300 + MINUTE, 10]

    assert late_in_batches(spark, in_time, [4], WINDOWS, MINUTE) == set()
    assert late_in_batches(spark, too_late, [4], WINDOWS, MINUTE) == {(3, 300)}


def test_partitions_do_not_wait_for_each_other(spark):
    rows = [(0, 0, 10_000), (1, 0, 10)]
    events = spark.createDataFrame(rows, SCHEMA).withColumn("at", F.timestamp_seconds("seconds"))

    judged = in_windows(with_seen(events, "at"), "at", WINDOWS)
    assert judged.where(is_late(0)).isEmpty()
