"""Introspects hostile schemas in PostgreSQL."""

from __future__ import annotations

import pytest
from looking import check_work, look, roles

from platform_new.errors import Refused
from platform_new.introspect import introspect
from platform_new.spec.write import source_yaml

HOSTILE = """
create schema "Sales Dept";
create schema other;
comment on schema other is 'x';

create table "CustomerAccounts" ("CustomerID" int primary key, "E-Mail" text, "order" text, "naïve café" int,
    "имя" text, "客户" text, "عميل" text, "💰" numeric, "💰💰" int, "a b" int, "A B" int, "a_b" int, "{{ x }}" text,
    "quote""inside" text, "back`tick" text, "select" int, "true" boolean, "2nd" int, "%s" int, "__x" int);
comment on table "CustomerAccounts" is E'It''s "odd": {{ ref(1) }} \\\\ # no\nSecond line';
comment on column "CustomerAccounts"."E-Mail" is 'תיאור 💌: a, b';
create table other.orders (id int primary key, at timestamptz not null);
create table orders (id int primary key, customer int references "CustomerAccounts", ordered_at date not null,
    total numeric);
create table "Sales Dept"."Order" (id int primary key, "orders" int references other.orders);
create table "Order" (id int);
create table "order" (id int);

-- a cycle, a self-reference, two keys to one table, a subtype with a shared key
create table a (id int primary key, b_id int, parent_id int references a);
create table b (id int primary key, a_id int references a, also_a int references a);
alter table a add foreign key (b_id) references b;
create table a_special (id int primary key references a, extra text);

-- composite keys
create table warehouse_bin (warehouse int, bin text, primary key (warehouse, bin));
create table stock (warehouse int, bin text, sku text, amount numeric(12, 3) not null check (amount >= 0),
    primary key (warehouse, bin, sku), foreign key (warehouse, bin) references warehouse_bin);

-- partitions of partitions
create table measurements (device int not null, taken_at timestamptz not null, value double precision)
    partition by range (taken_at);
create table measurements_2024 partition of measurements for values from ('2024-01-01') to ('2025-01-01')
    partition by list (device);
create table measurements_2024_1 partition of measurements_2024 for values in (1);
create table measurements_rest partition of measurements default;
insert into measurements select 1, timestamptz '2024-05-05' + n * interval '1 hour', n from generate_series(1, 150) n;

create table no_columns ();
create table only_search (words tsvector);
create table alembic_version (version_num text primary key);
create table unique_only (code text not null unique, label text);
create table heap (x int, y int);
create view a_view as select * from a;
"""


@pytest.fixture(scope="module")
def hostile(make_postgres):
    return look(make_postgres("hostile", HOSTILE), name="hostile")


def test_hostile_names_become_safe_distinct_and_keep_their_origin(hostile):
    source, _ = hostile
    accounts = source.table("customer_accounts")
    assert accounts.origin == "CustomerAccounts" and accounts.schema_ == "public"
    names = {column.source_name: column.name for column in accounts.columns}
    assert names["CustomerID"] == "customer_id"
    assert names["naïve café"] == "naive_cafe"
    assert names["имя"] == "imya"
    assert names["a_b"] == "a_b" and {names["a b"], names["A B"]} == {"a_b_2", "a_b_3"}
    assert names["true"] == "true_" and names["select"] == "select" and names["2nd"] == "_2nd"
    assert names["客户"] == "ke_hu" and names["عميل"] != names["客户"]
    assert len(set(names.values())) == len(names)
    assert accounts.column(names["E-Mail"]).pii == "email"


def test_comments_become_descriptions_intact(hostile):
    accounts = hostile[0].table("customer_accounts")
    assert accounts.description == 'It\'s "odd": {{ ref(1) }} \\ # no\nSecond line'
    assert accounts.column("e_mail").description == "תיאור 💌: a, b"


def test_tables_with_the_same_name_in_two_schemas_are_distinct(hostile):
    source, _ = hostile
    places = {(table.schema_, table.source_name.partition(".")[2]): table.name for table in source.tables}
    assert places["public", "orders"] == "orders"
    assert places["other", "orders"] == "other_orders"
    assert {places["public", "order"], places["public", "Order"]} == {"order", "order_2"}
    assert places["Sales Dept", "Order"] == "sales_dept_order"
    assert source.table("sales_dept_order").column("orders").references == "other_orders.id"


