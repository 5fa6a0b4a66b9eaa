"""Runs streams until there is nothing left to read, or until it is told to stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import StreamingQuery

from stream.batch import Batches
from stream.errors import StreamError
from stream.model import Stream
from stream.settings import checkpoints

ALL_THERE_IS = "available_now"
STOPPING = 60
"""How many seconds a batch that has begun may take to end when the job is told to stop."""


def start(
    spark: SparkSession, stream: Stream, messages: DataFrame, *, once: bool
) -> StreamingQuery:
    """Start the query of a stream: over all that is there, if `once`, else as its trigger says."""
    batches = Batches(spark, stream)
    batches.create_tables()
    checkpoint = f"{checkpoints(stream.source)}/{stream.name}"
    _refuse_to_begin_anew(batches, checkpoint)
    writer = (
        messages.writeStream.queryName(stream.query)
        .foreachBatch(batches)
        .option("checkpointLocation", checkpoint)
    )
    if once or stream.trigger == ALL_THERE_IS:
        return writer.trigger(availableNow=True).start()
    return writer.trigger(processingTime=stream.trigger).start()


def run(spark: SparkSession, started: Iterable[StreamingQuery]) -> None:
    """Wait for the queries to end. At SIGTERM or Ctrl-C those that run on are stopped between two batches.

    Raises the error of a query that failed.
    """
    told: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, _: told.append(number))
    queries = list(started)
    while any(query.isActive for query in queries) and not told:
        for query in queries:
            if query.exception():
                _stop(queries)
        time.sleep(0.2)
    _stop(queries)
    for query in queries:
        if error := query.exception():
            raise error


def _stop(queries: list[StreamingQuery]) -> None:
    patience = time.monotonic() + STOPPING
    while any(query.isActive and query.status["isTriggerActive"] for query in queries):
        if time.monotonic() > patience:
            break
        time.sleep(0.1)
    for query in queries:
        query.stop()


def _refuse_to_begin_anew(batches: Batches, checkpoint: str) -> None:
    """Without its checkpoint a query would take its first batches for some that it has written already."""
    if "://" in checkpoint or any(Path(checkpoint, "offsets").glob("[0-9]*")):
        return
    written = [last for table in batches.tables if (last := table.last_batch()) is not None]
    if written:
        raise StreamError.checkpoint(
            checkpoint, f"it is gone, but its tables have {max(written) + 1} batches"
        )
