"""The metrics of the streams, for Prometheus; `monitoring/README.md` explains them.

A batch counts its messages once it has written them (`record`), and Spark reports the rest (`Listener`).
Continuous jobs serve the metrics over HTTP; runs that end add them to a file.
"""

from __future__ import annotations

import fcntl
import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Condition

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    Metric,
    disable_created_metrics,
    generate_latest,
    start_http_server,
)
from prometheus_client.parser import text_string_to_metric_families
from pyspark.sql import SparkSession
from pyspark.sql.streaming import StreamingQueryListener
from pyspark.sql.streaming.listener import (
    QueryIdleEvent,
    QueryProgressEvent,
    QueryStartedEvent,
    QueryTerminatedEvent,
)

from stream.errors import StreamError
from stream.model import ALL_AVAILABLE, Stream
from stream.parse import REASONS
from stream.settings import METRICS_FILE

PATIENCE = 10
"""How many seconds Spark may take to report the last batches."""
UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}

disable_created_metrics()
METRICS = CollectorRegistry()
STREAM = ("source", "stream")
OF = {"labelnames": STREAM, "registry": METRICS}
OF_PARTITION = {"labelnames": (*STREAM, "partition"), "registry": METRICS}

INFO = Gauge("stream_info", "The topic of a stream.", (*STREAM, "topic"), registry=METRICS)
TRIGGER = Gauge("stream_trigger_interval_seconds", "Polling interval of a continuous job.", **OF)
INPUT = Counter("stream_input_rows", "Messages read.", **OF)
PROCESSED = Counter("stream_processed_rows", "Valid events, including late ones.", **OF)
LATE = Counter("stream_late_events", "Events that arrived after one of their windows closed.", **OF)
DEAD = Counter("stream_dead_letters", "Dead letters.", (*STREAM, "reason"), registry=METRICS)
DURATION = Histogram(
    "stream_batch_duration_seconds",
    "Duration of a batch, from polling the topic to the last write.",
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
    **OF,
)
LAG = Gauge("stream_consumer_lag_messages", "Messages left after the last batch.", **OF_PARTITION)
STATE = Gauge("stream_state_rows", "Rows in Spark's state, of stateful jobs.", **OF)
LATEST_EVENT = Gauge(
    "stream_latest_event_timestamp_seconds", "Latest event time seen.", **OF_PARTITION
)
LAST_BATCH = Gauge("stream_last_batch_timestamp_seconds", "End of the last batch.", **OF)
LAST_TRIGGER = Gauge(
    "stream_last_trigger_timestamp_seconds", "Last time the stream polled its topic.", **OF
)


def record(
    stream: Stream, events: int, dead: Mapping[str, int], late: int, seen: Mapping[int, int]
) -> None:
    """Count the messages of a batch.

    `late` counts an event once, however many of its windows were closed. `dead` is by reason, and
    `seen`, the latest event time in microseconds since 1970, by partition.
    """
    # Spark's own count includes rows again that a batch reads twice.
    INPUT.labels(stream.source, stream.name).inc(events + sum(dead.values()))
    PROCESSED.labels(stream.source, stream.name).inc(events)
    LATE.labels(stream.source, stream.name).inc(late)
    for reason, count in dead.items():
        DEAD.labels(stream.source, stream.name, reason).inc(count)
    for partition, latest in seen.items():
        LATEST_EVENT.labels(stream.source, stream.name, partition).set(latest / 1_000_000)


@contextmanager
def exported(spark: SparkSession, streams: Iterable[Stream], *, once: bool) -> Iterator[None]:
    """Collect the metrics of the streams.

    Continuous jobs serve them on the port STREAM_METRICS_PORT, if that is set. If all streams end by
    themselves, their metrics are added to a file. Raises `StreamError` if the port is not available.
    """
    unending = [] if once else [each for each in streams if each.trigger != ALL_AVAILABLE]
    for stream in streams:
        _announce(stream)
    for stream in unending:
        number, unit = stream.trigger.split()
        interval = int(number) * UNITS[unit.removesuffix("s")]
        TRIGGER.labels(stream.source, stream.name).set(interval)
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
                add_to_file(METRICS_FILE, METRICS.collect())
            except (OSError, ValueError) as error:
                # The tables are written, so the run has not failed.
                print(
                    f"The metrics of this run are not in {METRICS_FILE}: {error}.", file=sys.stderr
                )


