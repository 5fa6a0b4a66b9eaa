"""The jobs over sample events: how they read them, and the lake that they write, apart from that of the topics."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from ingest.lakes import SAMPLE_LAKES, use_lakes_in
from stream.model import Stream
from stream.settings import ROOT, SAMPLE_EVENTS, checkpoints, lake

SCHEMA = "topic string, partition int, offset long, timestamp timestamp, key string, value string"


def sample_messages(spark: SparkSession, stream: Stream) -> DataFrame:
    """The sample events of the topic (`python -m stream.sample`), with the columns of Kafka messages."""
    folder = SAMPLE_EVENTS / stream.topic.source / stream.topic.name
    lines = spark.readStream.schema(SCHEMA).option("maxFilesPerTrigger", 1).json(str(folder))
    return lines.withColumns({name: F.col(name).cast("binary") for name in ("key", "value")})


def empty_sample_lake(streams: Sequence[Stream]) -> None:
    """Point this process at the sample lakes, whatever the variables say, and delete the tables of earlier runs."""
    use_lakes_in(ROOT / SAMPLE_LAKES, {stream.source for stream in streams})
    for stream in streams:
        table = f"{lake(stream.source)}/{stream.name}"
        checkpoint = f"{checkpoints(stream.source)}/{stream.name}"
        for folder in (table, f"{table}__late", f"{table}__dead_letters", checkpoint):
            if Path(folder).exists():
                shutil.rmtree(folder)
