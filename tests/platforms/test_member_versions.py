"""The versions of a dimension with history while its source changes: each member is a separate case.

The raw tables are written by hand, and dbt builds on them, in the local warehouse and in PostgreSQL.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import environment as environments
import psycopg
import pytest
import source_data
from made import generate, platform_new, warehouse_variables

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("versions")]

SPEC = """\
warehouse: postgres
orchestrator: none
modeling: star
sources:
  - name: shop
    kind: sqlite
    tables:
      - name: cities
        role: reference
        key: [city_id]
        columns:
          - {name: city_id, type: integer, required: true}
          - {name: city, type: text}
          - {name: updated_at, type: timestamp}
      - name: customers
        role: dimension
        key: [customer_id]
        columns:
          - {name: customer_id, type: integer, required: true}
          - {name: name, type: text}
          - {name: code, type: text}
          - {name: credit, type: "numeric(6, 2)"}
          - {name: city_id, type: integer, references: cities.city_id}
          - {name: notes, type: json}
          - {name: updated_at, type: timestamp}
      - name: suppliers
        role: dimension
        key: [supplier_id]
        columns:
          - {name: supplier_id, type: integer, required: true}
          - {name: name, type: text}
          - {name: city_id, type: integer, references: cities.city_id}
          - {name: updated_at, type: timestamp}
      - name: products
        role: dimension
        load: {mode: incremental, cursor: updated_at, lag: 1 hour, deletes: mark}
        key: [product_id]
        columns:
          - {name: product_id, type: integer, required: true}
          - {name: title, type: text}
          - {name: updated_at, type: timestamp}
      - name: orders
        role: fact
        event_time: ordered_at
        load: {mode: incremental, cursor: updated_at, lag: 1 hour}
        key: [order_id]
        columns:
          - {name: order_id, type: integer, required: true}
          - {name: customer_id, type: integer, required: true, references: customers.customer_id}
          - {name: product_id, type: integer, references: products.product_id}
          - {name: amount, type: integer, required: true}
          - {name: ordered_at, type: timestamp, required: true}
          - {name: updated_at, type: timestamp, required: true}
"""

OPENED = """
create schema raw_shop;
create table raw_shop.cities (city_id integer, city text, updated_at timestamp);
create table raw_shop.customers (customer_id integer, name text, code text, credit numeric(6, 2), city_id integer,
    notes text, updated_at timestamp);
create table raw_shop.suppliers (supplier_id integer, name text, city_id integer, updated_at timestamp);
create table raw_shop.products (product_id integer, title text, updated_at timestamp);
create table raw_shop.products__keys (product_id integer);
create table raw_shop.orders (order_id integer, customer_id integer, product_id integer, amount integer,
    ordered_at timestamp, updated_at timestamp);
insert into raw_shop.cities values (1, 'Bern', '2024-01-01'), (2, 'Rome', '2024-01-01'), (3, 'Oslo', '2024-01-01');
insert into raw_shop.customers
    select n, 'old', '7', 1.25, case when n = 7 then 2 when n = 8 then 3 else 1 end, '{}', '2024-01-01'
    from generate_series(1, 8) as numbers (n);
insert into raw_shop.suppliers
    values (1, 'second', 1, '2023-06-01'), (2, 'changed', 1, null), (3, 'changed', 1, '2024-01-01');
insert into raw_shop.products values (1, 'kept', '2024-01-01'), (2, 'deleted', '2024-01-01');
insert into raw_shop.products__keys values (1), (2);
insert into raw_shop.orders
    select n, n, case when n < 3 then n end, 10, '2024-02-01', '2024-02-01' from generate_series(1, 8) as numbers (n);
"""

RECORDED_BY_UPDATE_TIME = """
create schema snapshots;
create table snapshots.snap_shop__suppliers (supplier_id integer, name text, city_id integer, updated_at timestamp,
    dbt_scd_id text, dbt_updated_at timestamp, dbt_valid_from timestamp, dbt_valid_to timestamp);
