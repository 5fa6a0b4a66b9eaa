"""Hands the figures of the streams out: over HTTP while they run, and in a file when they end."""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Condition

from prometheus_client import Metric, generate_latest, start_http_server
from prometheus_client.parser import text_string_to_metric_families
from pyspark.sql import SparkSession
from pyspark.sql.streaming import StreamingQueryListener
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
)

from stream import metrics
from stream.errors import StreamError
from stream.model import Stream
from stream.run import ALL_THERE_IS
from stream.settings import DATA

FILE = DATA / "stream_metrics.prom"
PATIENCE = 10
"""How many seconds Spark may take to tell of the last batches."""
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


@contextmanager
def exported(spark: SparkSession, streams: Iterable[Stream], *, once: bool) -> Iterator[None]:
    """Collect the figures of the streams.

    While any of them never ends, they are shown on the port STREAM_METRICS_PORT if that is set. If all end
    by themselves, `once` or always, they are added to a file. Raises `StreamError` if the port cannot be had.
    """
    unending = [] if once else [each for each in streams if each.trigger != ALL_THERE_IS]
    for stream in streams:
        metrics.announce(stream)
    for stream in unending:
        number, unit = stream.trigger.split()
        interval = int(number) * UNITS[unit.removesuffix("s")]
        metrics.TRIGGER.labels(stream.source, stream.name).set(interval)
    listener = Listener()
    spark.streams.addListener(listener)
    if unending:
        _serve(os.environ.get("STREAM_METRICS_PORT"))
    try:
        yield
    finally:
        listener.wait()
        if not unending:
            try:
                add_to_file(FILE, metrics.FIGURES.collect())
            except (OSError, ValueError) as error:
                # The tables are written; for the want of figures a run has not failed.
                print(f"The figures of this run are not in {FILE}: {error}.", file=sys.stderr)


class Listener(StreamingQueryListener):
    """Takes down what Spark says of the queries, whose names are `source.stream`."""

    def __init__(self) -> None:
        self._running: dict[str, str] = {}
        self._ended = Condition()

    def onQueryStarted(self, event: QueryStartedEvent) -> None:
        """A query has a name only here; later events have its number."""
        self._running[str(event.runId)] = event.name

    def onQueryProgress(self, event: QueryProgressEvent) -> None:
        """A batch has been written."""
        progress = event.progress
        labels = progress.name.split(".", 1)
        duration = progress.durationMs["triggerExecution"] / 1000
        ended = _timestamp(progress.timestamp) + duration
        metrics.DURATION.labels(*labels).observe(duration)
        metrics.STATE.labels(*labels).set(
            sum(each.numRowsTotal for each in progress.stateOperators)
        )
        metrics.LAST_BATCH.labels(*labels).set(ended)
        metrics.LAST_TRIGGER.labels(*labels).set(ended)
        for source in progress.sources:
            for partition, messages in lag(source.endOffset, source.latestOffset).items():
                metrics.LAG.labels(*labels, partition).set(messages)

    def onQueryIdle(self, event: QueryIdleEvent) -> None:
        """There was nothing to read."""
        labels = self._running[str(event.runId)].split(".", 1)
        metrics.LAST_TRIGGER.labels(*labels).set(_timestamp(event.timestamp))

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:
        """A query has ended; what it had to tell has been told."""
        with self._ended:
            labels = self._running.pop(str(event.runId)).split(".", 1)
            if event.exception is None:
                metrics.LAST_TRIGGER.labels(*labels).set(time.time())
            self._ended.notify_all()

    def wait(self) -> None:
        """Until every query has been heard to end: Spark tells it later than it happens."""
        with self._ended:
            self._ended.wait_for(lambda: not self._running, PATIENCE)


def lag(end: str | None, latest: str | None) -> dict[str, int]:
    """How many messages of each partition lie between two offsets as Spark writes them; {} if not of Kafka."""
    if not (end and latest):
        return {}
    ends, latests = json.loads(end), json.loads(latest)
    return {
        partition: offset - ends.get(topic, {}).get(partition, 0)
        for topic, partitions in latests.items()
        for partition, offset in partitions.items()
    }


def add_to_file(path: Path, figures: Iterable[Metric]) -> None:
    """Add figures to those of earlier runs in a file: counts are summed, and of states the latest stands.

    Runs that end at the same time wait for each other; who reads finds the old file or the new one.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        new = path.with_suffix(".new")
        new.write_bytes(generate_latest(_Sum(text, figures)))
        new.replace(path)


class _Sum:
    def __init__(self, before: str, now: Iterable[Metric]) -> None:
        self._before = {metric.name: metric for metric in text_string_to_metric_families(before)}
        self._now = now

    def collect(self) -> Iterator[Metric]:
        for metric in self._now:
            values: dict[tuple, float] = {}
            before = self._before.get(metric.name)
            for sample in (*(before.samples if before else ()), *metric.samples):
                key = (sample.name, *sorted(sample.labels.items()))
                counted = 0 if metric.type == "gauge" else values.get(key, 0)
                values[key] = counted + sample.value
            total = Metric(metric.name, metric.documentation, metric.type)
            for (name, *labels), value in values.items():
                total.add_sample(name, dict(labels), value)
            yield total


def _serve(port: str | None) -> None:
    if not port:
        return
    try:
        start_http_server(int(port), registry=metrics.FIGURES)
    except (ValueError, OverflowError, OSError) as error:
        raise StreamError(
            f"The figures cannot be shown on the port {port} ({error}). "
            "Set STREAM_METRICS_PORT to a free one, or to nothing."
        ) from error


def _timestamp(text: str) -> float:
    """Seconds since 1970 of a time as Spark writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()
