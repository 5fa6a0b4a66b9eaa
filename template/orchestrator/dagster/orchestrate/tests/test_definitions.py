"""All definitions load, fit together and follow the policies of this repository."""

from pathlib import Path

import pytest
import yaml

ORCHESTRATE = Path(__file__).parents[1]
FILES = sorted(path.stem for path in (ORCHESTRATE / "jobs").glob("[!_]*.py"))


def test_each_file_has_the_name_of_its_job(jobs):
    assert FILES
    assert set(FILES) <= jobs.keys()
    assert {name for name in jobs if not name.startswith("backfill_")} == set(FILES)


def test_each_table_that_dbt_reads_is_loaded(defs):
    from orchestrate.pipeline.project import source_tables

    loaded = defs.resolve_asset_graph().materializable_asset_keys
    assert source_tables()
    assert set(source_tables()) <= loaded


def test_each_model_and_snapshot_is_an_asset_and_each_test_a_check(defs):
    from orchestrate.pipeline.project import manifest

    graph = defs.resolve_asset_graph()
    names = {key.path[-1] for key in graph.materializable_asset_keys}
    checks = {key.name for key in graph.asset_check_keys}
    for node in manifest()["nodes"].values():
        if node["resource_type"] in ("model", "snapshot"):
            assert node["name"] in names
        # A test of several models belongs to the model that it is attached to.
        elif node["resource_type"] == "test" and node["attached_node"]:
            assert node["name"] in checks


def test_nothing_is_reported():
    settings = yaml.safe_load((ORCHESTRATE / "dagster.yaml").read_text(encoding="utf-8"))
    assert settings["telemetry"] == {"enabled": False}
    assert settings["run_monitoring"]["enabled"]


def test_everything_starts_without_a_click_and_in_utc(defs):
    repository = defs.get_repository_def()
    for started in (*repository.schedule_defs, *repository.sensor_defs):
        assert started.default_status.value == "RUNNING"
    assert {schedule.execution_timezone for schedule in repository.schedule_defs} == {"UTC"}


def test_there_is_an_alert(defs):
    assert "report_failure" in {sensor.name for sensor in defs.get_repository_def().sensor_defs}


@pytest.mark.parametrize("name", FILES)
class TestPolicies:
    def test_the_job_is_started(self, defs, name):
        repository = defs.get_repository_def()
        by_schedule = [each for each in repository.schedule_defs if each.job_name == name]
        by_sensor = [each for each in repository.sensor_defs if each.name == f"start_{name}"]
        assert len(by_schedule) + len(by_sensor) == 1

    def test_says_what_it_is_for_and_who_owns_it(self, jobs, name):
        assert jobs[name].description
        assert jobs[name].metadata["owner"].value

    def test_runs_once_at_a_time_and_has_a_time_limit(self, jobs, name):
        assert jobs[name].tags["job"] == name
        assert int(jobs[name].tags["dagster/max_runtime"]) >= 3600

    def test_each_step_has_retries_with_growing_delays_and_a_pool(self, jobs, name):
        assert jobs[name].nodes
        for step in jobs[name].nodes:
            policy = step.definition.retry_policy
            assert policy.max_retries >= 1
            assert policy.calculate_delay(2) > policy.calculate_delay(1) > 0
            assert step.definition.pool
