"""What a batch writes, and that it is written once."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from stream.batch import Batches
from stream.errors import StreamError
from stream.model import Stream, Topic, Window
from stream.progress import Progress
from stream.run import start

TOPIC = Topic(
    source="clicks",
    name="clicks",
    schema=StructType(
        [
            StructField("at", TimestampType(), nullable=False),
            StructField("page", StringType(), nullable=False),
        ]
    ),
    event_time="at",
    lateness=0,
    key=None,
    partitions=1,
    replication=1,
    retention=86400,
    variable="CLICKS_URL",
)
SCHEMA = StructType(
    [
        StructField("window_start", TimestampType()),
        StructField("window_end", TimestampType()),
        StructField("page", StringType()),
        StructField("clicks", LongType()),
    ]
)


def count_pages(events):
    """How often each page was seen in each window."""
    return (
        events.groupBy("window_start", "window_end", "page")
        .count()
        .withColumnRenamed("count", "clicks")
    )


PAGES = Stream("clicks", "pages", TOPIC, count_pages, SCHEMA, Window(300, 300))


def click(time: str, page: str = "home") -> dict[str, str]:
    return {"at": f"2026-01-05T{time}Z", "page": page}


@pytest.fixture
def batches(spark, tmp_path, monkeypatch) -> Batches:
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    batches = Batches(spark, PAGES)
    batches.create_tables()
    return batches


def rows(batches: Batches, table: str, columns: Iterable[str]) -> list[tuple]:
    path = getattr(batches, table).path
    spark = batches.table._spark
    return sorted(
        tuple(row) for row in spark.read.format("delta").load(path).select(*columns).collect()
    )


def test_each_message_is_counted_or_late_or_dead(batches, messages):
    batches(
        messages(
            [click("09:00:00"), "{broken", click("09:05:00"), click("09:01:00"), click("09:06:00")]
        ),
        0,
    )

    assert rows(batches, "table", ["page", "clicks"]) == [("home", 1), ("home", 2)]
    assert rows(batches, "late", ["kafka_offset", "event"]) == [
        (3, '{"at":"2026-01-05T09:01:00.000Z","page":"home"}')
    ]
    assert rows(batches, "dead", ["offset", "reason"]) == [(1, "not_json")]


def test_a_batch_that_is_repeated_changes_nothing(spark, batches, messages):
    first = messages([click("09:00:00"), "{broken"])
    second = messages([click("09:05:00"), click("09:01:00")], first=2)
    batches(first, 0)
    for again in (batches, Batches(spark, PAGES), Batches(spark, PAGES)):
        again(second, 1)

    assert rows(batches, "table", ["clicks", "batch"]) == [(1, 0), (1, 1)]
    assert rows(batches, "late", ["kafka_offset", "batch"]) == [(3, 1)]
    assert rows(batches, "dead", ["offset", "batch"]) == [(1, 0)]


def test_a_memory_that_is_gone_is_an_error_that_names_its_page(spark, tmp_path):
    with pytest.raises(StreamError, match=r"docs/runbooks/checkpoint-lost.md"):
        Progress(spark, str(tmp_path)).before(3)


def test_a_stream_does_not_begin_anew_over_what_it_has_written(spark, batches, messages):
    batches(messages([click("09:00:00")]), 0)

    with pytest.raises(StreamError, match=r"docs/runbooks/checkpoint-lost.md"):
        start(spark, PAGES, messages([]), once=True)
