"""The events of the topic web.page-views.v1, as sources/web.yml describes them."""

from __future__ import annotations

from pyspark.sql.types import (
    ArrayType,
    DecimalType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from stream.model import Topic

SCHEMA = StructType(
    [
        StructField("view_id", StringType(), nullable=False, metadata={"origin": "viewId"}),
        StructField("viewed_at", TimestampType(), nullable=False, metadata={"origin": "viewedAt"}),
        StructField("visitor_id", StringType(), nullable=False, metadata={"origin": "visitorId"}),
        StructField("customer_id", LongType(), nullable=True, metadata={"origin": "customerId"}),
        StructField("product_id", LongType(), nullable=True, metadata={"origin": "productId"}),
        StructField(
            "page",
            StringType(),
            nullable=False,
            metadata={"values": ["home", "category", "product", "basket", "checkout"]},
        ),
        StructField("seconds", DecimalType(8, 2), nullable=True, metadata={"min": 0, "max": 3600}),
        StructField(
            "device",
            StructType(
                [
                    StructField(
                        "kind",
                        StringType(),
                        nullable=False,
                        metadata={"values": ["phone", "tablet", "computer"]},
                    ),
                    StructField("language", StringType(), nullable=True),
                ]
            ),
            nullable=False,
        ),
        StructField("campaigns", ArrayType(StringType()), nullable=True),
    ]
)

TOPIC = Topic(
    source="web",
    name="web.page-views.v1",
    schema=SCHEMA,
    event_time="viewed_at",
    lateness=600,
    key="visitor_id",
    partitions=2,
    replication=-1,
    retention=604800,
    variable="WEB_URL",
)
