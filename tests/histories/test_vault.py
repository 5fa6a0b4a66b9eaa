"""What a vault records of a short history: every change that a run found, once, and nothing else."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pytest

from histories import databases
from histories.history import Day, History, Loading
from histories.play import play
from histories.repository import Runner

pytestmark = pytest.mark.exhaustive


@pytest.fixture(scope="module")
def runner(environment: Path):
    """Runs the repositories of all histories."""
    runner = Runner(environment)
    yield runner
    runner.close()


def row(day: int, **columns: Any) -> dict[str, Any]:
    """A row with its update time."""
    return columns | {"updated_at": f"2024-01-{day:02} 06:00:00"}


ROWS = {
    "cities": [row(10, city_id=1, city="x"), row(10, city_id=2, city="y")],
    "customers": [row(10, customer_id=1, name="x", city_id=1), row(10, customer_id=2, name="y", city_id=2)],
    "orders": [row(10, order_id=1, customer_id=1, ordered_at="2024-01-09 06:00:00", amount="1.5")],
    "readings": [{"sensor": "a", "value": 1}],
}
HISTORY = (
    Day([["update", "customers", 1, row(13, name="y")], ["update", "orders", 1, row(13, customer_id=2)]]),
    Day(),
    Day([["update", "customers", 1, row(19, name="x")], ["update", "orders", 1, row(19, customer_id=1)]]),
    Day([["delete", "customers", 2], ["delete", "cities", 2]]),
    Day([["change_type", "orders", "amount", "numeric(12, 2)"],
         ["add_column", "customers", "score", "integer", {"1": None}],
         ["update", "orders", 1, row(25, amount="123456.75")], ["follow"]]),
    Day([], ["--full"]),
    Day([["rename_table", "customers", "clients"], ["rename_column", "customers", "name", "full_name"],
         ["insert", "customers", row(28, customer_id=2, name="y", city_id=1, score=1)]]),
    Day([["load", "cities", "mark"], ["update", "cities", 1, row(30, city="z")]]),
)  # fmt: skip


@pytest.mark.parametrize("target", ["local", "prod"])
def test_a_vault_has_a_row_for_each_change_and_none_for_what_stayed(target: str, runner: Runner, tmp_path: Path):
    addresses: list[str] = []

    def database(engine: str) -> str:
        addresses.append(databases.fresh(engine))
        return addresses[-1]

    loading = {"customers": Loading("mark"), "orders": Loading("incremental")}
    history = History("sqlite", loading, ROWS, list(HISTORY), target, modeling="data_vault")
    assert play(history, tmp_path, runner, database) == []
    warehouse = (
        psycopg.connect(addresses[-1]) if addresses else duckdb.connect(str(tmp_path / "acme/data/local.duckdb"))
    )
    with contextlib.closing(warehouse) as connection:

        def found(query: str) -> list[tuple[Any, ...]]:
            return connection.execute(f"select {query}").fetchall()

        ((first,),) = found("customer_hk from vault.hub_clients where customer_id = 1")
        names = found(f"full_name from vault.sat_clients where customer_hk = '{first}' order by load_date")
        assert names == [("x",), ("y",), ("x",)], (
            "a value that returns is a change; a column that is added empty is not"
        )
        customers = "vault.hub_clients join vault.sat_clients using (customer_hk)"
        flags = found(f"is_deleted, score from {customers} where customer_id = 2 order by sat_clients.load_date")
        assert flags == [(False, None), (True, None), (False, 1)]
        moves = (
            "vault.eff_orders join vault.link_orders using (order_link_hk) join vault.hub_clients using (customer_hk)"
        )
        assert found(f"customer_id, is_active from {moves} order by eff_orders.load_date, is_active") == [
            (1, True), (1, False), (2, True), (2, False), (1, True),
        ]  # fmt: skip
        cities = "vault.hub_cities join vault.eff_cities using (city_hk)"
        assert found(f"is_active from {cities} where city_id = 2 order by eff_cities.load_date") == [(True,), (False,)]
        assert found("count(*) from vault.hub_clients") == found("count(*) from vault.hub_cities") == [(2,)]
        assert found("count(*) from vault.loads") == [(len(HISTORY) + 1,)]
        assert found("max(amount) from vault.sat_orders") != [(1.5,)]
