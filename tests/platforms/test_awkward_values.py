"""Values that the warehouse cannot hold."""

from __future__ import annotations

import psycopg
import pytest
import source_data
from made import generate, state_of

pytestmark = pytest.mark.proof

TABLE = (
    "create table readings "
    "(reading_id int primary key, amount numeric, seen_at timestamptz, day date, written timestamp)",
    "insert into readings values (1, 1.5, '2026-01-31 12:00+01', '2026-01-31', '2026-01-31 12:00'), "
    "(2, 'NaN', 'infinity', '-infinity', '294276-12-31')",
)


def test_what_is_no_number_and_no_time_that_the_warehouse_has_becomes_null(postgres_url, make, tmp_path):
    url = source_data.create(postgres_url, source_data.fresh_name("readings"))
    with psycopg.connect(url) as connection:
        for statement in TABLE:
            connection.execute(statement)
    repository = generate(tmp_path / "acme", "--from", url, "--source-name", "lab", "--orchestrator", "none")
    state = state_of(make(repository, "run", env={"LAB_URL": url}), repository, tmp_path / "first")
    assert state.green
    columns = "amount::text, seen_at::text, day::text, written::text"
    sql = f"select {columns} from staging.stg_lab__readings order by reading_id"
    assert state.query(sql) == [
        ("1.500000000", "2026-01-31 11:00:00", "2026-01-31", "2026-01-31 12:00:00"),
        (None, None, None, None),
    ]
