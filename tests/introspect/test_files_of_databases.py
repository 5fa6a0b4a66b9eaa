"""Introspects SQLite and DuckDB files."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest
from looking import check_work, look, roles

from platform_new.errors import Refused
from platform_new.introspect import introspect


@pytest.fixture
def sqlite(tmp_path):
    """Makes an SQLite file from statements; returns its address."""

    def make(statements):
        path = tmp_path / "Shop Data.db"
        with sqlite3.connect(path) as connection:
            connection.executescript(statements)
        connection.close()
        return f"sqlite:///{path}"

    return make


@pytest.fixture
def duck(tmp_path):
    """Makes a DuckDB file from statements; returns its address."""

    def make(statements):
        path = tmp_path / "shop.duckdb"
        with duckdb.connect(str(path)) as connection:
            connection.execute(statements)
        return f"duckdb:///{path}"

    return make


SHOP = """
create table Customer (CustomerId integer primary key, FirstName nvarchar(40) not null, Email varchar(60), Born date);
create table Invoice (InvoiceId integer primary key, CustomerId int not null references customer,
    InvoiceDate datetime not null,
    Total numeric(10,2) check (total >= 0), Status text check(status in ('open', 'it''s (paid)')),
    UpdatedAt text not null);
create table InvoiceLine (InvoiceLineId integer primary key, InvoiceId integer not null references Invoice(InvoiceId),
    Qty int /* check (qty > 7) */ check (qty > 0 and qty <= 100), price real);
insert into Customer values (1, 'A', 'a@x.com', '1990-01-01'), (2, 'B', 'b@x.com', null),
    (3, 'C', 'c@x.com', '1991-01-01');
insert into Invoice values (1, 1, '2020-01-01 10:00:00', 9.99, 'open', '2020-01-01T00:00:00Z'),
    (2, 1, '2020-01-01 10:00:00', 9.9, 'open', '2020-01-01T00:00:00+01:00');
"""


def test_sqlite_keys_checks_and_roles(sqlite):
    source, sighting = look(sqlite(SHOP))
    assert source.name == "shop_data" and source.kind == "sqlite"
    assert roles(source) == {"customer": "dimension", "invoice": "fact", "invoice_line": "line of invoice"}
    invoice = source.table("invoice")
    assert invoice.column("customer_id").references == "customer.customer_id"
    assert invoice.column("total").min == 0 and invoice.column("total").type == "numeric(10, 2)"
    assert invoice.column("status").values == ("open", "it's (paid)")
    assert (source.table("invoice_line").column("qty").min, source.table("invoice_line").column("qty").max) == (1, 100)
    assert invoice.load.cursor == "updated_at" and invoice.column("updated_at").type == "timestamptz"
    assert (
        sighting.reasons["tables", "customer", "columns", "email", "pii"] == "from its name and 3 of 3 sampled values"
    )


def test_sqlite_types_follow_the_values_in_the_columns(sqlite):
    source, sighting = look(
        sqlite(
            """
            create table t (a integer, b integer, c text, d numeric, e boolean, f boolean, g blob, h blob, i,
                j date, k decimal(5, 2));
            insert into t values (1, 1, 5, 1, 1, 1, x'00', 'text', 1.5, '2020-01-01', 1.25),
                ('x', 2.5, 'y', 2, 0, 7, x'01', 'text', 2, 'someday', 1.255);
            """
        )
    )
    types = {column.name: column.type for column in source.table("t").columns}
    assert types == {
        "a": "text",
        "b": "double",
        "c": "text",
        "d": "double",
        "e": "boolean",
        "f": "bigint",
        "g": "binary",
        "h": "text",
        "i": "double",
        "j": "text",
        "k": "double",
    }
    assert sighting.reasons["tables", "t", "columns", "a", "type"] == "1 of 2 values are texts"


def test_sqlite_oddities(sqlite):
    source, _ = look(
        sqlite(
            """
            create virtual table docs using fts5(body);
            create table "select" ("we ird" text, "Größe" int, unique ("we ird")) ;
            create table pair (a int, b int, primary key (a, b)) without rowid;
            create table child (a int, b int, foreign key (a, b) references pair);
            create table lost (x int references gone(id));
            create view v as select * from pair;
            """
        )
    )
    tables = {table.name: table for table in source.tables}
    assert set(tables) == {"docs", "select", "pair", "child", "lost"}
    assert "virtual" in tables["docs"].exclude
    assert [column.name for column in tables["select"].columns] == ["we_ird", "grosse"]
    assert tables["child"].references[0].to_columns == ("a", "b")
    assert tables["lost"].column("x").references is None


def test_duckdb_types_keys_and_comments(duck):
    address = duck(
        """
        create type mood as enum ('sad', 'it''s ok');
        create schema other;
        create table customers(id integer primary key, name varchar not null, email varchar unique, m mood,
            tags varchar[],
            s struct(a int), h hugeint, u ubigint, ui uinteger, b blob, j json,
            t timestamptz, ns timestamp_ns, iv interval, uu uuid,
            d decimal(12, 3));
        create table orders(id bigint primary key, customer_id integer not null references customers(id),
            ordered_at timestamp not null, total decimal(10, 2) check (total >= 0), updated_at timestamp not null);
        create table other.customers(x int, "We ird" text);
        comment on table orders is 'One order';
        create view v as select * from orders;
        """
    )
    source, _ = look(address)
    assert roles(source) == {"customers": "dimension", "orders": "fact", "other_customers": "dimension"}
    customers = {column.name: column for column in source.table("customers").columns}
    types = {name: column.type for name, column in customers.items()}
    assert customers["m"].values == ("sad", "it's ok") and customers["email"].unique
    assert types["tags"] == types["s"] == types["j"] == "json" and types["h"] == "numeric(38, 0)"
    assert (
        types["u"] == "numeric(20, 0)"
        and types["ui"] == "bigint"
        and types["iv"] == "text"
        and types["d"] == "numeric(12, 3)"
    )
    orders = source.table("orders")
    assert orders.description == "One order" and orders.column("total").min == 0
    assert orders.load.cursor == "updated_at" and orders.column("customer_id").references == "customers.id"
    assert {table.name for table in look(address, views=True)[0].tables} > {"v"}
    assert [table.name for table in look(address, schemas=["other"])[0].tables] == ["customers"]
    with pytest.raises(Refused, match="no such schema"):
        introspect(address, schemas=["nope"])


@pytest.mark.parametrize("kind", ["sqlite", "duckdb"])
def test_a_file_of_another_kind_is_refused(tmp_path, kind):
    (tmp_path / "x.db").write_text("this is not a database, but it is long enough to be read" * 30)
    with pytest.raises(Refused, match="cannot be read"):
        introspect(f"{kind}:///{tmp_path}/x.db")


@pytest.mark.parametrize("kind", ["sqlite", "duck"])
def test_the_cost_of_introspection_is_linear_in_the_tables(kind, request):
    make = request.getfixturevalue(kind)

    def address_of(count: int) -> str:
        columns = "id int primary key, name text, updated_at timestamp not null"
        tables = (f"create table if not exists t_{number} ({columns})" for number in range(count))
        return make(f"begin; {'; '.join(tables)}; commit")

    check_work(address_of)
