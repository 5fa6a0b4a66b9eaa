"""Why cursors and drift are our own code: what dlt would do instead. A failing test means that dlt now does more.

`docs/ingestion.md` lists the same limits; after an upgrade of dlt, it shows which code can be removed.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")
os.environ.setdefault("PROVIDERS__ENABLE_AIRFLOW_SECRETS", "false")
dlt = pytest.importorskip("dlt")
duckdb = pytest.importorskip("duckdb")
pa = pytest.importorskip("pyarrow")

Load = Callable[..., list[tuple[Any, ...]]]
FROZEN = {"tables": "evolve", "columns": "freeze", "data_type": "freeze"}


def day(number: int, year: int = 2026) -> datetime:
    return datetime(year, 1, number)


def rows(*cursors: datetime | None, **columns: Any) -> Any:
    """Rows with the keys 1, 2, 3 … and these cursors."""
    keys = pa.array(range(1, len(cursors) + 1), pa.int64())
    return pa.table({"id": keys, "at": pa.array(cursors, pa.timestamp("us")), **columns})


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Merges a table with `dlt.sources.incremental`, and returns its loaded rows."""

    def load(table: Any, contract: Any = "evolve", landed: str = "id", **cursor: Any) -> list[tuple[Any, ...]]:
        settings = {"primary_key": "id", "on_cursor_value_missing": "include", **cursor}

        def read(at: Any = dlt.sources.incremental("at", **settings)) -> Iterator[Any]:  # noqa: B008
            yield table

        warehouse = str(tmp_path / "warehouse.duckdb")
        pipeline = dlt.pipeline(
            "one", pipelines_dir=str(tmp_path), destination=dlt.destinations.duckdb(warehouse), dataset_name="raw"
        )
        resource = dlt.resource(read, name="orders", primary_key="id", write_disposition="merge")
        pipeline.run(resource(), schema_contract=contract)
        with duckdb.connect(warehouse) as connection:
            return connection.execute(f"select {landed} from raw.orders order by id").fetchall()

    return load


def test_dlt_remembers_a_cursor_in_the_future_and_loses_what_comes_before_it(load: Load) -> None:
    load(rows(day(1), day(1, year=2099)))
    assert load(rows(day(1), day(1, year=2099), day(2))) == [(1,), (2,)]


def test_dlt_cannot_be_told_on_arrow_batches_which_cursor_to_remember(load: Load) -> None:
    with pytest.raises(Exception, match="Only `min` or `max` of `last_value_func` is supported for arrow tables"):
        load(rows(day(1)), last_value_func=lambda values: min(max(values), day(20)))


def test_dlt_remembers_nothing_of_a_load_with_an_end(load: Load) -> None:
    load(rows(day(1)), initial_value=day(1), end_value=day(20))
    later = load(rows(day(1), landed=pa.array(["again"])), landed="landed", initial_value=day(1), end_value=day(20))
    assert later == [("again",)]


def test_dlt_does_not_notice_a_restored_source(load: Load) -> None:
    load(rows(day(1), day(2), day(3), status=pa.array(["new"] * 3)))
    assert load(rows(day(1), day(2), status=pa.array(["restored"] * 2)), landed="status") == [("new",)] * 3


def test_dlt_leaves_a_column_that_joins_empty_in_older_rows(load: Load) -> None:
    load(rows(day(1), day(2)))
    assert load(rows(day(1), day(2), day(3), note=pa.array(["a", "b", "c"])), landed="note")[0] == (None,)


def test_a_frozen_contract_of_dlt_takes_a_column_that_is_gone_for_empty(load: Load) -> None:
    load(rows(day(1), note=pa.array(["a"])), contract=FROZEN)
    assert load(rows(day(1), day(2)), contract=FROZEN, landed="note") == [("a",), (None,)]


def test_a_contract_of_dlt_that_evolves_rounds_what_does_not_fit(load: Load) -> None:
    load(rows(day(1), amount=pa.array([1])))
    assert load(rows(day(1), day(2), amount=pa.array([1, 1.75])), landed="amount") == [(1,), (2,)]
