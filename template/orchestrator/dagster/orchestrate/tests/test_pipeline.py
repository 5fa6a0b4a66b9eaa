"""The functions behind the jobs."""

import logging
import sys
from datetime import datetime, timezone

import dagster as dg
import pytest

from orchestrate.pipeline import alerts, commands, loads
from orchestrate.pipeline.triggers import start_after

INPUTS = {
    "a": [dg.AssetKey(["a", "x"]), dg.AssetKey(["a", "y"])],
    "b": [dg.AssetKey(["b", "x"])],
}


@dg.multi_asset(specs=[dg.AssetSpec(["a", "x"]), dg.AssetSpec(["a", "y"])])
def source_a():
    for table in ("x", "y"):
        yield dg.MaterializeResult(["a", table])


@dg.asset(key=["b", "x"])
def source_b():
    pass


@pytest.fixture
def instance():
    with dg.DagsterInstance.ephemeral() as instance:
        yield instance


def starts(sensor, instance, cursor):
    """Whether the sensor starts its job, and its next cursor."""
    context = dg.build_sensor_context(instance=instance, cursor=cursor)
    return isinstance(sensor(context), dg.RunRequest), context.cursor


def test_a_job_starts_once_after_all_its_inputs_are_updated(instance):
    sensor = start_after("build", INPUTS)
    assert starts(sensor, instance, None) == (False, None)
    dg.materialize([source_a], instance=instance)
    assert starts(sensor, instance, None) == (False, None)
    dg.materialize([source_b], instance=instance)
    started, cursor = starts(sensor, instance, None)
    assert started
    assert starts(sensor, instance, cursor) == (False, cursor)
    dg.materialize([source_b], instance=instance)
    assert starts(sensor, instance, cursor) == (False, cursor)
    dg.materialize([source_a], instance=instance)
    assert starts(sensor, instance, cursor)[0]


def test_a_job_starts_after_each_update_if_any_is_enough(instance):
    sensor = start_after("build", INPUTS, any_of_them=True)
    assert starts(sensor, instance, None) == (False, None)
    dg.materialize([source_a], instance=instance)
    started, cursor = starts(sensor, instance, None)
    assert started
    assert starts(sensor, instance, cursor) == (False, cursor)
    dg.materialize([source_b], instance=instance)
    assert starts(sensor, instance, cursor)[0]


def test_a_normal_load_has_no_window(monkeypatch):
    monkeypatch.delenv("DBT_TARGET", raising=False)
    command = loads.command("shop", [], loads.Window())
    assert command[1:] == ["-m", "ingest", "shop", "--target", "local"]
    monkeypatch.setenv("DBT_TARGET", "prod")
    assert loads.command("shop", ["orders"], loads.Window())[4:] == [
        "--target",
        "prod",
        "--table",
        "orders",
    ]


def test_a_backfill_loads_the_window_of_its_day():
    config = loads.windows("ingest_shop").get_run_config_for_partition_key("2026-01-31")
    window = loads.Window(**config["ops"]["ingest_shop"]["config"])
    assert loads.command("shop", ["orders"], window)[6:] == [
        *("--table", "orders"),
        *("--from", "2026-01-31T00:00:00+00:00"),
        *("--to", "2026-02-01T00:00:00+00:00"),
    ]


def run_load(monkeypatch, window, selection=None):
    """The command of a load, and the tables that it updates, of which two have a cursor."""
    ran = []
    monkeypatch.setattr(loads, "run", ran.append)
    monkeypatch.setattr(loads, "rows_read", lambda source: {"orders": 7})
    tables = ["orders", "customers", "countries"]
    specs = loads.raw_tables("shop", tables, with_window=tables[:2], soft_deleted=["customers"])

    @dg.multi_asset(specs=specs, can_subset=True)
    def ingest(context: dg.AssetExecutionContext):
        yield from loads.load(context, "shop", window)

    result = dg.materialize([ingest], selection=selection)
    updates = result.get_asset_materialization_events()
    [command] = ran
    return command[6:], {update.asset_key.path[-1] for update in updates}


