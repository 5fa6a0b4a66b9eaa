"""The streams' figures reach Prometheus, and those who have to know hear of what goes wrong."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path

import environment as environments
import pytest
import yaml
from monitors import Monitors, missing_program, until

from platform_new import flow
from platform_new.spec.events.models import EventSource
from platform_new.spec.models import Platform, Spec

GUIDE = Path(__file__).parents[2] / "docs/monitoring.md"
MESSAGES, BROKEN_EVERY = 2_000, 20
SOURCE = EventSource.model_validate(
    {
        "name": "site",
        "kind": "kafka",
        "connection": "SITE_URL",
        "topics": [
            {
                "name": "visits",
                "origin": "monitored.visits",
                "event_time": "at",
                "partitions": 2,
                "fields": [
                    {"name": "at", "type": "timestamptz", "required": True},
                    {"name": "page", "type": "text", "required": True},
                ],
            }
        ],
        "streams": [
            {
                "name": "traffic",
                "topic": "visits",
                "window": {"length": "5 minutes"},
                "group_by": ["page"],
                "aggregates": [{"name": "visit_count", "function": "count"}],
                "trigger": "1 second",
                "max_offsets": 500,
            }
        ],
    }
)
PRODUCE = """
from stream.create_topics import all_topics, create
from stream.sample.produce import produce
for topic in all_topics():
    create(topic)
    produce(topic)
