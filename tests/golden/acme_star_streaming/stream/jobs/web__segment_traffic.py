"""Makes the table `segment_traffic` of the lake. Page views by customers of a segment in five minutes.

Read: the topic. Parse: `stream.parse`. Transform: here. Write: `stream.batch`.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
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

from stream.lookups.read import Lookup, known, with_lookups
from stream.model import Stream, Window
from stream.topics.web__page_views import TOPIC

SCHEMA = StructType(
    [
        StructField("window_start", TimestampType()),
        StructField("window_end", TimestampType()),
        StructField("segment", StringType()),
        StructField("view_count", LongType()),
        StructField("product_price_avg__sum", DoubleType()),
        StructField("product_price_avg__count", LongType()),
    ]
)
BY_CUSTOMER_ID = Lookup(
    events="web",
    source="shop",
    table="customers",
    schema=StructType(
        [
            StructField("customer_id", LongType()),
            StructField("segment", StringType()),
        ]
    ),
)
BY_PRODUCT_ID = Lookup(
    events="web",
    source="shop",
    table="products",
    schema=StructType(
        [
            StructField("product_id", LongType()),
            StructField("product_price", DecimalType(10, 2), metadata={"origin": "list_price"}),
        ]
    ),
)


def joined(events: DataFrame, by_customer_id: DataFrame, by_product_id: DataFrame) -> DataFrame:
    """The events with what is joined to them."""
    events = events.join(F.broadcast(by_customer_id), "customer_id", "left")
    events = events.join(F.broadcast(by_product_id), "product_id", "left")
    return events.withColumn("segment", known("segment"))


def figures() -> list[Column]:
    """What the events of a window and group make together."""
    return [
        F.count("*").alias("view_count"),
        F.sum("product_price").cast("double").alias("product_price_avg__sum"),
        F.count("product_price").alias("product_price_avg__count"),
    ]


STREAM = Stream(
    source="web",
    name="segment_traffic",
    topic=TOPIC,
    schema=SCHEMA,
    window=Window(length=300, slide=300),
    joined=with_lookups(joined, BY_CUSTOMER_ID, BY_PRODUCT_ID),
    groups=("segment",),
    figures=figures,
    whole={
        "view_count": "sum",
        "product_price_avg__sum": "sum",
        "product_price_avg__count": "sum",
    },
    made_of={
        "segment": "shop.customers.segment by customer_id",
        "view_count": "count(*)",
        "product_price_avg": "avg(shop.products.list_price by product_id)",
    },
    trigger="available_now",
    max_offsets=500000,
)
