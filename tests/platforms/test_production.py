"""The production warehouse, a PostgreSQL database or a DuckLake, has the same rows as the local DuckDB file."""

from __future__ import annotations

from datetime import datetime, timezone

import lake
import pytest
from warehouse import differences

pytestmark = pytest.mark.proof


def test_a_run_into_production_gives_the_same_tables_as_a_local_run(platform):
    """Including surrogate keys; the rows are compared one by one."""
    assert platform.production.green
    assert platform.production.outcome["target"] == "prod" and platform.production.outcome["ok"]
    assert differences(platform.first.contents, platform.production_tables) == {}


def test_the_change_of_a_source_gives_the_same_tables_too(platform):
    if platform.database.data_set not in ("pagila", "sakila"):
        pytest.skip("no table of this data set is loaded incrementally")
    assert platform.production_moved.green
    assert differences(platform.moved.contents, platform.in_production()) == {}


def test_a_lake_still_has_the_rows_before_a_change(platform):
    if platform.warehouse != "ducklake":
        pytest.skip("only a lake keeps former states")
    assert platform.production_moved.green
    run = platform.folder / "production/last_run.json"
    moment = datetime.fromtimestamp(run.stat().st_mtime, timezone.utc)
    rows = "select count(*) from marts.fct_rental"
    with lake.connect(platform.url) as connection:
        then, now = (connection.execute(rows + at).fetchone()[0] for at in (f" at (timestamp => '{moment}')", ""))
    assert then == platform.production_tables["marts", "fct_rental"].total() < now
