"""The functions behind the DAGs, without Airflow."""

import subprocess
from types import SimpleNamespace

import jinja2
import pytest

from pipeline import alerts, tasks

WINDOW = {"data_interval_start": "2026-01-01", "data_interval_end": "2026-01-02"}


def command(run_type):
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined)
    environment.filters["ts"] = lambda day: f"{day}T00:00:00+00:00"
    template = environment.from_string(tasks.ingest("shop"))
    return template.render(dag_run=SimpleNamespace(run_type=run_type), **WINDOW)


@pytest.mark.parametrize("run_type", ["scheduled", "manual"])
def test_a_normal_run_has_no_window(run_type):
    assert command(run_type).endswith(" -m ingest shop --target ${DBT_TARGET:-local}")


def test_a_backfill_loads_its_window():
    window = " --from 2026-01-01T00:00:00+00:00 --to 2026-01-02T00:00:00+00:00"
    assert command("backfill").endswith(window)


def test_the_commands_exist():
    command = tasks.dbt("--version").partition(" --project-dir")[0]
    done = subprocess.run(command, shell=True)
    assert done.returncode == 0
    assert (tasks.ROOT / "ingest").is_dir()


@pytest.mark.parametrize(
    ("task_id", "error", "runbook"),
    [
        ("ingest", "AirflowException", "source-late"),
        ("ingest", "AirflowTaskTimeout", "dag-timeout"),
        ("build", "AirflowException", "stale-mart"),
        ("other", "AirflowException", "README"),
    ],
)
def test_an_alert_links_a_runbook_that_exists(task_id, error, runbook):
    text = alerts.failure_message("load_shop", task_id, "run", error, "log")
    assert f"docs/runbooks/{runbook}.md" in text
    assert (tasks.ROOT / "docs" / "runbooks" / f"{runbook}.md").is_file()


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/secret", "hooks.example.com/secret", "http://a b/secret"]
)
def test_an_alert_that_cannot_be_sent_does_not_hide_the_failure(monkeypatch, caplog, url):
    monkeypatch.setenv("ALERT_WEBHOOK_URL", url)
    task = SimpleNamespace(dag_id="load_shop", task_id="ingest", run_id="run", log_url="log")
    alerts.report_failure({"task_instance": task, "exception": ValueError("secret")})
    assert "load_shop.ingest failed (ValueError)" in caplog.text
    assert "could not be sent" in caplog.text
    assert "secret" not in caplog.text
