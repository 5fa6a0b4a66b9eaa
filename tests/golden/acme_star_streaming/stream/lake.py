"""The tables of the lake, in Delta. Every write says of which batch it is, so that none counts twice."""

from __future__ import annotations

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

from stream.growth import grow
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
        """Make the table, empty, if it is not there; if it is, give it the columns that it lacks.

        Raises `StreamError` where a column would have to become something else.
        """
        wanted = nullable(StructType([*schema.fields, BATCH]))
        empty = self._spark.createDataFrame([], wanted)
        empty.write.format("delta").mode("ignore").save(self.path)
        grow(self._spark, self.path, wanted)

    def rows(self) -> DataFrame:
        """What is in the table."""
        return self._spark.read.format("delta").load(self.path)

    def append(self, rows: DataFrame, batch: int, *, repair: int | None = None) -> None:
        """Add the rows of a batch, or of a repair after it; nothing happens if they have been added before."""
        (
            with_batch(rows, batch)
            .write.format("delta")
            .mode("append")
            .option("txnAppId", f"{self._query}{' repair' if repair else ''} {self.path}")
            .option("txnVersion", repair or batch)
            .save(self.path)
        )

    def replace(self, where: str, rows: DataFrame, last: int) -> None:
        """In one transaction, put rows in the place of those that match and are of no later batch than the last.

        The rows have their batches. What a running job adds meanwhile is of later ones, and stays.
        """
        (
            rows.write.format("delta")
            .mode("overwrite")
            .option("replaceWhere", f"{where} AND {BATCH.name} <= {last}")
            .save(self.path)
        )

    def last_batch(self) -> int | None:
        """The number of the last batch that added rows, or None."""
        return self.rows().agg(F.max(BATCH.name)).first()[0]


def with_batch(rows: DataFrame, batch: int) -> DataFrame:
    """The rows as those of a batch."""
    return rows.withColumn(BATCH.name, F.lit(batch).cast(BATCH.dataType))
