"""Incremental facts recompute the rows that a change affects, and no other row; and they equal a rebuild.

A test spoils a column of every row of a fact in the warehouse: the rows that the next run recomputes have its value.
"""

from __future__ import annotations

import json
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import duckdb
import environment
import pytest
from made import generate

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("incremental_facts")]

ORDERS = 200
LINES = 2 * ORDERS + 1
"""The newest order and line; each order has two lines."""
SPEC = """\
warehouse: duckdb
orchestrator: none
modeling: star
facts: incremental
sources:
  - name: shop
    kind: sqlite
    tables:
      - name: customers
        role: dimension
        key: [customer_id]
        columns:
          - {name: customer_id, type: integer, required: true}
          - {name: city, type: text}
          - {name: updated_at, type: date}
      - name: products
        role: dimension
        history: false
        key: [product_id]
        columns:
          - {name: product_id, type: integer, required: true}
          - {name: title, type: text}
      - name: orders
        role: fact
        event_time: ordered_at
        load: {mode: incremental, cursor: changed}
        key: [order_id]
        columns:
          - {name: order_id, type: integer, required: true}
          - {name: customer_id, type: integer, references: customers.customer_id}
          - {name: freight, type: integer}
          - {name: status, type: text}
          - {name: ordered_at, type: date}
          - {name: changed, type: bigint}
      - name: lines
        role: fact
        line_of: orders
        load: {mode: incremental, cursor: changed}
        key: [line_id]
        columns:
          - {name: line_id, type: integer, required: true}
          - {name: order_id, type: integer, references: orders.order_id}
          - {name: product_id, type: integer, references: products.product_id}
          - {name: quantity, type: integer}
          - {name: note, type: text}
          - {name: changed, type: bigint}
"""
OPENED = f"""
create table customers (customer_id integer primary key, city text, updated_at text);
create table products (product_id integer primary key, title text);
create table orders (order_id integer primary key, customer_id integer, freight integer, status text, ordered_at text,
                     changed integer);
create table lines (line_id integer primary key, order_id integer, product_id integer, quantity integer, note text,
                    changed integer);
with recursive n(n) as (select 1 union all select n + 1 from n where n < {ORDERS})
insert into orders select n, 1 + n % 40, n % 7, 'open', iif(n <= {ORDERS} / 2, '2024-02-01', '2024-04-01'), n from n;
insert into lines select 2 * order_id + side, order_id, 1 + order_id % 20, 1, 'note', 2 * order_id + side
    from orders cross join (select 0 as side union all select 1);
insert into customers select distinct customer_id, 'Delft', '2024-01-01' from orders where customer_id <> 7;
insert into products select distinct product_id, 'thing' from lines where product_id <> 5;
"""
FACTS = {"fct_orders": ("order_id", "status"), "fct_lines": ("line_id", "note")}
"""The key of each fact, and the column that tests spoil."""


class Shop:
    """The repository and its source."""

    def __init__(self, folder: Path, make):
        self.database, self._make = folder / "shop.sqlite", make
        self.env = {"SHOP_URL": f"sqlite:///{self.database}"}
        (folder / "spec.yml").write_text(SPEC, encoding="utf-8")
        self.happen(OPENED)
        self.repository = generate(folder / "acme", "--spec", str(folder / "spec.yml"))

    def happen(self, script: str) -> None:
        """Change the source."""
        with closing(sqlite3.connect(self.database)) as connection:
            connection.executescript(script)

    def run(self) -> str:
        """The output of `make run`; empty if it succeeds."""
        done = self._make(self.repository, "run", env=self.env)
        return done.stdout if done.returncode else ""

    def load(self, *arguments: str) -> None:
        """Load the source, and build nothing."""
        command = [".venv/bin/python", "-m", "ingest", "shop", *arguments]
        subprocess.run(command, cwd=self.repository, env=environment.clean(self.env), check=True, capture_output=True)

    def query(self, sql: str) -> list[tuple]:
        """The rows of a query on the warehouse."""
        with duckdb.connect(str(self.repository / "data/local.duckdb")) as connection:
            return connection.execute(sql).fetchall()

    def recomputed_by(self, script: str = "") -> tuple[set[int], set[int]]:
        """The orders and the lines that a run after this change of the source recomputes."""
        for fact, (_, column) in FACTS.items():
            self.query(f"update marts.{fact} set {column} = 'spoiled'")
        self.happen(script)
        assert self.run() == ""
        assert [line for fact in FACTS for line in self.differences(fact)] == []
        found = [
            self.query(f"select {key} from marts.{fact} where {column} <> 'spoiled'")
            for fact, (key, column) in FACTS.items()
        ]
        return {order for (order,) in found[0]}, {line for (line,) in found[1]}

    def differences(self, fact: str) -> list[tuple]:
        """The rows, without the spoiled column, that only the fact or only its SQL over all rows has."""
        manifest = json.loads((self.repository / "transform/target/manifest.json").read_text(encoding="utf-8"))
        sql = manifest["nodes"][f"model.acme.{fact}"]["compiled_code"]
        columns = f"* exclude ({FACTS[fact][1]})"
        built, rebuilt = (f"select {columns} from {rows}" for rows in (f"marts.{fact}", f"({sql})"))
        return self.query(f"({built} except all {rebuilt}) union all ({rebuilt} except all {built})")


