"""The production warehouse, a PostgreSQL database, has the same rows as the local DuckDB file."""

from __future__ import annotations

import pytest
from warehouse import differences, production_contents

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
    assert differences(platform.moved.contents, production_contents(platform.warehouse)) == {}
