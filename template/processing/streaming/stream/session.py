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
    # A batch and its transactions take more than the 100 classes that are kept by default: they
    # would be generated, and made fast, for each batch again.
    "spark.sql.codegen.cache.maxEntries": "1000",
    # Who is killed while a query begins leaves half a file in its checkpoint, and Spark would never
    # begin it again. Whether it may is seen from its tables (`stream.run`).
    "spark.sql.streaming.verifyCheckpointDirectoryEmptyOnStart": "false",
    # Each column would be noted with its place in this program, which takes longer than to make it.
    "spark.python.sql.dataFrameDebugging.enabled": "false",
    # What went wrong is read from it (`stream.errors`).
    "spark.sql.pyspark.jvmStacktrace.enabled": "true",
}
SMALL = {
    # One machine has neither a page to look at nor hundreds of cores.
    "spark.ui.enabled": "false",
    "spark.sql.shuffle.partitions": "2",
    "spark.databricks.delta.snapshotPartitions": "1",
    "spark.sql.sources.parallelPartitionDiscovery.parallelism": "2",
    # It starts two processes (chmod) for each file that it puts in its place; the default starts ten.
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
"""For Java where nothing runs for long enough to be worth compiling well.

The room for what is compiled is that which Java has where it compiles well: in less, it forgets.
"""
LONG = " -XX:+UseParallelGC"
"""For Java elsewhere: a large batch fills its memory again and again, and all cores wait until it is cleared."""


def session(name: str, master: str | None = None, *, brief: bool = False) -> SparkSession:
    """A session with Delta, in UTC; on this machine unless another master is named.

    There it has the memory that SPARK_DRIVER_MEMORY says, and is quick to start if it is `brief`.
    """
    master = master or os.environ.get("SPARK_MASTER") or LOCAL
    builder = SparkSession.builder.appName(name).master(master)
    for key, value in settings(master, brief=brief).items():
        builder = builder.config(key, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("ERROR")
    # An error in a batch comes back through Java, with the trace of both.
    logging.getLogger("py4j").setLevel(logging.CRITICAL)
    return spark


def settings(master: str, *, brief: bool) -> dict[str, str]:
    """The settings of a session on that master."""
    found = {**DELTA, **ALWAYS}
    jars = sorted(str(jar.resolve()) for jar in JARS.glob("*.jar"))
    if master.partition("[")[0] == "local":
        # All is one process: no jar has to be sent to another.
        found |= SMALL | {"spark.driver.extraClassPath": ":".join(jars)}
        found["spark.driver.memory"] = os.environ.get("SPARK_DRIVER_MEMORY") or MEMORY
        found["spark.driver.extraJavaOptions"] += BRIEF if brief else LONG
    elif jars:
        found["spark.jars"] = ",".join(jars)
    return found
