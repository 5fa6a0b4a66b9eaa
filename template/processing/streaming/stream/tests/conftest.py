"""One Spark session for all tests; without pyspark (in .venv) there is nothing to collect here."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Iterable
from datetime import datetime, timezone

import pytest

if importlib.util.find_spec("pyspark") is None:
    collect_ignore_glob = ["test_*.py"]
else:
    from pyspark.sql import DataFrame, SparkSession
    from pyspark.sql import functions as F

    Messages = Callable[[Iterable[object]], DataFrame]
    WRITTEN = datetime(2026, 1, 5, 12, tzinfo=timezone.utc)
    QUICK = {
        "spark.sql.adaptive.enabled": "false",
        "spark.sql.codegen.factoryMode": "NO_CODEGEN",
        "spark.sql.codegen.wholeStage": "false",
    }
    """For a few rows, generating and compiling code takes longer than interpreting."""

    @pytest.fixture(scope="session")
    def spark() -> Iterable[SparkSession]:
        from stream.session import session

        spark = session("tests", "local[1]", brief=True)
        for key, value in QUICK.items():
            spark.conf.set(key, value)
        yield spark
        spark.stop()

    @pytest.fixture(scope="session")
    def messages(spark: SparkSession) -> Messages:
        """Creates messages of one partition, with texts as values; other values become JSON."""

        def make(values: Iterable[object], first: int = 0) -> DataFrame:
            texts = [
                value if isinstance(value, str | None) else json.dumps(value) for value in values
            ]
            rows = [
                ("t", 0, first + offset, WRITTEN, None, text) for offset, text in enumerate(texts)
            ]
            schema = "topic string, partition int, offset long, timestamp timestamp, key binary, value string"
            return spark.createDataFrame(rows, schema).withColumn(
                "value", F.col("value").cast("binary")
            )

        return make
