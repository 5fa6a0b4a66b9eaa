"""A small shop in a SQLite file, loaded into a temporary warehouse: your data is not touched."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing

import duckdb
import pyarrow as pa
import pytest
import yaml

from ingest.column_types import conform
from ingest.cursor import inside
from ingest.options import Options
from ingest.pipeline import load
from ingest.reader import Window, survey_by_reading
from ingest.spec import read_source

SHOP = """
name: shop
kind: sqlite
tables:
  - name: orders
    key: [order_id]
    load: {mode: incremental, cursor: updated_at, lag: 1 day}
    columns:
      - {name: order_id, type: bigint, required: true}
      - {name: status, type: text}
      - {name: amount, type: "numeric(10, 2)"}
      - {name: updated_at, type: timestamp}
"""


@pytest.fixture
def source_of(tmp_path):
    """Creates the source above, with changes: `source_of(kind="duckdb")`."""

    def make(table=(), **source):
        spec = yaml.safe_load(SHOP) | source
        spec["tables"][0] |= dict(table)
        path = tmp_path / "sources" / "shop.yml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(spec), encoding="utf-8")
        return read_source("shop", tmp_path)

    return make


@pytest.fixture
def rows_of():
    """Reads the rows of a table, or of a window, in order."""

    def read(reader, table, *window):
        chosen = Window(table.cursor, *window) if window else None
        batches = reader.batches(table, table.columns, chosen)
        return sorted(tuple(row.values()) for batch in batches for row in batch.to_pylist())

    return read


@pytest.fixture
def shop(tmp_path, monkeypatch, source_of):
    """A shop with four orders, one per day from January 1st, not loaded yet."""
    monkeypatch.setattr("ingest.warehouse.DATA", tmp_path)
    monkeypatch.setattr("ingest.warehouse.LOCAL_WAREHOUSE", tmp_path / "local.duckdb")
    shop = Shop(tmp_path, source_of)
    shop.change(
        "create table orders "
        "(order_id bigint, status text, amount numeric(10, 2), updated_at timestamp)"
    )
    shop.change(
        *(
            f"insert into orders values ({day}, 'new', {day}0, '2026-01-0{day} 12:00:00')"
            for day in (1, 2, 3, 4)
        )
    )
    return shop


class Shop:
    """The database, and its tables in the warehouse."""

    def __init__(self, folder, source_of):
        self.database, self.warehouse = folder / "shop.sqlite", folder / "local.duckdb"
        self._source_of = source_of

    def change(self, *statements):
        """Change the database."""
        with closing(sqlite3.connect(self.database)) as database, database:
            for statement in statements:
                database.execute(statement)

    def load(self, drift="evolve", **options):
        """Load the database, and return the result."""
        with SqliteReader(self.database) as reader:
            return load(self._source_of(drift=drift), reader, "real", Options(**options))

    def landed(self, columns="*"):
        """The orders in the warehouse, by key."""
        with duckdb.connect(str(self.warehouse), read_only=True) as warehouse:
            query = f"select {columns} from raw_shop.orders order by order_id"
            return warehouse.execute(query).fetchall()


class SqliteReader:
    """The smallest possible reader; the readers in `ingest/read_*.py` have their own tests."""

    def __init__(self, path):
        self.identity, self.replaced = f"sqlite {path}", Counter()
        # The pipeline fetches batches in another thread.
        self._connection = sqlite3.connect(path, check_same_thread=False)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self._connection.close()

    def columns(self, table):
        """The columns with their declared types."""
        query = "select name, lower(type) from pragma_table_info(?)"
        return dict(self._connection.execute(query, [table.origin])) or None

    def survey(self, table, cursor, now):
        """How many rows there are, and the newest cursor."""
        return survey_by_reading(self, table, cursor, now)

    def restart(self):
        """Nothing to do: each read is its own transaction."""

    def batches(self, table, columns, window):
        """All rows of the window in one batch."""
        there = self.columns(table)
        names = [column.origin if column.origin in there else "null" for column in columns]
        chosen = ", ".join(f"cast({name} as text)" for name in names)
        rows = self._connection.execute(f"select {chosen} from {table.origin}").fetchall()
        arrays = [pa.array([row[index] for row in rows]) for index in range(len(columns))]
        batch = conform(arrays, columns, table.origin)
        if window:
            values = batch.column(window.column.name)
            batch = batch.filter(inside(values, window.start, window.end, window.column.type))
        yield batch
