"""Runs streams: read → the job's `process` for each batch → checkpoint, until nothing is left or they are stopped."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterable

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.streaming import StreamingQuery

from stream.batch import Batches
from stream.errors import FAILURES, StreamError, explained
from stream.lake import NONE
from stream.model import ALL_AVAILABLE, Stream
from stream.settings import checkpoints

STOPPING = 60
"""How many seconds a running batch may take to end when the job is stopped."""


def start(
    spark: SparkSession, stream: Stream, messages: DataFrame, *, once: bool
) -> StreamingQuery:
    """Start the query of a stream: with all available messages if `once`, else with its trigger.

    Raises `StreamError` if its tables or its checkpoint do not allow that.
    """
    batches = Batches(spark, stream)
    batches.create_tables()
    checkpoint = f"{checkpoints(stream.source)}/{stream.name}"
    batches.begun = batches.progress.begun()
    _refuse_lost_checkpoint(batches, checkpoint)
    writer = (
        messages.writeStream.queryName(stream.query)
        .foreachBatch(batches)
        .option("checkpointLocation", checkpoint)
    )
    ends = once or stream.trigger == ALL_AVAILABLE
    trigger = {"availableNow": True} if ends else {"processingTime": stream.trigger}
    try:
        return writer.trigger(**trigger).start()
    except FAILURES as error:
        raise explained(error, checkpoint) from error


def run(spark: SparkSession, started: Iterable[StreamingQuery]) -> None:
    """Wait for the queries to end. SIGTERM and Ctrl-C stop them between two batches.

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
    deadline = time.monotonic() + STOPPING
    for query in queries:
        # Under load, batches follow each other without an idle moment.
        ended = _last_ended(query)
        while _is_busy(query) and _last_ended(query) == ended and time.monotonic() < deadline:
            time.sleep(0.02)
        query.stop()


def _is_busy(query: StreamingQuery) -> bool:
    return query.isActive and query.status["isTriggerActive"]


def _last_ended(query: StreamingQuery) -> str | None:
    """The start of the last complete batch."""
    progress = query.lastProgress
    return progress["timestamp"] if progress else None


def _refuse_lost_checkpoint(batches: Batches, checkpoint: str) -> None:
    """Delta accepts no batch twice, so the messages of a batch whose number the tables have would be lost."""
    begun, last = batches.begun, max(table.last_batch() for table in batches.tables)
    if begun is None and last != NONE:
        raise StreamError.checkpoint(
            checkpoint, f"it is gone, but its tables have {last + 1} batches"
        )
    if begun is not None and begun < last:
        raise StreamError.checkpoint(
            checkpoint, f"it ends with batch {begun}, but its tables with batch {last}"
        )
