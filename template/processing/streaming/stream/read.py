"""Reads the topic of a stream."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession

from stream.kafka import check, spark_options
from stream.model import Stream
from stream.progress import Progress
from stream.settings import checkpoints

PATIENCE = 5 * 60 * 1000
"""How many milliseconds to wait for brokers that do not answer; then the query ends with an error.

By default, a batch gives up after one or two minutes, and the planning of batches after three.
"""


def messages(spark: SparkSession, stream: Stream) -> DataFrame:
    """The topic from its beginning, or from where the checkpoint says.

    Raises `StreamError` if the topic does not exist, or is not the one that the stream has read.
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