def test_cycles_self_references_and_subtypes_are_kept(hostile):
    source, _ = hostile
    assert source.table("a").column("parent_id").references == "a.id"
    assert source.table("a").column("b_id").references == "b.id"
    assert source.table("b").column("also_a").references == "a.id"
    assert source.table("a_special").column("id").references == "a.id"
    (reference,) = source.table("stock").references
    assert (reference.columns, reference.to) == (("warehouse", "bin"), "warehouse_bin")
    assert source.table("stock").column("amount").min == 0


def test_partitions_views_and_empty_shells_are_not_tables(hostile):
    source, sighting = hostile
    names = {table.name for table in source.tables}
    assert "measurements" in names and not any(name.startswith("measurements_") for name in names)
    assert source.table("measurements").rows == 150
    assert "a_view" not in names and "no_columns" not in names
    assert sighting.reasons["tables",] == "public.no_columns has no columns"
    assert source.table("only_search").exclude == "none of its columns can be loaded"
    assert source.table("alembic_version").exclude == "bookkeeping table of Alembic"


def test_a_table_without_a_key_says_so(hostile):
    source, sighting = hostile
    assert source.table("heap").key == ()
    assert sighting.reasons["tables", "heap", "key"] == "no primary key"
    assert source.table("unique_only").key == ("code",)
    assert "no nulls" in sighting.reasons["tables", "unique_only", "key"]
    assert "    key: []  # no primary key\n" in source_yaml(source, sighting.reasons)


def test_events_without_keys_are_facts(hostile):
    assert roles(hostile[0])["measurements"] == "fact"
    assert hostile[0].table("measurements").event_time == "taken_at"


def test_schemas_can_be_chosen_and_foreign_keys_to_other_schemas_are_named(make_postgres, hostile):
    source, sighting = look(make_postgres("chosen", HOSTILE), schemas=["Sales Dept"])
    assert [table.name for table in source.tables] == ["order"]
    reason = sighting.reasons["tables", "order", "columns", "orders", "references"]
    assert reason == "points to other.orders, which was not introspected"
    with pytest.raises(Refused, match="no such schema"):
        introspect(make_postgres("chosen2", HOSTILE), schemas=["nope"])


TYPES = """
create type mood as enum ('sad', 'it''s ok', 'ハッピー');
create type pair as (x int, y text);
create domain positive as numeric(10, 2) check (value > 0);
create domain small_positive as positive check (value <= 10);
create domain code as text not null check (value in ('a', 'b'));
create table kinds (
    id bigint generated always as identity primary key,
    m mood, moods mood[], p pair, d1 positive, d2 small_positive, d3 code,
    x xml, u uuid, i inet, iv interval, r int4range, mr int4multirange, j json, jb jsonb, b bytea, ts tsvector,
    bits bit(4), mon money, tz timestamptz(3), t time, ttz time with time zone, n numeric, n2 numeric, n3 numeric,
    big numeric(50, 2), neg numeric(5, -2),
    s real, dbl double precision, o oid, c char(3), arr int[][], pt point, nm name,
    gen int generated always as (1) stored
);
insert into kinds (d3, n, n2, n3) values
    ('a', 1.5, 0.123456789012, 123456789012345678901234567890.12345678901234567890),
    ('b', 'NaN', null, null);
create table checked (
    status text check (status = any (array['placed', 'sent'])),
    either varchar(5) not null check (either = 'x' or either = 'y'),
    maybe text check (maybe is null or maybe in ('p', 'q')),
    qty int check (qty > 0 and qty < 100), pct numeric(5, 2) check (pct between 0 and 1), low int check (low >= -5),
    since date check (since >= date '2000-01-01'), word text check (length(word) > 3), l text check (l ~ '^a'),
    flag boolean check (flag),
    a int, b int, check (a < b), check (a > 0 or b > 0)
);
"""


