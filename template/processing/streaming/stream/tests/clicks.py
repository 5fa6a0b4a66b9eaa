"""A small topic with a stream of its events and a stream of windows, for tests."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from pyspark.sql import DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StringType, StructField, StructType, TimestampType

from stream.batch import Batches
from stream.model import Batch, Stream, Topic, Window
from stream.settings import checkpoints

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
AGGREGATES = StructType(
    [
        StructField("window_start", TimestampType()),
        StructField("window_end", TimestampType()),
        StructField("page", StringType()),
        StructField("clicks", LongType()),
    ]
)
EVENTS = StructType(
    [
        StructField("kafka_partition", LongType()),
        StructField("kafka_offset", LongType()),
        *TOPIC.schema.fields,
    ]
)


def count_pages(batch: Batch) -> None:
    """Count the clicks on each page in a window."""
    windows = batch.window(batch.parse())
    batch.write(
        windows.groupBy(*batch.keys, "page").agg(*batch.counts, F.count("*").alias("clicks"))
    )


def count_all(batch: Batch) -> None:
    """Count the clicks in a window."""
    windows = batch.window(batch.parse())
    batch.write(windows.groupBy(*batch.keys).agg(*batch.counts, F.count("*").alias("clicks")))


def keep(batch: Batch) -> None:
    """Keep the events."""
    batch.write(batch.parse())


PAGES = Stream(
    "clicks",
    "pages",
    TOPIC,
    AGGREGATES,
    count_pages,
    Window(300, 300),
    groups=("page",),
    made_of={"clicks": "count(*)"},
)
ALL = Stream("clicks", "all", TOPIC, EVENTS, keep)


def allowing(stream: Stream, *pages: str) -> Stream:
    """The stream with a contract that allows only these pages."""
    page = StructField("page", StringType(), nullable=False, metadata={"values": list(pages)})
    schema = StructType([TOPIC.schema["at"], page])
    return dataclasses.replace(stream, topic=dataclasses.replace(TOPIC, schema=schema))


def click(time: str, page: str = "home") -> dict[str, str]:
    """An event on a day in January."""
    return {"at": f"2026-01-05T{time}Z", "page": page}


def commit(batches: Batches, messages: DataFrame, batch: int) -> None:
    """Process a batch, and complete it as Spark does."""
    batches(messages, batch)
    commits = Path(checkpoints("clicks"), batches.stream.name, "commits")
    commits.mkdir(parents=True, exist_ok=True)
    (commits / str(batch)).write_text("v1\n{}", encoding="utf-8")


def rows(batches: Batches, table: str, *columns: str) -> list[tuple]:
    """The rows of a table with these columns, sorted."""
    found = getattr(batches, table).rows().select(*columns).collect()
    return sorted(tuple(row) for row in found)
