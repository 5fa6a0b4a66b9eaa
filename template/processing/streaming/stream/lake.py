"""The tables of the lake, in Delta. Every write says of which batch it is, so that none counts twice."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

from stream.model import nullable

BATCH = StructField("batch", LongType())
"""The number of the batch that wrote a row."""


class LakeTable:
    """A Delta table that one query appends to, a batch at a time."""

    def __init__(self, spark: SparkSession, path: str, query: str) -> None:
        self.path = path
        self._spark = spark
        self._query = query

    def create(self, schema: StructType) -> None:
        """Make the table, empty, if it is not there."""
        empty = self._spark.createDataFrame([], nullable(StructType([*schema.fields, BATCH])))
        empty.write.format("delta").mode("ignore").save(self.path)

    def append(self, rows: DataFrame, batch: int) -> None:
        """Add the rows of a batch; nothing happens if they have been added before."""
        (
            rows.withColumn(BATCH.name, F.lit(batch).cast(BATCH.dataType))
            .write.format("delta")
            .mode("append")
            .option("txnAppId", f"{self._query} {self.path}")
            .option("txnVersion", batch)
            .save(self.path)
        )

    def last_batch(self) -> int | None:
        """The number of the last batch that added rows, or None."""
        return self._spark.read.format("delta").load(self.path).agg(F.max(BATCH.name)).first()[0]