def test_every_type_is_mapped_documented_or_left_out(make_postgres):
    source, sighting = look(make_postgres("kinds", TYPES), name="kinds")
    columns = {column.name: column for column in source.table("kinds").columns}
    types = {name: (column.type, column.source_type) for name, column in columns.items()}
    assert columns["m"].values == ("sad", "it's ok", "ハッピー")
    assert types["moods"] == ("json", "mood[]")
    assert types["p"] == ("json", "pair")
    assert types["d1"] == ("numeric(10, 2)", None) and columns["d1"].min == 0
    assert (columns["d2"].min, columns["d2"].max) == (0, 10)
    assert columns["d3"].values == ("a", "b") and columns["d3"].required
    assert types["x"] == ("text", "xml") and types["i"] == ("text", "inet") and types["iv"] == ("text", "interval")
    assert types["r"] == ("text", "int4range") and types["mr"] == ("text", "int4multirange")
    assert types["u"] == ("uuid", None) and types["j"] == ("json", None) and types["jb"] == ("json", None)
    assert (
        types["b"] == ("binary", None)
        and types["bits"] == ("text", "bit(4)")
        and types["mon"] == ("numeric(19, 2)", "money")
    )
    assert (
        types["tz"] == ("timestamptz", None)
        and types["t"] == ("time", None)
        and types["ttz"] == ("text", "time with time zone")
    )
    assert types["n"] == ("numeric", None) and types["n2"] == ("numeric(38, 12)", "numeric")
    assert types["n3"] == ("text", "numeric")
    assert types["big"] == ("numeric", "numeric(50,2)") and types["neg"] == ("numeric(7, 0)", None)
    assert types["s"] == ("real", None) and types["dbl"] == ("double", None) and types["o"] == ("bigint", None)
    assert types["arr"] == ("json", "integer[]") and types["pt"] == ("text", "point")
    assert columns["ts"].exclude and not columns["ts"].required
    assert "12 decimals" in sighting.reasons["tables", "kinds", "columns", "n2", "type"]


def test_checks_become_values_and_ranges_that_they_imply(make_postgres):
    table = look(make_postgres("checked", TYPES))[0].table("checked")
    limits = {column.name: (column.values, column.min, column.max) for column in table.columns}
    assert limits["status"] == (("placed", "sent"), None, None)
    assert limits["either"] == (("x", "y"), None, None)
    assert limits["maybe"] == (("p", "q"), None, None)
    assert limits["qty"] == (None, 1, 99)
    assert limits["pct"] == (None, 0, 1)
    assert limits["low"] == (None, -5, None)
    assert limits["since"] == (None, "2000-01-01", None)
    for name in ("word", "l", "flag", "a", "b"):
        assert limits[name] == (None, None, None)


def test_tables_that_the_user_may_not_read_are_excluded_with_the_reason(make_postgres, postgres_url):
    import psycopg

    address = make_postgres("guarded", "create table open (id int primary key); create table shut (id int primary key)")
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create role guest login; grant select on open to guest")
    source, _ = look(address.replace("postgres@", "guest@"))
    assert source.table("open").exclude is None
    assert source.table("shut").exclude == "this user may not read it"


def test_nothing_is_written_and_one_snapshot_is_read(make_postgres):
    """A database that refuses every write can be introspected."""
    import psycopg

    address = make_postgres(
        "frozen", "create table t (id int primary key, email text); insert into t values (1, 'a@b.co')"
    )
    with psycopg.connect(address.rpartition("/")[0] + "/postgres", autocommit=True) as connection:
        connection.execute(f'alter database "{address.rpartition("/")[2]}" set default_transaction_read_only = on')
    assert look(address)[0].table("t").rows == 1


def test_the_cost_of_introspection_is_linear_in_the_tables(make_postgres):
    def address_of(count: int) -> str:
        statements = ["create table t_0 (id int primary key, updated_at timestamp not null)"]
        for number in range(1, count):
            statements.append(
                f"create table t_{number} (id int primary key, t_{number - 1}_id int references t_{number - 1}, "
                "name text, email text unique, amount numeric, state text check (state in ('a', 'b')), "
                "updated_at timestamp not null)"
            )
        return make_postgres(f"tables_{count}", ";".join(statements))

    check_work(address_of)


def test_a_time_that_is_mostly_empty_is_no_event_time(make_postgres):
    """The engine's statistics say so, whatever the constraints allow."""
    address = make_postgres(
        "empty_times",
        """
        create table customers (id integer primary key, email text not null);
        create table payments (
            id integer primary key, customer_id integer references customers, amount numeric(10, 2) not null,
            booked_at timestamp, created_at timestamp
        );
        insert into payments
            select n, null, n, case when n % 10 = 0 then now() end, now() from generate_series(1, 500) n;
        """,
    )
    assert look(address)[0].table("payments").event_time == "booked_at"
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("analyze")
    assert look(address)[0].table("payments").event_time == "created_at"
