"""Changes between two runs: versions of dimensions, late commits, and deleted rows."""

from __future__ import annotations

import subprocess

import pytest
import shop
import source_data
from made import generate, platform_new, state_of

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("history")]


@pytest.fixture(scope="module")
def visits(postgres_url, make, tmp_path_factory):
    """The shop's platform on its first day, after changes, and after the backfill of a window."""
    folder = tmp_path_factory.mktemp("history")
    url = source_data.create(postgres_url, source_data.fresh_name("shop"))
    shop.happen(url, shop.OPENED)
    repository = generate(folder / "acme", "--spec", str(shop.spec_file(folder)))
    env = {"SHOP_URL": url}
    states = [state_of(make(repository, "run", env=env), repository, folder / "opened")]
    shop.happen(url, shop.MOVED_ON)
    states.append(state_of(make(repository, "run", env=env), repository, folder / "moved_on"))
    shop.happen(url, shop.COMMITTED_TOO_LATE)
    states.append(state_of(make(repository, "run", env=env), repository, folder / "too_late"))
    window = [".venv/bin/python", "-m", "ingest", "shop", "--from", "2026-02-10", "--to", "2026-02-11"]
    subprocess.run(window, cwd=repository, env=env, check=True, capture_output=True)
    states.append(state_of(make(repository, "run", env=env), repository, folder / "backfilled"))
    shop.happen(url, shop.GOT_CHANNELS)
    get_channels(repository)
    reload = [".venv/bin/python", "-m", "ingest", "shop", "--full"]
    subprocess.run(reload, cwd=repository, env=env, check=True, capture_output=True)
    states.append(state_of(make(repository, "run", env=env), repository, folder / "channels"))
    return states


def get_channels(repository):
    """Add the new column to the spec, and update the repository."""
    spec = repository / "sources" / "shop.yml"
    head, orders, rest = spec.read_text(encoding="utf-8").partition("name: orders\n")
    lines = rest.splitlines(keepends=True)
    at = next(number for number, line in enumerate(lines) if "name: ordered_at" in line)
    indent = lines[at].partition("-")[0]
    lines.insert(at, f"{indent}- {{name: channel, type: text}}\n")
    spec.write_text(head + orders + "".join(lines), encoding="utf-8")
    platform_new("update", str(repository))


def test_all_runs_are_green(visits):
    assert [state.green for state in visits] == [True] * 5


def test_an_old_fact_keeps_the_version_of_its_day_and_a_new_one_finds_the_new_version(visits):
    sql = """
        select min(city), max(city), count(*) from marts.fct_orders
        inner join marts.dim_customers using (customer_key)
        where fct_orders.customer_id = 1 and ordered_at {} '2026-03-01'
    """
    assert visits[0].query(sql.format("<")) == visits[1].query(sql.format("<")) == [("Delft", "Delft", 40)]
    assert visits[1].query(sql.format(">=")) == [("Utrecht", "Utrecht", 1)]


def test_the_first_version_is_valid_from_the_beginning_and_versions_follow_without_a_gap(visits):
    columns = "city, valid_from::date::text, valid_to::date::text, is_current"
    sql = f"select {columns} from marts.dim_customers where customer_id = 1 order by valid_from"
    assert visits[0].query(sql) == [("Delft", "1900-01-01", "9999-12-31", True)]
    assert visits[1].query(sql) == [
        ("Delft", "1900-01-01", "2026-03-01", False),
        ("Utrecht", "2026-03-01", "9999-12-31", True),
    ]


def test_an_order_that_was_committed_late_is_picked_up(visits):
    assert visits[1].query("select count(*) from marts.fct_orders where order_id = 3003") == [(1,)]


def test_a_row_older_than_the_lag_is_found_by_the_count_and_reaches_the_marts(visits):
    sql = "select count(*) from marts.fct_orders where order_id = 3004"
    assert [state.query(sql) for state in visits[1:4]] == [[(0,)], [(1,)], [(1,)]]


def test_a_row_deleted_at_the_source_is_flagged_in_staging_and_in_its_fact(visits):
    for table in ("staging.stg_shop__payments", "marts.fct_payments"):
        sql = f"select payment_id from {table} where is_deleted"
        assert [visits[0].query(sql), visits[1].query(sql)] == [[], [(7,)]]


def test_a_changed_row_of_a_fact_exists_once(visits):
    sql = "select count(*), count(distinct order_id) from marts.fct_orders"
    assert visits[1].query(sql) == [(2004, 2004)]
    assert visits[1].query("select amount from marts.fct_orders where order_id = 700") == [(200,)]


def test_an_order_joins_a_product_that_arrives_after_it(visits):
    sql = "select product_key = '-1' from marts.fct_orders where order_id = 3005"
    assert [state.query(sql) for state in visits[1:3]] == [[(True,)], [(False,)]]


def test_a_new_column_of_a_fact_is_filled_for_the_existing_rows(visits):
    sql = "select channel, count(*) from marts.fct_orders group by channel"
    assert visits[4].query(sql) == [("web", 2005)]


def test_a_full_load_removes_deleted_rows(visits):
    sql = "select count(*) from staging.stg_shop__products"
    assert [visits[0].query(sql), visits[1].query(sql)] == [[(21,)], [(20,)]]
