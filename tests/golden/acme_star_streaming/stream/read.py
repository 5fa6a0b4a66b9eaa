"""Where messages come from: the broker, or a folder of sample events that look as if they did."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.broker import check
from stream.connection import spark_options
from stream.model import Stream
from stream.progress import Progress
from stream.settings import SAMPLE_EVENTS, checkpoints

SAMPLE = "topic string, partition int, offset long, timestamp timestamp, key string, value string"
PATIENCE = 5 * 60 * 1000
"""How many milliseconds brokers that are away are waited for; after that the query ends with an error.

By default, a batch that is being read gives up after one minute, or after two, and what plans the
batches after three.
"""


def messages(spark: SparkSession, stream: Stream) -> DataFrame:
    """The topic of a stream, from its beginning; where the query has been before, its checkpoint says.

    Raises `StreamError` if the topic is not there, or is another one than the stream has read.
    """
    progress = Progress(spark, f"{checkpoints(stream.source)}/{stream.name}")
    check(stream.topic, progress.written())
    return (
        spark.readStream.format("kafka")
        .options(**spark_options(stream.topic))
        .option("subscribe", stream.topic.name)
        .option("startingOffsets", "earliest")
        .option("maxOffsetsPerTrigger", stream.max_offsets)
        .option("failOnDataLoss", "true")
        .option("kafka.default.api.timeout.ms", PATIENCE)
        .option("kafkaConsumer.pollTimeoutMs", PATIENCE)
        .option("fetchOffset.numRetries", 1)
        .load()
    )


def sample_messages(spark: SparkSession, stream: Stream) -> DataFrame:
    """The sample events of the topic (`python -m stream.sample`), with the columns of messages."""
    folder = SAMPLE_EVENTS / stream.topic.source / stream.topic.name
    lines = spark.readStream.schema(SAMPLE).option("maxFilesPerTrigger", 1).json(str(folder))
    return lines.withColumn("key", F.col("key").cast("binary")).withColumn(
        "value", F.col("value").cast("binary")
    )
