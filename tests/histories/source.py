"""The source of a history: a real database, and the same tables in plain Python."""

from __future__ import annotations

import copy
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import psycopg
import pymysql

from histories.databases import mysql
from histories.history import COLUMNS, CURSOR, KEYS, Event, Row

TYPES = {
    "sqlite": {"text": "text", "integer": "integer", "bigint": "bigint", "timestamp": "timestamp"},
    "postgres": {"text": "text", "integer": "integer", "bigint": "bigint", "timestamp": "timestamp"},
    "mariadb": {"text": "varchar(80)", "integer": "int", "bigint": "bigint", "timestamp": "datetime(6)"},
    "duckdb": {"text": "varchar", "integer": "integer", "bigint": "bigint", "timestamp": "timestamp"},
}


@dataclass
class Table:
    """The columns of a table with their types, and its rows in insertion order."""

    columns: dict[str, str]
    rows: list[Row] = field(default_factory=list)

    def by_key(self, key: str) -> dict[Any, Row]:
        """The rows by key; of the rows with the same key, the newest."""
        return {row[key]: row for row in sorted(self.rows, key=lambda row: row.get(CURSOR) or "")}


State = dict[str, Table]


class Source:
    """A database on an engine and its history: `now` is its state, `before` the state on each former day."""

    def __init__(self, engine: str, address: str, rows: dict[str, list[Row]]):
        self.engine, self.address = engine, address
        self.now: State = {name: Table(dict(columns)) for name, columns in COLUMNS.items()}
        self.before: list[State] = []
        self.emptied: dict[str, list[Row]] = {}
        for name in self.now:
            self._create(name)
        for name, of_table in rows.items():
            for row in of_table:
                self.insert(name, row)

    @property
    def url(self) -> str:
        """The value of the platform's variable for this source."""
        return {"sqlite": "sqlite:///", "duckdb": "duckdb:///"}.get(self.engine, "") + self.address

    def dawn(self) -> None:
        """Start a new day, and back up the current state."""
        self.before.append(copy.deepcopy(self.now))

    def happen(self, event: Event) -> None:
        """Run an event: the name of a method of this class, and its arguments."""
        verb, *arguments = event
        getattr(self, verb)(*arguments)

    # --- rows

    def insert(self, name: str, row: Row) -> None:
        """Insert a row; missing columns are NULL."""
        whole = {column: row.get(column) for column in self.now[name].columns}
        self.now[name].rows.append(whole)
        self._insert_all(name, [whole])

    def update(self, name: str, key: Any, changes: Row) -> None:
        """Update the rows of a key."""
        for row in self.now[name].rows:
            if row[KEYS[name]] == key:
                row.update(changes)
        pairs = ", ".join(f"{column} = {_literal(value)}" for column, value in changes.items())
        self._execute(f"update {name} set {pairs} where {KEYS[name]} = {_literal(key)}")

    def delete(self, name: str, key: Any) -> None:
        """Delete the rows of a key."""
        table = self.now[name]
        table.rows = [row for row in table.rows if row[KEYS[name]] != key]
        self._execute(f"delete from {name} where {KEYS[name]} = {_literal(key)}")

    def empty(self, name: str) -> None:
        """Delete all rows; `refill` restores them."""
        self.emptied[name], self.now[name].rows = self.now[name].rows, []
        self._execute(f"delete from {name}")

    def refill(self, name: str) -> None:
        """Restore the rows that `empty` deleted."""
        for row in self.emptied.pop(name, []):
            self.insert(name, row)

    def restore(self, name: str, day: int) -> None:
        """Restore a table's rows from the backup of a former day, with the current columns."""
        table = self.now[name]
        backup = self.before[day % len(self.before)][name]
        self._execute(f"delete from {name}")
        table.rows = [{column: row.get(column) for column in table.columns} for row in copy.deepcopy(backup.rows)]
        self._insert_all(name, table.rows)

    # --- columns

    def add_column(self, name: str, column: str, type_: str, values: dict[str, Any]) -> None:
        """Add a column and fill it for the rows of some keys (as text), without touching their cursor."""
        table = self.now[name]
        table.columns[column] = type_
        self._execute(f"alter table {name} add column {column} {self._type(type_)}")
        for row in table.rows:
            row[column] = values.get(str(row[KEYS[name]]))
        for key, value in values.items():
            self._execute(f"update {name} set {column} = {_literal(value)} where {KEYS[name]} = {key}")

    def drop_column(self, name: str, column: str) -> None:
        """Drop a column."""
        table = self.now[name]
        del table.columns[column]
        for row in table.rows:
            del row[column]
        self._execute(f"alter table {name} drop column {column}")

    def rename_column(self, name: str, column: str, to: str) -> None:
        """Rename a column."""
        table = self.now[name]
        table.columns = {to if each == column else each: type_ for each, type_ in table.columns.items()}
        table.rows = [{to if each == column else each: value for each, value in row.items()} for row in table.rows]
        self._execute(f"alter table {name} rename column {column} to {to}")

    def change_type(self, name: str, column: str, type_: str) -> None:
        """Change a column to a type that fits its values; SQLite, which cannot, recreates the table."""
        table = self.now[name]
        table.columns[column] = type_
        if self.engine == "sqlite":
            self._execute(f"drop table {name}")
            self._create(name)
            self._insert_all(name, table.rows)
        elif self.engine == "mariadb":
            self._execute(f"alter table {name} modify column {column} {self._type(type_)}")
        else:
            self._execute(f"alter table {name} alter column {column} type {self._type(type_)}")

    # --- SQL

    def _create(self, name: str) -> None:
        columns = ", ".join(f"{column} {self._type(type_)}" for column, type_ in self.now[name].columns.items())
        self._execute(f"create table {name} ({columns})")

    def _insert_all(self, name: str, rows: Iterable[Row]) -> None:
        for row in rows:
            values = ", ".join(_literal(value) for value in row.values())
            self._execute(f"insert into {name} ({', '.join(row)}) values ({values})")

    def _type(self, type_: str) -> str:
        return TYPES[self.engine].get(type_, type_)

    def _execute(self, statement: str) -> None:
        with closing(CONNECT[self.engine](self.address)) as connection:
            cursor = connection.cursor()
            cursor.execute(statement)
            connection.commit()


def _literal(value: Any) -> str:
    if value is None:
        return "null"
    return str(value) if isinstance(value, int | Decimal) else "'" + str(value).replace("'", "''") + "'"


CONNECT: dict[str, Callable[[str], Any]] = {
    "sqlite": lambda address: sqlite3.connect(Path(address)),
    "postgres": psycopg.connect,
    "mariadb": lambda address: pymysql.connect(**mysql(address)),
    "duckdb": duckdb.connect,
}
