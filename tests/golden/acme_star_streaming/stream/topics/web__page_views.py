"""The events of the topic web.page-views.v1, as sources/web.yml describes them."""

from __future__ import annotations

from pyspark.sql import types as T

from stream.model import Topic

SCHEMA = T.StructType(
    [
        T.StructField("view_id", T.StringType(), nullable=False, metadata={"origin": "viewId"}),
        T.StructField(
            "viewed_at", T.TimestampType(), nullable=False, metadata={"origin": "viewedAt"}
        ),
        T.StructField(
            "visitor_id", T.StringType(), nullable=False, metadata={"origin": "visitorId"}
        ),
        T.StructField("customer_id", T.LongType(), metadata={"origin": "customerId"}),
        T.StructField("product_id", T.LongType(), metadata={"origin": "productId"}),
        T.StructField(
            "page",
            T.StringType(),
            nullable=False,
            metadata={"values": ["home", "category", "product", "basket", "checkout"]},
        ),
        T.StructField("seconds", T.DecimalType(8, 2), metadata={"min": 0, "max": 3600}),
        T.StructField(
            "device",
            T.StructType(
                [
                    T.StructField(
                        "kind",
                        T.StringType(),
                        nullable=False,
                        metadata={"values": ["phone", "tablet", "computer"]},
                    ),
                    T.StructField("language", T.StringType()),
                ]
            ),
            nullable=False,
        ),
        T.StructField("campaigns", T.ArrayType(T.StringType())),
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
