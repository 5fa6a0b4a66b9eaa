"""The Spark session of the jobs and of their tests."""

from __future__ import annotations

import os
from pathlib import Path

from pyspark.sql import SparkSession

from stream.settings import JARS

LOCAL = "local[2]"
DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
SMALL = {
    # A laptop has neither a page to look at nor hundreds of cores.
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC "
    f"-Dlog4j2.configurationFile={(Path(__file__).parent / 'log4j2.properties').as_uri()}",
    "spark.ui.showConsoleProgress": "false",
}


def session(name: str, master: str | None = None) -> SparkSession:
    """A session with Delta, in UTC; on this machine unless another master is named."""
    master = master or os.environ.get("SPARK_MASTER") or LOCAL
    builder = SparkSession.builder.appName(name).master(master)
    settings = {**DELTA, "spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true"}
    if jars := sorted(str(jar) for jar in JARS.glob("*.jar")):
        settings["spark.jars"] = ",".join(jars)
    if master.startswith("local"):
        settings |= SMALL
    for key, value in settings.items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    return spark
