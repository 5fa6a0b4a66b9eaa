"""The table `page_views` of the lake. One page view.

read → parse → write; `stream/README.md` explains what Spark runs around it.
"""

from __future__ import annotations

from pyspark.sql import types as T

from stream.model import Batch, Stream
from stream.topics.web__page_views import TOPIC

SCHEMA = T.StructType(
    [
        T.StructField("kafka_partition", T.LongType()),
        T.StructField("kafka_offset", T.LongType()),
        *TOPIC.schema.fields,
    ]
)


def process(batch: Batch) -> None:
    """Process a batch of messages. Invalid ones become dead letters."""
    events = batch.parse()
    batch.write(events)


STREAM = Stream(
    source="web",
    name="page_views",
    topic=TOPIC,
    schema=SCHEMA,
    process=process,
    trigger="available_now",
    max_offsets=500000,
)
