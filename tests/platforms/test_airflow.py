"""Airflow runs the generated DAGs on real data, with the same result as `make run`."""

from __future__ import annotations

import pytest
from made import generate, state_of
from warehouse import differences

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("orchestrators")]


def test_every_dag_ends_in_success_and_leaves_the_tables_of_make_run(by_make, make, tmp_path):
    source = ["--from", by_make.database.url, "--source-name", "jaffle_shop"]
    repository = generate(tmp_path / "acme", *source, "--warehouse", "duckdb", "--orchestrator", "airflow")
    env = {"JAFFLE_SHOP_URL": by_make.database.url}
    dags = sorted(path.stem for path in (repository / "orchestrate" / "dags").glob("*.py"))
    assert dags == ["build_marts", "check_freshness", "load_jaffle_shop"]
    for dag in reversed(dags):
        done = make(repository, f"dag-{dag}", env=env)
        assert done.returncode == 0
        assert "state=success" in done.stdout
    by_airflow = state_of(done, repository, tmp_path / "by_airflow")
    assert by_make.first.green
    assert differences(by_airflow.contents, by_make.first.contents) == {}
