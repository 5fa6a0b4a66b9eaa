"""The log of the loads that changed each table, and the load of each row, by which facts find changed rows."""

from __future__ import annotations

from pathlib import Path

import pytest
from ingest_repository import write_source
from test_ingest_flow import INCREMENTAL, Shop, shop

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("dlt")


@pytest.fixture
def source(tmp_path: Path) -> Shop:
    source = Shop(tmp_path)
    source.spec(INCREMENTAL)
    return source


def logged(source: Shop) -> list[tuple[str, bool]]:
    """The loads of the orders in the log, and whether each replaced the table."""
    log = "raw_shop._dlt_table_loads where table_name = 'orders'"
    return source.ask(f"select load_id, replaced from {log} order by load_id")


def loads_of_rows(source: Shop) -> set[str]:
    return {load for (load,) in source.ask("select distinct _dlt_load_id from raw_shop.orders")}


def test_every_row_has_the_last_load_that_wrote_it_and_every_load_is_logged(source: Shop) -> None:
    source.load()
    (first, replaced), *others = logged(source)
    assert (replaced, others, loads_of_rows(source)) == (True, [], {first})
    source.change("update orders set status = 'back', updated_at = '2024-02-01 00:00:00+00' where order_id = 3")
    source.load()
    _, (second, replaced) = logged(source)
    assert (replaced, loads_of_rows(source)) == (False, {first, second})
    assert source.ask("select status from raw_shop.orders where order_id = 3") == [("back",)]
    assert source.ask(f"select count(*) from raw_shop.orders where order_id = 3 and _dlt_load_id = '{second}'") == [
        (1,)
    ]


def test_a_load_that_replaces_the_table_is_the_only_one_in_its_log(source: Shop) -> None:
    source.load()
    source.load()
    source.load("--full")
    assert [replaced for _, replaced in logged(source)] == [True]
    assert {load for load, _ in logged(source)} == loads_of_rows(source)


def test_a_table_that_becomes_empty_is_logged_as_replaced(source: Shop) -> None:
    source.spec()
    source.load()
    source.change("delete from orders")
    source.load("--accept-empty")
    assert logged(source) == [("no rows", True)]


def test_a_renamed_table_is_logged_as_replaced_under_its_new_name(source: Shop) -> None:
    source.load()
    renamed = shop(INCREMENTAL)
    renamed["tables"][0] |= {"name": "sales", "origin": "orders", "renamed_from": "orders"}
    write_source(source.root, renamed)
    source.load()
    log = source.ask("select load_id, replaced from raw_shop._dlt_table_loads where table_name = 'sales' order by 2, 1")
    assert [replaced for _, replaced in log] == [False, True]
    assert log[1][0].startswith("renamed ")


def test_a_table_that_was_loaded_before_rows_had_a_load_goes_on(source: Shop) -> None:
    source.load()
    with duckdb.connect(str(source.root / "data" / "local.duckdb")) as warehouse:
        warehouse.execute("alter table raw_shop.orders drop column _dlt_load_id; drop table raw_shop._dlt_table_loads")
    source.change("update orders set status = 'back', updated_at = '2024-02-01 00:00:00+00' where order_id = 3")
    source.load()
    ((load, replaced),) = logged(source)
    assert (replaced, loads_of_rows(source)) == (False, {None, load})