@pytest.fixture(scope="module")
def shop(make, tmp_path_factory):
    """The shop after its first run."""
    shop = Shop(tmp_path_factory.mktemp("incremental"), make)
    assert shop.run() == ""
    return shop


def of_customer(customer: int) -> set[int]:
    """The orders of a customer."""
    return {order for order in range(1, ORDERS + 1) if 1 + order % 40 == customer}


def of_product(product: int) -> set[int]:
    """The lines of a product."""
    return of_orders(*(order for order in range(1, ORDERS + 1) if 1 + order % 20 == product))


def of_orders(*orders: int) -> set[int]:
    """The lines of these orders."""
    return {2 * order + side for order in orders for side in (0, 1)}


def test_a_run_recomputes_no_more_than_the_rows_that_a_change_affects(shop):
    changed = "update orders set freight = 100, changed = 1001 where order_id in (3, 44);"
    changed += "update lines set quantity = 9, changed = 1001 where line_id = 20;"
    # Every load reads the rows with the newest cursor again.
    newest = {ORDERS}, {LINES}
    assert shop.recomputed_by(changed) == ({3, 44} | newest[0], of_orders(3, 44, ORDERS) | {20} | newest[1])
    newest = {3, 44}, of_orders(3, 44) | {20}
    assert shop.recomputed_by() == newest
    since_the_move = {order for order in of_customer(9) if order > ORDERS / 2}
    found = shop.recomputed_by("update customers set city = 'Utrecht', updated_at = '2024-03-01' where customer_id = 9")
    assert found == (newest[0] | since_the_move, newest[1] | of_orders(*since_the_move))
    arrived = of_customer(7)
    found = shop.recomputed_by("insert into customers values (7, 'Delft', '2024-05-01')")
    assert found == (newest[0] | arrived, newest[1] | of_orders(*arrived))
    found = shop.recomputed_by("delete from products where product_id = 6; insert into products values (5, 'late')")
    assert found == (newest[0], newest[1] | of_product(5) | of_product(6))
    # An attribute of a dimension without history is in no fact.
    assert shop.recomputed_by("update products set title = 'other'") == newest


def test_a_fact_is_rebuilt_after_the_sql_of_its_staging_model_has_changed(shop):
    staging = shop.repository / "transform/models/staging/shop/stg_shop__orders.sql"
    before = staging.read_text(encoding="utf-8")
    staging.write_text(before.replace("cast(status as", "cast(upper(status) as"), encoding="utf-8")
    assert shop.run() == ""
    assert shop.query("select distinct status from marts.fct_orders") == [("OPEN",)]
    staging.write_text(before, encoding="utf-8")
    assert [len(rows) for rows in shop.recomputed_by()] == [ORDERS, 2 * ORDERS]


def test_rows_that_a_full_load_has_removed_leave_the_facts_in_the_next_run(shop):
    shop.happen("delete from orders where order_id = 10; delete from lines where order_id = 10")
    shop.load("--full")
    assert [len(rows) for rows in shop.recomputed_by()] == [ORDERS - 1, 2 * (ORDERS - 1)]
