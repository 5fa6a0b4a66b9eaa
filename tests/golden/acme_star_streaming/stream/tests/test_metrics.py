"""The metrics say what happened, and those of several runs add up."""

from __future__ import annotations

import dataclasses
import json
import socket
import urllib.request

import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.parser import text_string_to_metric_families
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType, TimestampType

from stream import metrics
from stream.errors import StreamError
from stream.metrics import add_to_file, exported, lag
from stream.model import Batch, Stream, Topic, Window
from stream.run import run, start
from stream.sample import lake as sample
from stream.sample.lake import sample_messages

TOPIC = Topic(
    source="visits",
    name="visits.v1",
    schema=StructType([StructField("at", TimestampType(), nullable=False)]),
    event_time="at",
    lateness=0,
    key=None,
    partitions=1,
    replication=1,
    retention=86400,
    variable="VISITS_URL",
)
SCHEMA = StructType(
    [
        StructField("window_start", TimestampType()),
        StructField("window_end", TimestampType()),
        StructField("n", LongType()),
    ]
)


def count_visits(batch: Batch) -> None:
    """Count the visits in a window."""
    windows = batch.window(batch.parse())
    batch.write(windows.groupBy(*batch.keys).agg(*batch.counts, F.count("*").alias("n")))


VISITS = Stream("visits", "count", TOPIC, SCHEMA, count_visits, Window(300, 100))
UNENDING = dataclasses.replace(VISITS, trigger="30 seconds")


@pytest.fixture
def messages(spark, tmp_path, monkeypatch):
    """Four messages, one of them late and one broken, as a stream."""
    monkeypatch.setenv("VISITS_LAKE", str(tmp_path / "lake"))
    monkeypatch.setattr(metrics, "METRICS_FILE", tmp_path / "stream_metrics.prom")
    monkeypatch.setattr(sample, "SAMPLE_EVENTS", tmp_path)
    folder = tmp_path / TOPIC.source / TOPIC.name
    folder.mkdir(parents=True)
    times = ["09:00:00", "09:05:00", "09:01:00"]
    values = [json.dumps({"at": f"2026-01-05T{time}Z"}) for time in times] + ["broken"]
    lines = [
        {
            "topic": "visits.v1",
            "partition": 0,
            "offset": offset,
            "timestamp": "2026-01-05T12:00:00Z",
            "value": value,
        }
        for offset, value in enumerate(values)
    ]
    (folder / "0.jsonl").write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    return sample_messages(spark, VISITS)


def samples(text: str) -> dict[str, float]:
    """The samples of the stream under their names, those by reason as `name reason`."""
    return {
        " ".join((sample.name, sample.labels.get("reason", ""))).strip(): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.labels.get("stream") == "count"
    }


def test_a_run_that_ends_writes_its_metrics_to_a_file(spark, messages):
    with exported(spark, [VISITS], once=True):
        run(spark, [start(spark, VISITS, messages, once=True)])

    found = samples(metrics.METRICS_FILE.read_text(encoding="utf-8"))
    assert found["stream_input_rows_total"] == 4
    assert found["stream_processed_rows_total"] == 3
    assert found["stream_late_events_total"] == 1
    assert found["stream_dead_letters_total not_json"] == 1
    assert found["stream_dead_letters_total missing"] == 0
    assert found["stream_batch_duration_seconds_count"] == 1
    assert found["stream_latest_event_timestamp_seconds"] == 1767603900
    assert {
        "stream_last_batch_timestamp_seconds",
        "stream_last_trigger_timestamp_seconds",
    } <= found.keys()
    assert "stream_trigger_interval_seconds" not in found


def test_a_continuous_stream_serves_its_metrics_on_a_port(spark, monkeypatch):
    port = free_port()
    monkeypatch.setenv("STREAM_METRICS_PORT", str(port))

    with exported(spark, [UNENDING], once=False):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as page:
            assert 'stream_info{source="visits",stream="count",topic="visits.v1"} 1.0' in (
                page.read().decode()
            )
        with (
            pytest.raises(StreamError, match=f"port {port}"),
            exported(spark, [UNENDING], once=False),
        ):
            pass


def test_a_run_that_ends_leaves_the_port_to_a_continuous_job(spark, messages, monkeypatch):
    with socket.socket() as job:
        job.bind(("0.0.0.0", 0))
        job.listen()
        monkeypatch.setenv("STREAM_METRICS_PORT", str(job.getsockname()[1]))
        with exported(spark, [VISITS, UNENDING], once=True):
            pass

    assert "stream_info" in metrics.METRICS_FILE.read_text(encoding="utf-8")


@pytest.mark.parametrize("port", ["many", "99999"])
def test_an_invalid_port_is_an_error(spark, monkeypatch, port):
    monkeypatch.setenv("STREAM_METRICS_PORT", port)

    with (
        pytest.raises(StreamError, match="STREAM_METRICS_PORT"),
        exported(spark, [UNENDING], once=False),
    ):
        pass


def test_counters_of_runs_add_up_and_gauges_are_replaced(tmp_path):
    path = tmp_path / "samples.prom"
    for stream, seconds in (("a", 3), ("b", 7), ("a", 5)):
        run_metrics = CollectorRegistry()
        Counter("read_rows", "Rows.", ["stream"], registry=run_metrics).labels(stream).inc(seconds)
        Gauge("last_seconds", "State.", ["stream"], registry=run_metrics).labels(stream).set(
            seconds
        )
        Histogram("run_seconds", "Time.", registry=run_metrics, buckets=(4, 6)).observe(seconds)
        add_to_file(path, run_metrics.collect())

    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(path.read_text(encoding="utf-8"))
        for sample in family.samples
        if not sample.name.endswith("_created")
    }
    assert found == {
        ("read_rows_total", "a"): 8,
        ("read_rows_total", "b"): 7,
        ("last_seconds", "a"): 5,
        ("last_seconds", "b"): 7,
        ("run_seconds_bucket", "4.0"): 1,
        ("run_seconds_bucket", "6.0"): 2,
        ("run_seconds_bucket", "+Inf"): 3,
        ("run_seconds_count",): 3,
        ("run_seconds_sum",): 15,
    }


def test_the_lag_is_the_distance_from_the_end_of_a_batch_to_that_of_the_topic():
    end, latest = '{"visits": {"0": 5, "1": 7}}', '{"visits": {"0": 9, "1": 7, "2": 3}}'

    assert lag(end, latest) == {"0": 4, "1": 0, "2": 3}
    assert lag('{"logOffset": 3}', None) == {}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
