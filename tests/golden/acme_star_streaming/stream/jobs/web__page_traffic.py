"""The table `page_traffic` of the lake. Views of a kind of page in five minutes.

read → parse → window → write; `stream/README.md` explains what Spark runs around it.
"""

from __future__ import annotations

from pyspark.sql import functions as F
from pyspark.sql import types as T

from stream.model import Batch, Stream, Window
from stream.topics.web__page_views import TOPIC

SCHEMA = T.StructType(
    [
        T.StructField("window_start", T.TimestampType()),
        T.StructField("window_end", T.TimestampType()),
        T.StructField("page", T.StringType()),
        T.StructField("view_count", T.LongType()),
        T.StructField("seconds_sum", T.DecimalType(38, 2)),
        T.StructField("seconds_avg__sum", T.DoubleType()),
        T.StructField("seconds_avg__count", T.LongType()),
    ]
)
GROUPS = ("page",)


def process(batch: Batch) -> None:
    """Process a batch of messages. Invalid ones become dead letters, and late events stay apart."""
    events = batch.parse()
    windows = batch.window(events)
    rows = windows.groupBy(*batch.keys, *GROUPS).agg(
        *batch.counts,
        F.count("*").alias("view_count"),
        F.sum("seconds").cast(T.DecimalType(38, 2)).alias("seconds_sum"),
        F.sum("seconds").cast("double").alias("seconds_avg__sum"),
        F.count("seconds").alias("seconds_avg__count"),
    )
    batch.write(rows)


STREAM = Stream(
    source="web",
    name="page_traffic",
    topic=TOPIC,
    schema=SCHEMA,
    process=process,
    window=Window(length=300, slide=300),
    groups=GROUPS,
    made_of={
        "view_count": "count(*)",
        "seconds_sum": "sum(seconds)",
        "seconds_avg": "avg(seconds)",
    },
    trigger="available_now",
    max_offsets=500000,
)
