"""Dagster runs the generated jobs on real data, with the same result as `make run`."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest
from made import generate, state_of
from warehouse import differences

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("orchestrators")]


def test_every_job_ends_in_success_and_leaves_the_tables_of_make_run(by_make, make, tmp_path):
    source = ["--from", by_make.database.url, "--source-name", "jaffle_shop"]
    repository = generate(tmp_path / "acme", *source, "--warehouse", "duckdb", "--orchestrator", "dagster")
    env = {"JAFFLE_SHOP_URL": by_make.database.url}
    assert jobs_of(repository) == ["build_marts", "check_freshness", "load_jaffle_shop"]
    for job in ("load_jaffle_shop", "build_marts", "check_freshness"):
        done = make(repository, f"job-{job}", env=env)
        assert done.returncode == 0
        assert f"{job}: success" in done.stdout
    by_dagster = state_of(done, repository, tmp_path / "by_dagster")
    assert by_make.first.green
    assert differences(by_dagster.contents, by_make.first.contents) == {}

    nodes = manifest_of(repository)["nodes"].values()
    sources = manifest_of(repository)["sources"].values()
    models = {node["name"] for node in nodes if node["resource_type"] in ("model", "snapshot")}
    assert {path[-1] for path in updated_assets(repository)} == models | {table["name"] for table in sources}
    checks = results_of_checks(repository)
    tests = {node["name"] for node in nodes if node["resource_type"] == "test"}
    assert {name for name, _ in checks} == tests | {"freshness"}
    assert {result for _, result in checks} == {True}


def jobs_of(repository: Path) -> list[str]:
    """The jobs, which are named like their files."""
    return sorted(path.stem for path in (repository / "orchestrate" / "jobs").glob("[!_]*.py"))


def manifest_of(repository: Path) -> dict:
    """dbt's manifest."""
    return json.loads((repository / "transform/target/manifest.json").read_text(encoding="utf-8"))


def updated_assets(repository: Path) -> set[tuple[str, ...]]:
    """The keys of the assets that Dagster recorded as updated."""
    kind = "ASSET_MATERIALIZATION"
    return {tuple(json.loads(key)) for (key,) in events(repository, "asset_key", kind) if key}


def results_of_checks(repository: Path) -> list[tuple[str, bool]]:
    """The name and the result of each asset check that Dagster recorded."""
    found = []
    for (text,) in events(repository, "event", "ASSET_CHECK_EVALUATION"):
        data = json.loads(text)["dagster_event"]["event_specific_data"]
        found.append((data["check_name"], data["success"]))
    return found


def events(repository: Path, column: str, kind: str) -> list[tuple[str]]:
    """A column of the events of one kind, from the database of each run."""
    rows: list[tuple[str]] = []
    for path in (repository / "data/dagster/history/runs").glob("*-*.db"):
        with sqlite3.connect(path) as connection:
            query = f"select {column} from event_logs where dagster_event_type = ?"
            rows += connection.execute(query, (kind,)).fetchall()
    return rows
