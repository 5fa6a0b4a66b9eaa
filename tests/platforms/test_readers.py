"""In production, the roles of consumers may read their marts and nothing else, after every run."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
import source_data
from made import generate, platform_new, warehouse_variables

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("consumers")]

SPEC = """\
warehouse: postgres
orchestrator: none
modeling: star
facts: incremental
consumers:
  - {{name: anything, type: analysis, role: {analysts}}}
  - {{name: revenue, reads: [shop.orders], role: {finance}}}
  - {{name: letter, type: application, reads: [shop.customers]}}
sources:
  - name: shop
    kind: sqlite
    tables:
      - name: customers
        description: Who buys; {{{{ not Jinja }}}}, "quoted" and 'quoted'.
        key: [customer_id]
        columns:
          - {{name: customer_id, type: integer, required: true, description: "The number of a customer's card"}}
          - {{name: city, type: text}}
      - name: orders
        role: fact
        event_time: ordered_at
        load: {{mode: incremental, cursor: changed}}
        key: [order_id]
        columns:
          - {{name: order_id, type: integer, required: true}}
          - {{name: customer_id, type: integer, references: customers.customer_id}}
          - {{name: amount, type: integer}}
          - {{name: ordered_at, type: date}}
          - {{name: changed, type: integer}}
"""
OPENED = """
create table customers (customer_id integer primary key, city text);
create table orders (order_id integer primary key, customer_id integer, amount integer, ordered_at text,
                     changed integer);
insert into customers values (1, 'Delft'), (2, 'Utrecht');
insert into orders values (1, 1, 10, '2026-01-05', 1), (2, 2, 20, '2026-01-06', 2);
"""
TABLES = ("marts.fct_orders", "marts.dim_customers", "marts.dim_date", "staging.stg_shop__orders", "raw_shop.orders")


class Production:
    """A platform whose production warehouse is a PostgreSQL database with roles."""

    def __init__(self, folder: Path, server: str, make):
        self.shop, self.roles = folder / "shop.sqlite", {name: source_data.fresh_name(name) for name in ROLES}
        self.server, self.url = server, source_data.create(server, source_data.fresh_name("warehouse"))
        self.execute(*(f"create role {name} login" for name in self.roles.values()))
        self.happen(OPENED)
        (folder / "spec.yml").write_text(SPEC.format(**self.roles), encoding="utf-8")
        self.repository = generate(folder / "acme", "--spec", str(folder / "spec.yml"))
        self._make, self.env = make, {"SHOP_URL": f"sqlite:///{self.shop}", **warehouse_variables(self.url)}

    def run(self, **variables: str) -> None:
        """Run the platform, on production unless the variables say otherwise."""
        assert self._make(self.repository, "run", env={"DBT_TARGET": "prod", **self.env, **variables}).returncode == 0

    def happen(self, script: str) -> None:
        """Change the source."""
        with closing(sqlite3.connect(self.shop)) as connection, connection:
            connection.executescript(script)

    def execute(self, *statements: str) -> list[tuple]:
        """Run statements as the owner; returns the rows of the last one."""
        with psycopg.connect(self.url, autocommit=True) as connection:
            *_, last = map(connection.execute, statements)
            return last.fetchall() if last.description else []

    def readable(self, role: str) -> set[str]:
        """The tables that the role can read."""
        url = self.url.replace("postgres@", f"{self.roles[role]}@")
        found = set()
        with psycopg.connect(url, autocommit=True) as connection:
            for table in TABLES:
                try:
                    connection.execute(f"select 1 from {table}")
                except psycopg.errors.InsufficientPrivilege:
                    continue
                found.add(table)
        return found


ROLES = ("analysts", "finance")


@pytest.fixture(scope="module")
def production(make, postgres_url, tmp_path_factory) -> Production:
    platform = Production(tmp_path_factory.mktemp("consumers"), postgres_url, make)
    platform.run()
    return platform


def test_each_role_reads_its_marts_after_every_run(production):
    for event in ("", "insert into orders values (3, 1, 30, '2026-01-07', 3)", "update customers set city = 'Gouda'"):
        production.happen(event)
        production.run()
        assert production.readable("analysts") == {"marts.fct_orders", "marts.dim_customers", "marts.dim_date"}
        assert production.readable("finance") == {"marts.fct_orders", "marts.dim_date"}
    assert production.execute("select count(*) from marts.fct_orders") == [(3,)]


def test_descriptions_are_comments_and_keys_have_an_index(production):
    texts = production.execute("select obj_description('marts.dim_customers'::regclass)")
    assert texts[0][0].startswith("Who buys; {{ not Jinja }}, \"quoted\" and 'quoted'.")
    columns = "select description from pg_description where objoid = 'marts.dim_customers'::regclass and objsubid > 0"
    assert ("The number of a customer's card",) in production.execute(columns)
    indexes = "select tablename, indexdef from pg_indexes where schemaname = 'marts'"
    indexed = {(table, text.rpartition("(")[2].rstrip(")")) for table, text in production.execute(indexes)}
    assert indexed >= {("dim_customers", "customer_key"), ("fct_orders", "customer_key")}
    assert indexed >= {("fct_orders", "ordered_date_key"), ("fct_orders", "order_id")}


def test_a_role_loses_what_its_consumer_no_longer_reads(production):
    """Also of an incremental fact, which is not built anew."""
    platform = production.repository / "platform.yml"
    platform.write_text(platform.read_text().replace("reads: [shop.orders]", "reads: [shop.customers]"))
    platform_new("update", str(production.repository))
    production.run()
    assert production.readable("finance") == {"marts.dim_customers", "marts.dim_date"}
    assert production.readable("analysts") == {"marts.fct_orders", "marts.dim_customers", "marts.dim_date"}


def test_the_local_warehouse_needs_no_roles(production):
    production.run(DBT_TARGET="local")