def test_a_load_updates_every_table(monkeypatch):
    everything = {"orders", "customers", "customers__keys", "countries"}
    assert run_load(monkeypatch, loads.Window()) == ([], everything)


def test_a_window_updates_the_tables_that_have_one(monkeypatch):
    words, updated = run_load(monkeypatch, loads.Window(start="2026-01-31"))
    assert words == ["--table", "orders", "customers", "--from", "2026-01-31"]
    assert updated == {"orders", "customers", "customers__keys"}


def test_a_window_without_a_table_that_has_one_fails(monkeypatch):
    with pytest.raises(dg.Failure, match="no selected table"):
        run_load(monkeypatch, loads.Window(start="2026-01-31"), ["shop/countries"])


def test_a_table_can_be_loaded_alone(monkeypatch):
    words, updated = run_load(monkeypatch, loads.Window(), ["shop/customers__keys"])
    assert words == ["--table", "customers"]
    assert updated == {"customers__keys"}


def test_a_command_that_fails_fails_the_step():
    commands.run([sys.executable, "-c", ""])
    with pytest.raises(dg.Failure, match="exit code 3"):
        commands.run([sys.executable, "-c", "raise SystemExit(3)"])


def failed_run(instance, step, error):
    """The context of the alert after a job with this step has failed."""

    @dg.op(name=step)
    def fail():
        raise error

    @dg.job
    def broken():
        fail()

    result = broken.execute_in_process(instance=instance, raise_on_error=False)
    return dg.build_run_status_sensor_context(
        sensor_name="report_failure",
        dagster_event=result.get_run_failure_event(),
        dagster_instance=instance,
        dagster_run=result.dagster_run,
    ).for_run_failure()


@pytest.mark.parametrize(
    ("step", "runbook"),
    [
        ("ingest_shop", "source-late"),
        ("build", "stale-mart"),
        ("freshness", "source-late"),
        ("other", "README"),
    ],
)
def test_an_alert_links_a_runbook_that_exists_and_holds_no_secret(
    monkeypatch, instance, step, runbook
):
    sent = []
    monkeypatch.setattr(alerts, "send", lambda text, log: sent.append(text))
    alerts.report_failure(failed_run(instance, step, ValueError("secret")))
    [text] = sent
    assert text.startswith(f"broken failed: {step} (ValueError)\n")
    assert f"docs/runbooks/{runbook}.md" in text
    assert (commands.ROOT / "docs" / "runbooks" / f"{runbook}.md").is_file()
    assert "secret" not in text


def test_an_alert_names_a_time_limit():
    reason = "Exceeded maximum runtime of 1 seconds."
    text = alerts.failure_message("build_marts", "run", reason, {})
    assert text.startswith("build_marts exceeded its time limit\n")
    assert (commands.ROOT / "docs" / "runbooks" / f"{alerts.TIMEOUT_RUNBOOK}.md").is_file()
    assert f"docs/runbooks/{alerts.TIMEOUT_RUNBOOK}.md" in text


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/secret", "hooks.example.com/secret", "http://a b/secret"]
)
def test_an_alert_that_cannot_be_sent_does_not_hide_the_failure(monkeypatch, caplog, instance, url):
    monkeypatch.setenv("ALERT_WEBHOOK_URL", url)
    with caplog.at_level(logging.ERROR):
        alerts.send("build failed", logging.getLogger("alerts"))
        alerts.report_failure(failed_run(instance, "build", ValueError("secret")))
    assert "could not be sent" in caplog.text
    assert "secret" not in caplog.text


def test_a_backfill_day_starts_and_ends_at_midnight_utc():
    days = loads.windows("ingest_shop").partitions_def
    window = days.time_window_for_partition_key("2026-01-31")
    assert window.start == datetime(2026, 1, 31, tzinfo=timezone.utc)
    assert window.end == datetime(2026, 2, 1, tzinfo=timezone.utc)
