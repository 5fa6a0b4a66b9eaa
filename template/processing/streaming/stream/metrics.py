"""The figures of the streams, as Prometheus collects them. `monitoring/README.md` says what to do with them.

A batch says what became of its messages once it has written them (`record`). What Spark knows of
it comes from `stream.exporter`, which also hands the figures out.
"""

from __future__ import annotations

from collections.abc import Mapping

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from stream.model import Stream
from stream.parse import REASONS

disable_created_metrics()
FIGURES = CollectorRegistry()
STREAM = ("source", "stream")

INFO = Gauge(
    "stream_info", "A stream and the topic that it reads.", (*STREAM, "topic"), registry=FIGURES
)
TRIGGER = Gauge(
    "stream_trigger_interval_seconds",
    "How often an unending job looks for messages; a run that ends has none.",
    STREAM,
    registry=FIGURES,
)
INPUT = Counter(
    "stream_input_rows", "Messages that were read by batches.", STREAM, registry=FIGURES
)
PROCESSED = Counter(
    "stream_processed_rows",
    "Events that keep the contract, late ones too.",
    STREAM,
    registry=FIGURES,
)
LATE = Counter(
    "stream_late_events",
    "Events that came after a window of theirs was closed.",
    STREAM,
    registry=FIGURES,
)
DEAD = Counter(
    "stream_dead_letters",
    "Messages that went into the table of dead letters.",
    (*STREAM, "reason"),
    registry=FIGURES,
)
DURATION = Histogram(
    "stream_batch_duration_seconds",
    "How long batches took, from the look for messages to the last write.",
    STREAM,
    registry=FIGURES,
    buckets=(1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1800),
)
LAG = Gauge(
    "stream_consumer_lag_messages",
    "Messages of a partition that were there when the last batch began, and that it did not take.",
    (*STREAM, "partition"),
    registry=FIGURES,
)
STATE = Gauge(
    "stream_state_rows",
    "Rows that Spark keeps from batch to batch, for jobs that join or de-duplicate streams.",
    STREAM,
    registry=FIGURES,
)
LATEST_EVENT = Gauge(
    "stream_latest_event_timestamp_seconds",
    "When the latest event of a partition happened, of all those seen.",
    (*STREAM, "partition"),
    registry=FIGURES,
)
LAST_BATCH = Gauge(
    "stream_last_batch_timestamp_seconds",
    "When the last batch ended that was written.",
    STREAM,
    registry=FIGURES,
)
LAST_TRIGGER = Gauge(
    "stream_last_trigger_timestamp_seconds",
    "When the stream last looked for messages, and wrote those that it found.",
    STREAM,
    registry=FIGURES,
)


def announce(stream: Stream) -> None:
    """Begin the figures of a stream at zero, so that the first of anything is seen to be more than before."""
    INFO.labels(stream.source, stream.name, stream.topic.name).set(1)
    for figure in (INPUT, PROCESSED, LATE, DURATION, STATE):
        figure.labels(stream.source, stream.name)
    for reason in REASONS:
        DEAD.labels(stream.source, stream.name, reason)


def record(
    stream: Stream, events: int, dead: Mapping[str, int], late: int, seen: Mapping[int, int]
) -> None:
    """Count what became of the messages of a batch.

    `late` are events, each once, however many of its windows were closed. `dead` is by reason;
    `seen` is the latest time seen, in microseconds since 1970, by partition.
    """
    # Spark's own count has what a batch looks at twice in it twice.
    INPUT.labels(stream.source, stream.name).inc(events + sum(dead.values()))
    PROCESSED.labels(stream.source, stream.name).inc(events)
    LATE.labels(stream.source, stream.name).inc(late)
    for reason, count in dead.items():
        DEAD.labels(stream.source, stream.name, reason).inc(count)
    for partition, time in seen.items():
        LATEST_EVENT.labels(stream.source, stream.name, partition).set(time / 1_000_000)