insert into snapshots.snap_shop__suppliers values
    (1, 'first', 1, '2023-01-01', 'a', '2023-01-01', '2023-01-01', '2023-06-01'),
    (1, 'second', 1, '2023-06-01', 'b', '2023-06-01', '2023-06-01', null),
    (2, 'unseen', 1, null, 'c', null, null, null),
    (3, 'early', 1, '2023-01-01', 'd', '2023-01-01', '2023-01-01', '2099-01-01'),
    (3, 'future', 1, '2099-01-01', 'e', '2099-01-01', '2099-01-01', null);
"""
"""A snapshot of the staging model by dbt's `timestamp` strategy."""

MOVED_ON = """
update raw_shop.customers set name = 'new', updated_at = '2024-03-01' where customer_id = 1;
update raw_shop.customers set name = 'new' where customer_id = 2;
update raw_shop.customers set name = 'new', updated_at = null where customer_id = 3;
update raw_shop.customers set name = 'new', updated_at = '2099-01-01' where customer_id = 4;
update raw_shop.customers set notes = '{"seen": 1}', updated_at = '2024-03-01' where customer_id = 5;
delete from raw_shop.customers where customer_id = 6;
update raw_shop.cities set city = 'Roma', updated_at = '2024-02-15' where city_id = 2;
update raw_shop.cities set city = 'Kristiania' where city_id = 3;
delete from raw_shop.products__keys where product_id = 2;
update raw_shop.orders set amount = 11 where order_id = 2;
delete from raw_shop.orders where order_id = 3;
insert into raw_shop.orders values (9, 7, 2, 10, '2024-03-01', '2024-03-01');
"""
"""A complete load: one order has changed without its update time, and one is deleted."""

GREW = """
drop schema staging cascade;
alter table raw_shop.customers add column phone text;
update raw_shop.customers set phone = '+' || cast(customer_id as text);
alter table raw_shop.customers alter column credit type numeric(12, 2);
alter table raw_shop.customers alter column code type bigint using cast(code as bigint);
update raw_shop.customers set credit = 123456.75, updated_at = '2024-04-01' where customer_id = 1;
update raw_shop.customers set name = 'corrected', updated_at = '2024-05-01' where customer_id = 4;
insert into raw_shop.customers values (6, 'back', 7, 1.25, 1, '{}', '2024-01-01', '+6');
"""

RENAMED = """
alter table raw_shop.customers rename to clients;
alter table raw_shop.clients rename column customer_id to client_id;
alter table raw_shop.cities rename column city to town;
update raw_shop.clients set name = 'newer', updated_at = '2024-06-01' where client_id = 1;
"""

NARROWED = "drop schema staging cascade; alter table raw_shop.clients alter column credit type integer"
"""The recorded credit of 1.25 does not fit that."""