class Listener(StreamingQueryListener):
    """Records what Spark reports of the queries, whose names are `source.stream`."""

    def __init__(self) -> None:
        self._running: dict[str, str] = {}
        self._ended = Condition()

    def onQueryStarted(self, event: QueryStartedEvent) -> None:
        """Only this event has the name of the query; later ones have its identifier."""
        self._running[str(event.runId)] = event.name

    def onQueryProgress(self, event: QueryProgressEvent) -> None:
        """A batch has been written."""
        progress = event.progress
        labels = progress.name.split(".", 1)
        duration = progress.durationMs["triggerExecution"] / 1000
        ended = _timestamp(progress.timestamp) + duration
        state = sum(each.numRowsTotal for each in progress.stateOperators)
        DURATION.labels(*labels).observe(duration)
        STATE.labels(*labels).set(state)
        LAST_BATCH.labels(*labels).set(ended)
        LAST_TRIGGER.labels(*labels).set(ended)
        for source in progress.sources:
            for partition, messages in lag(source.endOffset, source.latestOffset).items():
                LAG.labels(*labels, partition).set(messages)

    def onQueryIdle(self, event: QueryIdleEvent) -> None:
        """There was nothing to read."""
        labels = self._running[str(event.runId)].split(".", 1)
        LAST_TRIGGER.labels(*labels).set(_timestamp(event.timestamp))

    def onQueryTerminated(self, event: QueryTerminatedEvent) -> None:
        """A query has ended, and all its batches are reported."""
        with self._ended:
            labels = self._running.pop(str(event.runId)).split(".", 1)
            if event.exception is None:
                LAST_TRIGGER.labels(*labels).set(time.time())
            self._ended.notify_all()

    def wait(self) -> None:
        """Wait until Spark has reported the end of every query."""
        with self._ended:
            self._ended.wait_for(lambda: not self._running, PATIENCE)


def lag(end: str | None, latest: str | None) -> dict[str, int]:
    """The number of messages between two offsets, in Spark's JSON, by partition; {} for other sources than Kafka."""
    if not (end and latest):
        return {}
    ends, latests = json.loads(end), json.loads(latest)
    return {
        partition: offset - ends.get(topic, {}).get(partition, 0)
        for topic, partitions in latests.items()
        for partition, offset in partitions.items()
    }


def add_to_file(path: Path, found: Iterable[Metric]) -> None:
    """Add metrics to those of earlier runs in a file: counters are summed, gauges replaced.

    Runs that end at the same time wait for each other, and the file is replaced atomically.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        new = path.with_suffix(".new")
        new.write_bytes(generate_latest(_Total(text, found)))
        new.replace(path)


class _Total:
    """The sum of two sets of metrics, as a collector of Prometheus' client."""

    def __init__(self, before: str, now: Iterable[Metric]) -> None:
        self._before = {each.name: each.samples for each in text_string_to_metric_families(before)}
        self._now = now

    def collect(self) -> Iterator[Metric]:
        for metric in self._now:
            values: dict[tuple, float] = {}
            for sample in (*self._before.get(metric.name, ()), *metric.samples):
                key = (sample.name, *sorted(sample.labels.items()))
                earlier = 0 if metric.type == "gauge" else values.get(key, 0)
                values[key] = earlier + sample.value
            total = Metric(metric.name, metric.documentation, metric.type)
            for (name, *labels), value in values.items():
                total.add_sample(name, dict(labels), value)
            yield total


def _serve(port: str | None) -> None:
    if not port:
        return
    try:
        start_http_server(int(port), registry=METRICS)
    except (ValueError, OverflowError, OSError) as error:
        raise StreamError(
            f"The metrics cannot be served on port {port}: {error}. "
            "Set STREAM_METRICS_PORT to a free port, or unset it."
        ) from error


def _timestamp(text: str) -> float:
    """Seconds since 1970 of a timestamp of Spark's."""
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def _announce(stream: Stream) -> None:
    """Start the metrics of a stream at zero, so that its first late event or dead letter is an increase."""
    INFO.labels(stream.source, stream.name, stream.topic.name).set(1)
    for metric in (INPUT, PROCESSED, LATE, DURATION, STATE):
        metric.labels(stream.source, stream.name)
    for reason in REASONS:
        DEAD.labels(stream.source, stream.name, reason)
