"""Runs streams until there is nothing left to read, or until it is told to stop."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import StreamingQuery

from stream.batch import Batches
from stream.errors import FAILURES, StreamError, explained
from stream.lake import NONE, last_batch
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
    batches.begun = batches.progress.begun()
    _refuse_another_history(batches, checkpoint)
    writer = (
        messages.writeStream.queryName(stream.query)
        .foreachBatch(batches)
        .option("checkpointLocation", checkpoint)
    )
    if once or stream.trigger == ALL_THERE_IS:
        writer = writer.trigger(availableNow=True)
    else:
        writer = writer.trigger(processingTime=stream.trigger)
    try:
        return writer.start()
    except FAILURES as error:
        raise explained(error, checkpoint) from error


def run(spark: SparkSession, started: Iterable[StreamingQuery]) -> None:
    """Wait for the queries to end. At SIGTERM or Ctrl-C those that run on are stopped between two batches.

    Raises `StreamError` for a query that failed.
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
            raise explained(error)


def _stop(queries: list[StreamingQuery]) -> None:
    patience = time.monotonic() + STOPPING
    for query in queries:
        # Under load one batch follows the other at once, so an idle moment may never come.
        ended = _last_ended(query)
        while _is_busy(query) and _last_ended(query) == ended and time.monotonic() < patience:
            time.sleep(0.02)
        query.stop()


def _is_busy(query: StreamingQuery) -> bool:
    return query.isActive and query.status["isTriggerActive"]


def _last_ended(query: StreamingQuery) -> str | None:
    """When the last batch that has ended had begun."""
    progress = query.lastProgress
    return progress["timestamp"] if progress else None


def _refuse_another_history(batches: Batches, checkpoint: str) -> None:
    """Delta takes no batch twice: whatever the query read as one that its tables have would be lost."""
    begun, last = batches.begun, last_batch(batches.tables)
    if last == NONE:
        return
    if begun is None:
        raise StreamError.checkpoint(
            checkpoint, f"it is gone, but its tables have {last + 1} batches"
        )
    if begun < last:
        raise StreamError.checkpoint(
            checkpoint, f"it ends with batch {begun}, but its tables with batch {last}"
        )
