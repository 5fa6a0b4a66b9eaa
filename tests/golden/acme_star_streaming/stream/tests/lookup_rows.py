"""Rows of joined tables, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.lookups.read import Lookup


def look_up(rows: Mapping[str, Mapping[str, object]], monkeypatch: pytest.MonkeyPatch) -> None:
    """Have each lookup find the row of its first column, its values as in JSON, or none."""

    def found(lookup: Lookup, spark: SparkSession) -> DataFrame:
        row = rows.get(lookup.schema.names[0])
        texts = spark.createDataFrame([(json.dumps(row),)] if row else [], "text string")
        return texts.select(F.from_json("text", lookup.schema).alias("row")).select("row.*")

    monkeypatch.setattr(Lookup, "rows", found)
