"""The Spark session of the jobs and of their tests."""

from __future__ import annotations

import logging
import os
from pathlib import Path

from pyspark.sql import SparkSession

from stream.settings import JARS, LOG

LOCAL = "local[2]"
DELTA = {
    "spark.sql.extensions": "io.delta.sql.DeltaSparkSessionExtension",
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
}
ALWAYS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.ansi.enabled": "true",
    # A batch and its transactions need more than the 100 generated classes that Spark keeps by default.
    "spark.sql.codegen.cache.maxEntries": "1000",
    # A query that was killed while it started leaves half a file in its checkpoint, and Spark would
    # refuse to start it again. `stream.run` checks its tables instead.
    "spark.sql.streaming.verifyCheckpointDirectoryEmptyOnStart": "false",
    # Recording where each column is created takes longer than creating it.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # `stream.errors` reads it.
    "spark.sql.pyspark.jvmStacktrace.enabled": "true",
}
SMALL = {
    # For one machine with few cores.
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    # It starts two processes (chmod) per file; the default starts ten.
    "spark.sql.streaming.checkpointFileManagerClass": "org.apache.spark.sql.execution.streaming"
    ".checkpointing.FileSystemBasedCheckpointFileManager",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.extraJavaOptions": "-Dlog4j2.configurationFile="
    f"{(Path(__file__).parent / 'log4j2.properties').as_uri()} "
    f'-Dstream.log="{LOG}"',
    "spark.ui.showConsoleProgress": "false",
}
MEMORY = "1g"
BRIEF = " -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m"
"""For short runs, which optimized compilation does not pay off for. The code cache keeps its usual size."""
LONG = " -XX:+UseParallelGC"
"""For other runs: large batches fill the memory again and again, and collecting it in parallel is faster."""


def session(name: str, master: str | None = None, *, brief: bool = False) -> SparkSession:
    """A session with Delta, in UTC; on this machine unless another master is given.

    On this machine, SPARK_DRIVER_MEMORY sets its memory, and a `brief` one starts fast.
    """
    master = master or os.environ.get("SPARK_MASTER") or LOCAL
    builder = SparkSession.builder.appName(name).master(master)
    for key, value in settings(master, brief=brief).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    # Errors in batches would be logged with the traces of Python and Java.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    return spark


def settings(master: str, *, brief: bool) -> dict[str, str]:
    """The settings of a session on that master."""
    found = {**DELTA, **ALWAYS}
    jars = sorted(str(jar.resolve()) for jar in JARS.glob("*.jar"))
    if master.partition("[")[0] == "local":
        # There is only one process, so no jar needs to be sent.
        found |= SMALL | {"spark.driver.extraClassPath": ":".join(jars)}
        found["spark.driver.memory"] = os.environ.get("SPARK_DRIVER_MEMORY") or MEMORY
        found["spark.driver.extraJavaOptions"] += BRIEF if brief else LONG
    elif jars:
        found["spark.jars"] = ",".join(jars)
    return found
