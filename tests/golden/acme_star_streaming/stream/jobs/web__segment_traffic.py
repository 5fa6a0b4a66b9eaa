"""The table `segment_traffic` of the lake. Page views by customers of a segment in five minutes.

read → parse → join → window → write; `stream/README.md` explains what Spark runs around it.
"""

from __future__ import annotations

from pyspark.sql import functions as F
from pyspark.sql import types as T

from stream.lookups.read import Lookup, known
from stream.model import Batch, Stream, Window
from stream.topics.web__page_views import TOPIC

SCHEMA = T.StructType(
    [
        T.StructField("window_start", T.TimestampType()),
        T.StructField("window_end", T.TimestampType()),
        T.StructField("segment", T.StringType()),
        T.StructField("view_count", T.LongType()),
        T.StructField("product_price_avg__sum", T.DoubleType()),
        T.StructField("product_price_avg__count", T.LongType()),
    ]
)
GROUPS = ("segment",)
BY_CUSTOMER_ID = Lookup(
    events="web",
    source="shop",
    table="customers",
    schema=T.StructType(
        [
            T.StructField("customer_id", T.LongType()),
            T.StructField("segment", T.StringType()),
        ]
    ),
)
BY_PRODUCT_ID = Lookup(
    events="web",
    source="shop",
    table="products",
    schema=T.StructType(
        [
            T.StructField("product_id", T.LongType()),
            T.StructField("product_price", T.DecimalType(10, 2), metadata={"origin": "list_price"}),
        ]
    ),
)


def process(batch: Batch) -> None:
    """Process a batch of messages. Invalid ones become dead letters, and late events stay apart."""
    spark = batch.spark
    events = batch.parse()
    events = events.join(F.broadcast(BY_CUSTOMER_ID.rows(spark)), "customer_id", "left")
    events = events.join(F.broadcast(BY_PRODUCT_ID.rows(spark)), "product_id", "left")
    events = events.withColumn("segment", known("segment"))
    windows = batch.window(events)
    rows = windows.groupBy(*batch.keys, *GROUPS).agg(
        *batch.counts,
        F.count("*").alias("view_count"),
        F.sum("product_price").cast("double").alias("product_price_avg__sum"),
        F.count("product_price").alias("product_price_avg__count"),
    )
    batch.write(rows)


STREAM = Stream(
    source="web",
    name="segment_traffic",
    topic=TOPIC,
    schema=SCHEMA,
    process=process,
    window=Window(length=300, slide=300),
    groups=GROUPS,
    made_of={
        "segment": "shop.customers.segment by customer_id",
        "view_count": "count(*)",
        "product_price_avg": "avg(shop.products.list_price by product_id)",
    },
    trigger="available_now",
    max_offsets=500000,
)