"""


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> Path:
    """A repository with one stream, which looks for messages every second."""
    folder = tmp_path_factory.mktemp("monitoring") / "site"
    spec = Spec(platform=Platform(name="site", processing="streaming"), event_sources=(SOURCE,))
    flow.create(folder, spec, git=False)
    return folder


@pytest.fixture
def programs() -> None:
    """Prometheus and Alertmanager are installed."""
    skip_without_programs()


def skip_without_programs() -> None:
    if program := missing_program():
        pytest.skip(f"Prometheus is not installed (`{program}` not found); scripts/install-servers brings it")


@pytest.fixture(scope="module")
def job(repository, stream_environment, kafka):
    """The job over a topic in which one message of twenty is broken: the process, and where its figures are."""
    for name in environments.STREAM_PARTS:
        (repository / name).symlink_to(stream_environment / name)
    write_messages(repository / "data/events/site/monitored.visits/0.jsonl")
    python, exporter = repository / ".venv-stream/bin/python", f"127.0.0.1:{free_port()}"
    variables = {"SITE_URL": kafka.servers, "STREAM_METRICS_PORT": exporter.partition(":")[2]}
    run = {"cwd": repository, "env": environments.clean(variables)}
    subprocess.run([python, "-c", PRODUCE], check=True, **run)
    with (repository / "data/job.log").open("w") as log:
        process = subprocess.Popen([python, "-m", "stream"], stdout=log, stderr=log, start_new_session=True, **run)
    yield process, exporter
    kill(process)


@pytest.fixture(scope="module")
def monitors(repository, job, tmp_path_factory):
    """Prometheus and Alertmanager that watch the job, once it has read its topic."""
    skip_without_programs()
    process, exporter = job
    monitors = Monitors(
        repository / "monitoring", tmp_path_factory.mktemp("monitors"), exporter, (free_port(), free_port())
    )

    def has_read_all():
        assert process.poll() is None, (repository / "data/job.log").read_text()
        return sum(monitors.values("stream_input_rows_total").values()) == MESSAGES

    try:
        until(has_read_all)
        yield monitors
    finally:
        monitors.stop()


@pytest.mark.usefixtures("programs")
def test_the_repository_s_own_tests_of_its_alerts_pass(repository, make):
    assert make(repository, "alerts-test").returncode == 0


def test_every_alert_is_tested_and_has_its_page(repository):
    tested = {
        case["alertname"]
        for test in read(repository / "monitoring/rules_test.yml")["tests"]
        for case in test["alert_rule_test"]
        if case.get("exp_alerts")
    }
    (group,) = read(repository / "monitoring/rules.yml")["groups"]

    assert tested == {rule["alert"] for rule in group["rules"]}
    index = (repository / "docs/runbooks/README.md").read_text()
    for rule in group["rules"]:
        page = repository / rule["annotations"]["runbook"]
        assert f"the alert {rule['alert']}:" in page.read_text()
        assert f"| `{rule['alert']}`: " in index and f"({page.name})" in index


def test_only_figures_are_asked_for_that_the_jobs_have_and_all_are_explained(repository):
    declared = figures((repository / "stream/metrics.py").read_text())

    for page in (repository / "monitoring/README.md", GUIDE):
        rows = [line for line in page.read_text().splitlines() if line.startswith("| `stream_")]
        assert figures("\n".join(rows)) == declared
    for file in ("rules.yml", "rules_test.yml", "dashboard.json"):
        assert figures((repository / "monitoring" / file).read_text()) <= declared


def test_the_guide_names_every_alert_and_its_page(repository):
    named = set(re.findall(r"^\| `(Stream\w+)` \|.*\| `(\S+)` \|$", GUIDE.read_text(), re.MULTILINE))
    (group,) = read(repository / "monitoring/rules.yml")["groups"]

    assert named == {(rule["alert"], Path(rule["annotations"]["runbook"]).stem) for rule in group["rules"]}


@pytest.mark.exhaustive
@pytest.mark.xdist_group("broker")
class TestWithARunningJob:
    def test_every_message_is_in_the_figures(self, monitors):
        broken = MESSAGES // BROKEN_EVERY
        until(lambda: values(monitors, "stream_processed_rows_total") == [MESSAGES - broken])

        assert values(monitors, "sum by (reason) (stream_dead_letters_total) > 0") == [broken]
        until(lambda: values(monitors, "sum by (partition) (stream_consumer_lag_messages)") == [0, 0])
        assert max(monitors.history("sum(stream_consumer_lag_messages)")) > 0

    def test_prometheus_finds_no_fault_with_how_figures_are_named(self, job, monitors):
        _, exporter = job
        with urllib.request.urlopen(f"http://{exporter}/metrics") as page:
            shown = page.read()
        done = subprocess.run(["promtool", "check", "metrics"], input=shown, capture_output=True, check=False)

        assert (done.returncode, done.stdout + done.stderr) == (0, b"")

    def test_every_query_of_the_dashboard_has_data(self, repository, monitors):
        until(lambda: monitors.history('ALERTS{alertname="StreamDeadLetters"}'))
        board = json.loads((repository / "monitoring/dashboard.json").read_text())

        for panel in board["panels"]:
            for target in panel["targets"]:
                found = monitors.history(for_grafana(target["expr"]))
                assert any(value == value for value in found), f"{panel['title']}: {target['expr']}"
        for variable in board["templating"]["list"]:
            if asked := re.fullmatch(r"label_values\((.+), (\w+)\)", variable["query"]):
                assert any(f'"{asked[2]}"' in labels for labels in monitors.values(for_grafana(asked[1])))

    def test_dead_letters_are_told_of_with_their_page(self, monitors):
        monitors.wait_to_hear(
            r"FIRING: site\.traffic\n(?s:.*)"
            r"\S+% of the messages of the stream site\.traffic are dead letters\n"
            r"Runbook: docs/runbooks/dead-letters\.md"
        )

    def test_a_job_that_was_killed_is_told_of(self, job, monitors):
        process, _ = job
        assert not monitors.values('ALERTS{alertname="StreamStopped"}')
        kill(process)
        monitors.stopped_at_once()

        monitors.wait_to_hear(
            r"site\.traffic has not polled its topic for .*\nRunbook: docs/runbooks/stream-stopped\.md"
        )


def write_messages(path: Path) -> None:
    """Messages of two partitions, one a second in event time, as the sample events of a topic."""
    path.parent.mkdir(parents=True)
    with path.open("w") as lines:
        for number in range(MESSAGES):
            minute, second = divmod(number, 60)
            time = f"2026-01-05T{9 + minute // 60:02}:{minute % 60:02}:{second:02}Z"
            value = {"at": time} if number % BROKEN_EVERY else {"at": "yesterday"}
            message = {"key": None, "partition": number % 2, "value": json.dumps({"page": "home", **value})}
            lines.write(json.dumps(message) + "\n")


def figures(text: str) -> set[str]:
    """The names of the figures in a text, without what Prometheus adds to them."""
    return {re.sub("_(total|sum|count|bucket)$", "", name) for name in re.findall(r"\bstream_\w+", text)}


def for_grafana(expression: str) -> str:
    """The expression as Grafana sends it, with everything chosen."""
    for name, value in (("$source", ".*"), ("$stream", ".*"), ("$__rate_interval", "30s")):
        expression = expression.replace(name, value)
    return expression


def values(monitors: Monitors, expression: str) -> list[float]:
    return list(monitors.values(expression).values())


def read(path: Path):
    return yaml.safe_load(path.read_text())


def kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
