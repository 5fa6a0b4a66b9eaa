"""The functions behind the flows, without a server."""

import logging
import os
import subprocess
import sys
from types import SimpleNamespace

import pytest
from prefect.states import Failed
from prefect.utilities.timeout import timeout

from orchestrate.pipeline import alerts, commands

LOG = logging.getLogger("command")
ENDLESS = "import os, time; print(os.getpid()); time.sleep(600)"


@pytest.fixture(autouse=True)
def logged(caplog):
    """The lines that commands print."""
    caplog.set_level(logging.INFO)
    return caplog


def test_the_commands_exist():
    program, _, *options = commands.dbt("parse")
    assert subprocess.run([program, "--version"]).returncode == 0
    assert "--project-dir" in options
    assert (commands.ROOT / "ingest").is_dir()


def test_a_command_runs_in_the_repository_and_its_output_is_logged(logged):
    commands.execute([sys.executable, "-c", "import os; print(os.getcwd())"], LOG)
    assert logged.messages == [str(commands.ROOT)]


def test_a_command_that_fails_raises_without_its_output(logged):
    with pytest.raises(commands.CommandFailed) as raised:
        commands.execute([sys.executable, "-c", "print('secret'); raise SystemExit(3)"], LOG)
    assert str(raised.value) == "exit code 3"
    assert logged.messages == ["secret"]


def test_a_time_limit_stops_the_command(logged):
    with pytest.raises(TimeoutError), timeout(seconds=2):
        commands.execute([sys.executable, "-c", ENDLESS], LOG)
    with pytest.raises(ProcessLookupError):
        os.kill(int(logged.messages[0]), 0)


@pytest.mark.parametrize(
    ("task", "error", "runbook"),
    [
        ("ingest", "CommandFailed", "source-late"),
        ("ingest", "TaskRunTimeoutError", "flow-timeout"),
        ("build", "CommandFailed", "stale-mart"),
        ("other", "CommandFailed", "README"),
    ],
)
def test_an_alert_links_a_runbook_that_exists(task, error, runbook):
    text = alerts.failure_message("load_shop", task, "run", error, "log")
    assert f"docs/runbooks/{runbook}.md" in text
    assert (commands.ROOT / "docs" / "runbooks" / f"{runbook}.md").is_file()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/secret", "hooks.example.com/secret", "http://a b/secret"]
)
def test_an_alert_that_cannot_be_sent_does_not_hide_the_failure(monkeypatch, logged, url):
    monkeypatch.setenv("ALERT_WEBHOOK_URL", url)
    monkeypatch.setattr(alerts, "url_for", lambda run: None)
    task, run = SimpleNamespace(name="ingest"), SimpleNamespace(name="ingest-1")
    alerts.report_failure(task, run, Failed(data=ValueError("secret")))
    assert "ingest failed (ValueError)" in logged.text
    assert "could not be sent" in logged.text
    assert "secret" not in logged.text
