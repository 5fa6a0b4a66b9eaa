"""Airflow runs the generated DAGs on real data, with the same result as `make run`."""

from __future__ import annotations

import pytest
import source_data
from made import generate, state_of
from warehouse import differences

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("airflow")]


def test_every_dag_ends_in_success_and_leaves_the_tables_of_make_run(datasets, postgres_url, make, tmp_path):
    database = source_data.load("jaffle_shop", datasets, postgres_url, source_data.fresh_name("jaffle_shop_airflow"))
    source = ["--from", database.url, "--source-name", "jaffle_shop"]
    repository = generate(tmp_path / "acme", *source, "--warehouse", "duckdb", "--orchestrator", "airflow")
    env = {"JAFFLE_SHOP_URL": database.url}
    dags = sorted(path.stem for path in (repository / "orchestrate" / "dags").glob("*.py"))
    assert dags == ["build_marts", "load_jaffle_shop"]
    for dag in reversed(dags):
        done = make(repository, f"dag-{dag}", env=env)
        assert done.returncode == 0
        assert "state=success" in done.stdout
    by_airflow = state_of(done, repository, tmp_path / "by_airflow")
    by_make = state_of(make(repository, "run", env=env), repository, tmp_path / "by_make")
    assert by_make.green
    assert differences(by_airflow.contents, by_make.contents) == {}
