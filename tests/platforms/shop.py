"""A small shop in PostgreSQL whose tables are loaded incrementally, and the events in it."""

from __future__ import annotations

from pathlib import Path

import psycopg

SPEC = """\
warehouse: duckdb
orchestrator: none
modeling: star
sources:
  - name: shop
    kind: postgres
    tables:
      - name: customers
        schema: public
        role: dimension
        load: {mode: incremental, cursor: updated_at, lag: 1 hour, deletes: mark}
        key: [customer_id]
        columns:
          - {name: customer_id, type: integer, required: true}
          - {name: city, type: text}
          - {name: updated_at, type: timestamptz, required: true}
      - name: products
        schema: public
        role: dimension
        key: [product_id]
        columns:
          - {name: product_id, type: integer, required: true}
          - {name: title, type: text, required: true}
      - name: orders
        schema: public
        role: fact
        event_time: ordered_at
        load: {mode: incremental, cursor: updated_at, lag: 1 hour}
        key: [order_id]
        columns:
          - {name: order_id, type: integer, required: true}
          - {name: customer_id, type: integer, required: true, references: customers.customer_id}
          - {name: product_id, type: integer, references: products.product_id}
          - {name: amount, type: "numeric(10, 2)", required: true}
          - {name: ordered_at, type: timestamptz, required: true}
          - {name: updated_at, type: timestamptz, required: true}
      - name: payments
        schema: public
        role: fact
        event_time: paid_at
        load: {mode: incremental, cursor: updated_at, lag: 1 hour, deletes: mark}
        key: [payment_id]
        columns:
          - {name: payment_id, type: integer, required: true}
          - {name: customer_id, type: integer, references: customers.customer_id}
          - {name: amount, type: "numeric(10, 2)", required: true}
          - {name: paid_at, type: timestamptz, required: true}
          - {name: updated_at, type: timestamptz, required: true}
"""

OPENED = (
    "create table customers (customer_id int primary key, city text, updated_at timestamptz not null)",
    "create table products (product_id int primary key, title text not null)",
    "create table orders (order_id int primary key, customer_id int not null, product_id int, "
    "amount numeric(10, 2) not null, ordered_at timestamptz not null, updated_at timestamptz not null)",
    "create table payments (payment_id int primary key, customer_id int, amount numeric(10, 2) not null, "
    "paid_at timestamptz not null, updated_at timestamptz not null)",
    "insert into customers select n, 'Delft', '2026-01-01' from generate_series(1, 50) n",
    "insert into products select n, 'Product ' || n from generate_series(1, 21) n",
    "insert into orders select n, n % 50 + 1, nullif(n % 21, 0), n / 7.0, at, at "
    "from generate_series(1, 2000) n, lateral (select timestamptz '2025-12-01' + n * interval '1 hour' as at) times",
    "insert into payments select order_id, customer_id, amount, ordered_at, updated_at from orders",
)
"""The shop on its first day. The last change was on 2026-02-22 at 08:00."""

MOVED_ON = (
    "update customers set city = 'Utrecht', updated_at = '2026-03-01' where customer_id = 1",
    "insert into customers values (51, 'Delft', '2026-03-02')",
    "insert into orders values (3001, 1, 1, 10, '2026-03-05', '2026-03-05')",
    "insert into orders values (3002, 51, null, 20, '2026-03-06', '2026-03-06')",
    "update orders set amount = 200, updated_at = '2026-03-07' where order_id % 100 = 0",
    "insert into orders values (3003, 2, 2, 30, '2026-02-22 07:30', '2026-02-22 07:30')",
    "delete from payments where payment_id = 7",
    "delete from products where product_id = 21",
    "update products set title = 'Better product 3' where product_id = 3",
    "insert into orders values (3005, 2, 30, 50, '2026-03-05', '2026-03-05')",
)
"""The changes until the next run. Order 3003 was written before the first run but committed after it; the product of
order 3005 does not exist yet."""

COMMITTED_TOO_LATE = (
    "insert into orders values (3004, 2, 2, 40, '2026-02-10', '2026-02-10')",
    "insert into products values (30, 'Product 30')",
)
"""A row older than any lag, which only a backfill of its window loads, and a product that arrives after its order."""

GOT_CHANNELS = ("alter table orders add column channel text default 'web'",)
"""A new column, with a value for the existing rows."""


def spec_file(folder: Path) -> Path:
    """The answers for the shop's platform."""
    path = folder / "shop.yml"
    path.write_text(SPEC, encoding="utf-8")
    return path


def happen(url: str, events: tuple[str, ...]) -> None:
    """Run these statements in one transaction."""
    with psycopg.connect(url) as connection:
        for statement in events:
            connection.execute(statement)
