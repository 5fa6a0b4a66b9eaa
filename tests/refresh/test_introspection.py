"""Introspecting a source again: addresses, schemas and views."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest

from platform_new.introspect import introspect
from platform_new.introspect.known_names import with_names_of
from platform_new.refresh.compare import compare
from platform_new.refresh.introspection import introspect_again
from platform_new.spec.models import Source


def changes(known: Source, address: str, folder: Path) -> list[str]:
    """The changes since the known state of the source, each as its place and kind."""
    seen = with_names_of(known, introspect_again(known, address, folder, lambda _: None)).source
    return [f"{change.place}: {change.kind}" for change in compare(known, seen)]


@pytest.fixture
def database(tmp_path) -> Path:
    """A database with a table and two views on it."""
    file = tmp_path / "shop.sqlite"
    with contextlib.closing(sqlite3.connect(file)) as connection:
        connection.executescript(
            "create table orders (order_id integer primary key, amount real);"
            "create view big as select * from orders where amount > 100;"
            "create view small as select * from orders where amount < 1;"
        )
    return file


def test_views_that_the_spec_knows_are_found_again(database):
    """They are not reported as removed, and other views are not reported as added."""
    known = introspect(f"sqlite:///{database}", views=True).source
    kept = known.model_copy(update={"tables": tuple(table for table in known.tables if table.name != "small")})
    assert changes(kept, f"sqlite:///{database}", database.parent) == []
    tables_only = introspect(f"sqlite:///{database}").source
    assert changes(tables_only, f"sqlite:///{database}", database.parent) == []


def test_addresses_are_read_as_the_ingestion_reads_them(database):
    """A path needs no scheme, and a relative path starts at the repository."""
    known = introspect(f"sqlite:///{database}").source
    repository = database.parent / "acme"
    repository.mkdir()
    for address in ("../shop.sqlite", "sqlite:///../shop.sqlite", str(database)):
        assert changes(known, address, repository) == []


def test_files_are_introspected_again(tmp_path):
    """A column added to a CSV file is a change like any other."""
    file = tmp_path / "exports/orders.csv"
    file.parent.mkdir()
    file.write_text("order_id,amount\n1,2.5\n2,3.5\n")
    known = introspect(str(file.parent)).source
    assert changes(known, "exports", tmp_path) == []
    file.write_text("order_id,amount,note\n1,2.5,x\n2,3.5,\n")
    assert changes(known, "exports", tmp_path) == ["orders.note: column added"]


@pytest.mark.proof
def test_only_the_schemas_of_the_spec_are_introspected(postgres_url):
    """A new table in another schema is not reported; a new table in a known schema is."""
    import psycopg

    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
        connection.execute("drop database if exists refresh_schemas with (force)")
        connection.execute("create database refresh_schemas template template0")
    address = f"{postgres_url}/refresh_schemas"
    with psycopg.connect(address) as connection:
        connection.execute("create schema sales; create table sales.orders (order_id bigint primary key)")
        connection.execute("create table public.orders (id integer)")
    known = introspect(address, schemas=["sales"]).source
    assert changes(known, address, Path()) == []
    with psycopg.connect(address) as connection:
        connection.execute("create table sales.returns (return_id bigint primary key); create table public.x (y text)")
    assert changes(known, address, Path()) == ["returns: table added"]
    without_schema = known.model_copy(
        update={"tables": tuple(table.model_copy(update={"schema_": None}) for table in known.tables)}
    )
    assert "orders: key removed" in changes(without_schema, address, Path())
