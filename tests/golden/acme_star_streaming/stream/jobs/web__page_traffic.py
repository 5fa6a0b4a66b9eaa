"""Makes the table `page_traffic` of the lake. Views of a kind of page in five minutes.

Read: the topic. Parse: `stream.parse`. Transform: here. Write: `stream.batch`.
"""

from __future__ import annotations

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import (
    DecimalType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from stream.model import Stream, Window
from stream.topics.web__page_views import TOPIC

SCHEMA = StructType(
    [
        StructField("window_start", TimestampType()),
        StructField("window_end", TimestampType()),
        StructField("page", StringType()),
        StructField("view_count", LongType()),
        StructField("seconds_sum", DecimalType(38, 2)),
        StructField("seconds_avg__sum", DoubleType()),
        StructField("seconds_avg__count", LongType()),
    ]
)


def figures() -> list[Column]:
    """What the events of a window and group make together."""
    return [
        F.count("*").alias("view_count"),
        F.sum("seconds").cast(DecimalType(38, 2)).alias("seconds_sum"),
        F.sum("seconds").cast("double").alias("seconds_avg__sum"),
        F.count("seconds").alias("seconds_avg__count"),
    ]


STREAM = Stream(
    source="web",
    name="page_traffic",
    topic=TOPIC,
    schema=SCHEMA,
    window=Window(length=300, slide=300),
    groups=("page",),
    figures=figures,
    whole={
        "view_count": "sum",
        "seconds_sum": "sum",
        "seconds_avg__sum": "sum",
        "seconds_avg__count": "sum",
    },
    made_of={
        "view_count": "count(*)",
        "seconds_sum": "sum(seconds)",
        "seconds_avg": "avg(seconds)",
    },
    trigger="available_now",
    max_offsets=500000,
)
