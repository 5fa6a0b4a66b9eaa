"""The public data sets in separate databases, the known facts about them, and changes to one percent of their rows."""

from __future__ import annotations

import gzip
import json
import re
import subprocess
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql

Key = tuple[str, ...]
Rows = dict[Key, dict[str, Any]]
"""Rows by key. Keys are text, since warehouses store a uuid as text."""

CHANGES = {
    "chinook": (
        "update invoice_line set quantity = quantity + 1 where invoice_line_id % 100 = 1",
        "delete from invoice_line where invoice_line_id % 100 = 2",
        "insert into invoice_line select invoice_line_id + 10000, invoice_id, track_id, unit_price, quantity "
        "from invoice_line where invoice_line_id % 100 = 3",
        "update customer set city = 'Utrecht' where customer_id % 30 = 1",
    ),
    "pagila": (
        "update rental set return_date = return_date + interval '1 hour' "
        "where rental_id % 100 = 1 and return_date is not null",
        "insert into rental select rental_id + 100000, rental_date + interval '1 minute', inventory_id, customer_id, "
        "return_date, staff_id, now() from rental where rental_id % 100 = 3",
        "update payment set amount = amount + 1 where payment_id % 100 = 1",
        "delete from payment where payment_id % 100 = 2",
        "update customer set last_name = 'Jansen' where customer_id % 100 = 1",
        "update inventory set store_id = case when store_id = 1 then 2 else 1 end where inventory_id % 100 = 1",
    ),
    "northwind": (
        "update order_details set quantity = quantity + 1 where (order_id + product_id) % 100 = 1",
        "delete from order_details where (order_id + product_id) % 100 = 2",
        "insert into order_details select order_id, 78 - product_id, unit_price, quantity, discount from order_details "
        "where order_id % 100 = 3 and product_id between 1 and 77 on conflict do nothing",
        "update customers set city = 'Utrecht' where customer_id in ('ALFKI', 'BONAP')",
    ),
    "jaffle_shop": (
        "update raw_tweets set content = content || ' (edited)' where abs(hashtext(id::text)) % 100 = 1",
        "delete from raw_items where abs(hashtext(id::text)) % 100 = 2",
        "insert into raw_items select gen_random_uuid(), order_id, sku from raw_items "
        "where abs(hashtext(id::text)) % 100 = 3",
        "update raw_customers set name = name || ' Jr.' where id in (select id from raw_customers order by id limit 3)",
    ),
    "sakila": (
        "update rental set return_date = return_date + interval 1 hour "
        "where rental_id % 100 = 1 and return_date is not null",
        "insert into rental select rental_id + 100000, rental_date + interval 1 minute, inventory_id, customer_id, "
        "return_date, staff_id, now() from rental where rental_id % 100 = 3",
        "update payment set amount = amount + 1 where payment_id % 100 = 1",
        "delete from payment where payment_id % 100 = 2",
        "update customer set last_name = 'Jansen' where customer_id % 100 = 1",
        "update inventory set store_id = 3 - store_id where inventory_id % 100 = 1",
    ),
}
"""The changes, in facts and in a dimension: rows are updated, and added or deleted where the load can detect it."""


@dataclass(frozen=True)
class TrueTable:
    """The entry of a table in truth.json; `origin` is `schema.table` at the source."""

    origin: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    rows: int
    sums: dict[str, str]
    approximate: frozenset[str]
    latest: dict[str, str]
    references: tuple[tuple[tuple[str, ...], str], ...]
    """Foreign keys: the columns here, and the origin of the table whose primary key they reference."""