class Warehouse:
    """A warehouse with raw tables written by hand, and the repository that builds on them."""

    def __init__(self, repository: Path, environment: Path, url: str = ""):
        self.repository, self.url = repository, url
        self.dbt = environment / "bin" / "dbt"
        (repository / "data").mkdir(exist_ok=True)

    def query(self, sql: str) -> list[tuple]:
        """The rows of the last statement."""
        if self.url:
            with psycopg.connect(self.url) as connection:
                return connection.execute(sql).fetchall()
        with duckdb.connect(str(self.repository / "data/local.duckdb")) as connection:
            return connection.execute(sql).fetchall()

    def happen(self, sql: str) -> None:
        """Run these statements."""
        if self.url:
            with psycopg.connect(self.url) as connection:
                connection.execute(sql)
        else:
            with duckdb.connect(str(self.repository / "data/local.duckdb")) as connection:
                connection.execute(sql)

    def build(self) -> subprocess.CompletedProcess[str]:
        """Run `dbt build`, as `make run` does after the loads."""
        project = str(self.repository / "transform")
        command = [self.dbt, "build", "--project-dir", project, "--profiles-dir", project]
        env = {"PLATFORM_ROOT": str(self.repository), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        if self.url:
            # A session's own time zone must not matter.
            command += ["--target", "prod"]
            env |= {**warehouse_variables(self.url), "PGTZ": "Asia/Tokyo"}
        return subprocess.run(
            command, cwd=project, env=environments.clean(env), capture_output=True, text=True, check=False
        )

    def built(self) -> None:
        """Build; everything has to succeed."""
        done = self.build()
        assert done.returncode == 0, done.stdout

    def versions(self, columns: str, dimension: str = "dim_customers", key: str = "customer_id") -> list[tuple]:
        """The versions of each member; times of a run are shown as `run`."""
        said = ", ".join(
            f"case when {time} between '2025-01-01' and '9000-01-01' then 'run' "
            f"else cast(cast({time} as date) as text) end as {name}"
            for time, name in (("valid_from", "since"), ("valid_to", "until"))
        )
        rows = f"select *, {said} from marts.{dimension} where {key} is not null"
        names = f"{key}, {columns}, since, until, is_current"
        return self.query(f"select {names} from ({rows}) as versions order by {key}, valid_from")

    def relations(self) -> set[str]:
        """The names of all relations that dbt built."""
        schemas = "('staging', 'intermediate', 'snapshots', 'marts')"
        return {
            name
            for (name,) in self.query(
                f"select table_name from information_schema.tables where table_schema in {schemas}"
            )
        }


@pytest.fixture(scope="module", params=["duckdb", pytest.param("postgres", marks=pytest.mark.exhaustive)])
def warehouse(request, environment, tmp_path_factory) -> Iterator[Warehouse]:
    """A warehouse of each kind after the shop's first two days."""
    folder = tmp_path_factory.mktemp(f"versions_{request.param}")
    (folder / "shop.yml").write_text(SPEC, encoding="utf-8")
    repository = generate(folder / "acme", "--spec", str(folder / "shop.yml"))
    url = ""
    if request.param == "postgres":
        url = source_data.create(request.getfixturevalue("postgres_url"), source_data.fresh_name("versions"))
    warehouse = Warehouse(repository, environment, url)
    for day in (OPENED + RECORDED_BY_UPDATE_TIME, MOVED_ON):
        warehouse.happen(day)
        warehouse.built()
    yield warehouse


def respecify(warehouse: Warehouse, *changes: tuple[str, str]) -> None:
    """Change the text of the spec, and update the repository."""
    path = warehouse.repository / "sources/shop.yml"
    text = path.read_text(encoding="utf-8")
    for before, after in changes:
        assert text.count(before) == 1, before
        text = text.replace(before, after)
    path.write_text(text, encoding="utf-8")
    platform_new("update", str(warehouse.repository))
    commit(warehouse)


def rename(warehouse: Warehouse, *words: str) -> None:
    """Rename something in the repository."""
    command = [Path(sys.executable).with_name("platform-new"), "rename", *words]
    subprocess.run(command, cwd=warehouse.repository, env=environments.clean(), check=True, capture_output=True)
    commit(warehouse)


def commit(warehouse: Warehouse) -> None:
    """Commit everything."""
    for words in (
        ["add", "--all"],
        ["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "--quiet", "-m", "-"],
    ):
        subprocess.run(["git", *words], cwd=warehouse.repository, check=True, capture_output=True)


FIRST, LAST = "1900-01-01", "9999-12-31"


def test_a_changed_row_opens_a_version_whatever_its_update_time_does(warehouse):
    assert warehouse.versions("name, city") == [
        (1, "old", "Bern", FIRST, "2024-03-01", False),
        (1, "new", "Bern", "2024-03-01", LAST, True),
        *(
            (n, *row)
            for n in (2, 3, 4)
            for row in (("old", "Bern", FIRST, "run", False), ("new", "Bern", "run", LAST, True))
        ),
        (5, "old", "Bern", FIRST, LAST, True),
        (6, "old", "Bern", FIRST, "run", False),
        (7, "old", "Rome", FIRST, "2024-02-15", False),
        (7, "old", "Roma", "2024-02-15", LAST, True),
        (8, "old", "Oslo", FIRST, "run", False),
        (8, "old", "Kristiania", "run", LAST, True),
    ]


def test_versions_recorded_by_the_update_time_alone_are_kept_and_repaired(warehouse):
    assert warehouse.versions("name, city", "dim_suppliers", "supplier_id") == [
        (1, "first", "Bern", FIRST, "2023-06-01", False),
        (1, "second", "Bern", "2023-06-01", LAST, True),
        (2, "unseen", "Bern", FIRST, "2024-01-01", False),
        (2, "changed", "Bern", "2024-01-01", LAST, True),
        (3, "early", "Bern", FIRST, "run", False),
        (3, "future", "Bern", "run", "run", False),
        (3, "changed", "Bern", "run", LAST, True),
    ]


def test_a_member_that_is_marked_as_deleted_has_no_current_version(warehouse):
    assert warehouse.versions("is_deleted", "dim_products", "product_id") == [
        (1, False, FIRST, LAST, True),
        (2, True, FIRST, "run", False),
    ]


def test_facts_join_the_versions_of_their_day_also_of_deleted_members(warehouse):
    sql = """
        select order_id, dim_customers.name, city, title from marts.fct_orders
        join marts.dim_customers using (customer_key) join marts.dim_products using (product_key)
        where order_id in (1, 2, 6, 7, 9) order by order_id
    """
    assert warehouse.query(sql) == [
        (1, "old", "Bern", "kept"),
        (2, "old", "Bern", "deleted"),
        (6, "old", "Bern", None),
        (7, "old", "Rome", None),
        (9, "old", "Roma", "deleted"),
    ]


def test_facts_equal_the_raw_rows_also_where_no_update_time_changed(warehouse):
    sql = "select order_id, amount from {} order by order_id"
    assert warehouse.query(sql.format("marts.fct_orders")) == warehouse.query(sql.format("raw_shop.orders"))


@pytest.mark.exhaustive
def test_snapshots_follow_new_columns_types_and_names(warehouse):
    """One test, since each step builds on the previous step."""
    warehouse.happen(GREW)
    respecify(
        warehouse,
        ('{name: credit, type: "numeric(6, 2)"}', '{name: credit, type: "numeric(12, 2)"}'),
        ("{name: code, type: text}", "{name: code, type: bigint}"),
        ("{name: notes, type: json}", "{name: notes, type: json}\n      - {name: phone, type: text}"),
    )
    warehouse.built()
    grown = warehouse.versions("name, credit, code, phone")
    cents = {row[0]: [str(part) for part in row[2:4]] for row in grown}
    assert cents[1] == ["123456.75", "7"] and cents[2] == ["1.25", "7"]
    assert [(row[0], row[1], row[4], *row[5:]) for row in grown if row[0] in (1, 2, 4, 6)] == [
        (1, "old", "+1", FIRST, "2024-03-01", False),
        (1, "new", "+1", "2024-03-01", "2024-04-01", False),
        (1, "new", "+1", "2024-04-01", LAST, True),
        (2, "old", "+2", FIRST, "run", False),
        (2, "new", "+2", "run", LAST, True),
        (4, "old", "+4", FIRST, "run", False),
        (4, "new", "+4", "run", "run", False),
        (4, "corrected", "+4", "run", LAST, True),
        (6, "old", "+6", FIRST, "run", False),
        (6, "back", "+6", "run", LAST, True),
    ]

    keys = "select {}, valid_from, {} from marts.{} order by 1, 2"
    before = warehouse.query(keys.format("customer_id", "customer_key", "dim_customers"))
    warehouse.happen(RENAMED)
    rename(warehouse, "column", "shop.customers.customer_id", "client_id")
    rename(warehouse, "column", "shop.cities.city", "town")
    rename(warehouse, "table", "shop.customers", "clients")
    warehouse.built()
    after = warehouse.query(keys.format("client_id", "client_key", "dim_clients"))
    assert len(after) == len(before) + 1 and set(before) <= set(after)
    assert [row[1:3] for row in warehouse.versions("name, city_town", "dim_clients", "client_id") if row[0] == 1] == [
        (name, "Bern") for name in ("old", "new", "new", "newer")
    ]
    assert not [name for name in warehouse.relations() if "customers" in name]

    warehouse.happen(NARROWED)
    respecify(warehouse, ('{name: credit, type: "numeric(12, 2)"}', "{name: credit, type: integer}"))
    said = warehouse.build()
    assert said.returncode and "`credit`" in said.stdout and "1.25" in said.stdout
    respecify(warehouse, ("{name: credit, type: integer}", '{name: credit, type: "numeric(12, 2)"}'))
    warehouse.built()
    credits = "select distinct cast(credit as text) from marts.dim_clients where client_id = 1 order by 1"
    assert warehouse.query(credits) == [("1.25",), ("123456.75",), ("123457.00",)]
