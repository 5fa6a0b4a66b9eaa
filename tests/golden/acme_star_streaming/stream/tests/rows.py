"""Rows of joined tables, for tests."""

from __future__ import annotations

import json

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.lookups.read import Lookup


def rows_of(spark: SparkSession, lookup: Lookup, *rows: dict[str, object]) -> DataFrame:
    """A lookup that has these rows, their values as JSON has them."""
    texts = spark.createDataFrame([(json.dumps(row),) for row in rows], "text string")
    return texts.select(F.from_json("text", lookup.schema).alias("row")).select("row.*")
