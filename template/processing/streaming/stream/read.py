"""Where messages come from: the broker, or a folder of sample events that look as if they did."""

from __future__ import annotations

import os

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.errors import StreamError
from stream.model import Stream
from stream.settings import SAMPLE_EVENTS

SAMPLE = "topic string, partition int, offset long, timestamp timestamp, key string, value string"


def messages(spark: SparkSession, stream: Stream) -> DataFrame:
    """The topic of a stream, from its beginning; where the query has been before, its checkpoint says."""
    servers = os.environ.get(stream.topic.variable)
    if not servers:
        raise StreamError(
            f"{stream.topic.variable} is not set: it names the brokers, as host:port."
        )
    return (
        spark.readStream.format("kafka")
        .option("kafka.bootstrap.servers", servers)
        .option("subscribe", stream.topic.name)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", stream.max_offsets)
        .option("failOnDataLoss", "true")
        .load()
    )


def sample_messages(spark: SparkSession, stream: Stream) -> DataFrame:
    """The sample events of the topic (`python -m stream.sample`), with the columns of messages."""
    folder = SAMPLE_EVENTS / stream.topic.source / stream.topic.name
    lines = spark.readStream.schema(SAMPLE).option("maxFilesPerTrigger", 1).json(str(folder))
    return lines.withColumn("key", F.col("key").cast("binary")).withColumn(
        "value", F.col("value").cast("binary")
    )