@dataclass(frozen=True)
class Database:
    """A data set in its own database."""

    data_set: str
    url: str
    truth: tuple[TrueTable, ...]

    def change(self) -> None:
        """Change about one percent of the rows."""
        self._execute(CHANGES[self.data_set])

    def rows(self) -> dict[str, Rows]:
        """Every row of every table, by the table's origin."""
        found = self._execute([f"select {', '.join(table.columns)} from {table.origin}" for table in self.truth])
        contents: dict[str, Rows] = {}
        for table, rows in zip(self.truth, found, strict=True):
            named = [dict(zip(table.columns, row, strict=True)) for row in rows]
            contents[table.origin] = {key_of(row, table.key): row for row in named}
        return contents

    def reached(self, rows: dict[str, Rows], touched: dict[str, set[Key]]) -> dict[str, set[Key]]:
        """The keys of the rows that changed, or that reference a changed row directly or indirectly."""
        reached = {origin: set(keys) for origin, keys in touched.items()}
        growing = True
        while growing:
            growing = False
            for table in self.truth:
                for columns, to in table.references:
                    more = {key for key, row in rows[table.origin].items() if key_of(row, columns) in reached[to]}
                    growing = growing or not more <= reached[table.origin]
                    reached[table.origin] |= more
        return reached

    def _execute(self, statements: Sequence[str]) -> list[list[tuple[Any, ...]]]:
        with _connect(self.url) as connection:
            cursor = connection.cursor()
            results = []
            for statement in statements:
                cursor.execute(statement)
                results.append(list(cursor.fetchall()) if cursor.description else [])
            connection.commit()
        return results


def load(data_set: str, folder: Path, server: str, database: str) -> Database:
    """Load a data set into a new database of a server. `folder` has all data sets."""
    files = folder / ("sakila_mysql" if data_set == "sakila" else data_set)
    if server.startswith("mysql"):
        _load_mariadb(files, server, database)
    else:
        subprocess.run([files / "load.sh", create(server, database)], check=True, capture_output=True)
    truth = json.loads((files / "truth.json").read_text(encoding="utf-8"))
    links = {table["name"]: [*table["foreign_keys"]] for table in truth["tables"]}
    for table in truth["tables"]:
        # The keys of a partitioned table are on its partitions; in this data set, not on all of them.
        links.get(table.get("partition_of"), []).extend(table["foreign_keys"])
    whole = [table for table in truth["tables"] if not table.get("partition_of")]
    tables = (_true_table(table, links[table["name"]], database) for table in whole)
    return Database(data_set, f"{server}/{database}", tuple(tables))


def _load_mariadb(files: Path, server: str, database: str) -> None:
    """Load the dump of Sakila, whose views and triggers name their database."""
    address = urlsplit(server)
    login = ["-h", address.hostname, "-P", str(address.port), "-u", address.username, f"-p{address.password}"]
    texts = [gzip.decompress((files / name).read_bytes()).decode() for name in ("schema.sql.gz", "data.sql.gz")]
    statements = [
        f"create database {database} character set utf8mb4; use {database}; set time_zone = '+00:00';",
        *(re.sub(r"\bsakila\.", f"{database}.", text) for text in texts),
    ]
    client = ["mariadb", *login, "--default-character-set=utf8mb4"]
    subprocess.run(client, input="\n".join(statements), text=True, check=True, capture_output=True)


def create(server: str, database: str) -> str:
    """Create an empty PostgreSQL database; returns its URL."""
    with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
        connection.execute(f"drop database if exists {database} with (force)")
        connection.execute(f"create database {database}")
    return f"{server}/{database}"


def fresh_name(stem: str) -> str:
    """A database name that no other test uses."""
    return f"{stem}_{uuid.uuid4().hex[:8]}"


def key_of(row: dict[str, Any], columns: Sequence[str]) -> Key:
    """The values of these columns as text; times in UTC without a zone, as in warehouses."""
    values = (row[column] for column in columns)
    return tuple(str(value.replace(tzinfo=None) if isinstance(value, datetime) else value) for value in values)


def _connect(url: str):
    if url.startswith("postgresql"):
        return psycopg.connect(url, options="-c timezone=UTC")
    address = urlsplit(url)
    return pymysql.connect(
        host=address.hostname,
        port=address.port,
        user=address.username,
        password=address.password,
        database=address.path.strip("/"),
        init_command="set time_zone = '+00:00'",
    )


def _true_table(table: dict[str, Any], links: list[dict[str, Any]], database: str) -> TrueTable:
    return TrueTable(
        origin=f"{table.get('schema', database)}.{table['name']}",
        key=tuple(table["primary_key"]),
        columns=tuple(column["name"] for column in table["columns"]),
        rows=table["row_count"],
        sums=table["numeric_sums"],
        approximate=frozenset(column["name"] for column in table["columns"] if column.get("sum_is_approximate")),
        latest=table["date_max"],
        references=tuple(
            (tuple(link["columns"]), f"{link.get('ref_schema', database)}.{link['ref_table']}") for link in links
        ),
    )
