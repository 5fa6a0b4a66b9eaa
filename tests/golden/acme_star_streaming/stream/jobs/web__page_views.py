"""Makes the table `page_views` of the lake. One page view.

Read: the topic. Parse: `stream.parse`. Transform: here. Write: `stream.batch`.
"""

from __future__ import annotations

from pyspark.sql.types import LongType, StructField, StructType

from stream.model import Stream
from stream.topics.web__page_views import TOPIC

SCHEMA = StructType(
    [
        StructField("kafka_partition", LongType()),
        StructField("kafka_offset", LongType()),
        *TOPIC.schema.fields,
    ]
)

STREAM = Stream(
    source="web",
    name="page_views",
    topic=TOPIC,
    schema=SCHEMA,
    trigger="available_now",
    max_offsets=500000,
)
