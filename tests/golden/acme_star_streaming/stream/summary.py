"""What is in the lake, in a few lines."""

from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import SparkSession

from stream.batch import Batches
from stream.model import Stream


def show(spark: SparkSession, streams: Iterable[Stream]) -> None:
    """Print how many rows each table of the streams has."""
    for stream in streams:
        counts = []
        for table in Batches(spark, stream).tables:
            rows = spark.read.format("delta").load(table.path).count()
            counts.append(f"{rows:,} in {table.path.rpartition('/')[2]}")
        print(f"{stream.query}: {', '.join(counts)}")
