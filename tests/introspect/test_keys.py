"""Keys that a source does not declare are inferred from names and rows, and only where both agree."""

from __future__ import annotations

import os
import random
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import duckdb
import pytest
from effort import cases
from hypothesis import given
from hypothesis import strategies as st
from looking import look
from rows import RowsEvidence, inferred, tables_of

from platform_new.introspect import introspect
from platform_new.introspect.catalog import FoundColumn, FoundForeignKey, TableId
from platform_new.introspect.keys import infer_keys
from platform_new.introspect.keys.evidence import Columns, Link, SqlEvidence
from platform_new.introspect.keys.words import column_prefix, similar, singular, stands_for, words
from platform_new.spec.models import Source

SHOP = """
create table users (id integer, name text);
create table addresses (id integer, street text);
create table customers (id integer, address_id integer, parent_customer_id integer, updated_at timestamp not null);
create table orders (
    id integer, customer_id integer, billing_address_id integer, created_by integer, owner_type text, owner_id integer,
    coupon_id integer
);
create table order_items (order_id integer, line integer, quantity integer);
create table coupons (id integer, code text);
create table refunds (id integer, order_id integer);
"""


def fill(connection: sqlite3.Connection) -> None:
    def rows(table: str, values) -> None:
        values = list(values)
        connection.executemany(f"insert into {table} values ({', '.join('?' * len(values[0]))})", values)

    rows("users", ((n, f"u{n}") for n in range(1, 21)))
    rows("addresses", ((n, f"s{n}") for n in range(1, 41)))
    rows("customers", ((n, n + 5, n // 2 or None, "2024-01-01 10:00:00") for n in range(1, 31)))
    rows("orders", ((n, n % 30 + 1, n % 40 + 1, n % 20 + 1, "User", n, n % 9 + 1) for n in range(1, 101)))
    rows("order_items", ((n % 100 + 1, n // 100 + 1, 1) for n in range(250)))
    rows("coupons", ((n, f"c{n}") for n in range(1, 9)))


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """An SQLite file without a single declared key."""
    with closing(sqlite3.connect(tmp_path / "shop.sqlite")) as connection:
        connection.executescript(SHOP)
        fill(connection)
        connection.commit()
    return tmp_path / "shop.sqlite"


def address(path: Path) -> str:
    return f"sqlite:///{path}"


def references(source: Source) -> dict[str, str]:
    return {
        f"{table.name}.{column.name}": column.references
        for table in source.tables
        for column in table.columns
        if column.references
    }


def test_keys_of_a_database_that_declares_none(shop):
    """Roles, plurals, persons and the own table are found; a table without rows has links by clear names only."""
    source, _ = look(address(shop))
    assert {table.name: table.key for table in source.tables} == {
        "users": ("id",), "addresses": ("id",), "customers": ("id",), "orders": ("id",), "coupons": ("id",),
        "refunds": ("id",), "order_items": ("order_id", "line"),
    }  # fmt: skip
    assert references(source) == {
        "customers.address_id": "addresses.id",
        "customers.parent_customer_id": "customers.id",
        "orders.customer_id": "customers.id",
        "orders.billing_address_id": "addresses.id",
        "orders.created_by": "users.id",
        "order_items.order_id": "orders.id",
        "refunds.order_id": "orders.id",
    }
    assert all(table.key_inferred for table in source.tables)


TYPED = """
create table users (id integer not null, name varchar(20));
create table orders (id bigint not null, user_id integer, reviewer_id bigint, code varchar(9), parent_order_id bigint);
create table order_lines (order_id bigint not null, line smallint not null, order_code char(9));
"""


def typed_rows() -> str:
    users = ", ".join(f"({n}, 'u{n}')" for n in range(1, 13))
    orders = ", ".join(f"({n}, {n % 12 + 1}, {n % 12 + 1}, 'c{n}', {n // 2 or 'null'})" for n in range(1, 41))
    lines = ", ".join(f"({n % 40 + 1}, {n // 40 + 1}, 'c{n % 40 + 1}')" for n in range(100))
    return (
        f"insert into users values {users}; insert into orders values {orders}; insert into order_lines values {lines}"
    )


@pytest.mark.parametrize(
    "engine",
    [
        "sqlite",
        "duckdb",
        pytest.param("postgres", marks=pytest.mark.proof),
        pytest.param("mariadb", marks=pytest.mark.proof),
    ],
)
def test_every_engine_answers_the_same(engine, tmp_path, request):
    """Integers of different sizes compare in all of them, and no engine takes a statement as wrong."""
    if engine == "sqlite":
        with closing(sqlite3.connect(tmp_path / "x.sqlite")) as connection:
            connection.executescript(TYPED + typed_rows())
        source = introspect(address(tmp_path / "x.sqlite")).source
    elif engine == "duckdb":
        with duckdb.connect(tmp_path / "x.duckdb") as connection:
            connection.execute(TYPED + typed_rows())
        source = introspect(f"duckdb:///{tmp_path / 'x.duckdb'}").source
    else:
        source = introspect(request.getfixturevalue(f"make_{engine}")("keys", TYPED + typed_rows())).source
    assert {table.name: table.key for table in source.tables} == {
        "users": ("id",), "orders": ("id",), "order_lines": ("order_id", "line")
    }  # fmt: skip
    assert references(source) == {
        "orders.user_id": "users.id",
        "orders.reviewer_id": "users.id",
        "orders.parent_order_id": "orders.id",
        "order_lines.order_id": "orders.id",
        "order_lines.order_code": "orders.code",
    }


def test_every_inferred_key_has_its_evidence_as_a_reason(shop):
    _, seen = look(address(shop))
    reason = {path[1:]: text for path, text in seen.reasons.items()}
    assert reason["orders", "columns", "customer_id", "references"] == (
        "inferred from its name; all 30 sampled values exist there"
    )
    assert reason["refunds", "columns", "order_id", "references"] == "inferred from its name; it has no values yet"
    assert reason["orders", "key"] == "unique and never empty in 100 rows"
    assert reason["order_items", "key"] == "together unique and never empty in 250 rows"


@pytest.mark.parametrize("distant, key", [((), ("person_id", "visit_date")), (("infinity", "10000-01-01"), ())])
def test_a_date_that_changes_when_it_is_loaded_is_no_part_of_an_inferred_key(tmp_path, distant, key):
    with duckdb.connect(tmp_path / "clinic.duckdb") as connection:
        connection.execute("create table person (person_id integer primary key)")
        connection.execute("insert into person select * from range(1, 21)")
        connection.execute(
            "create table visit (person_id integer not null references person, visit_date date not null)"
        )
        connection.execute(
            "insert into visit select 1 + n % 20, date '2026-01-01' + (n // 20)::integer from range(100) as numbers (n)"
        )
        for date in distant:
            connection.execute("insert into visit values (1, ?)", [date])
    source = introspect(f"duckdb:///{tmp_path / 'clinic.duckdb'}").source
    assert next(table.key for table in source.tables if table.name == "visit") == key


def test_a_link_with_missing_values_is_a_comment_with_the_line_that_confirms_it(shop):
    _, seen = look(address(shop))
    assert seen.reasons["tables", "orders", "columns", "coupon_id", "references"] == (
        "may be a foreign key, inferred from its name; 1 of 9 sampled values are missing there; "
        "to confirm, add `references: coupons.id`"
    )


def test_a_column_beside_its_type_points_to_no_table(shop):
    """`owner_type` says which table `owner_id` points to."""
    assert "orders.owner_id" not in references(introspect(address(shop)).source)


def test_an_inferred_key_is_not_merged_on(shop):
    """A wrong key would lose rows, so the load stays full and says how to change it."""
    source, seen = look(address(shop))
    assert source.table("customers").load.mode == "full"
    assert "the key is inferred" in seen.reasons["tables", "customers", "load"]


def test_a_removed_reference_does_not_come_back(shop):
    """Introspection with the spec keeps its keys: also those that an owner removed or changed."""
    known = introspect(address(shop)).source
    orders = known.table("orders")
    changed = tuple(
        column.model_copy(update={"references": None, "inferred": False})
        if column.name == "customer_id"
        else column.model_copy(update={"references": "customers.id"})
        if column.name == "created_by"
        else column
        for column in orders.columns
    )
    orders = orders.model_copy(update={"columns": changed})
    tables = tuple(orders if table.name == "orders" else table for table in known.tables)
    again = introspect(address(shop), known=known.model_copy(update={"tables": tables})).source
    assert again.table("orders").column("customer_id").references is None
    assert again.table("orders").column("created_by").references == "customers.id"
    assert again.table("order_items").key == known.table("order_items").key


def test_new_rows_do_not_take_a_reference_back_but_refute_a_key(shop):
    """An orphan is found by the tests of the platform; a key that does not identify rows any more is drift."""
    known = introspect(address(shop)).source
    with closing(sqlite3.connect(shop)) as connection:
        connection.execute("insert into orders values (1, 999, 1, 1, 'User', 1, 1)")
        connection.commit()
    again = introspect(address(shop), known=known)
    assert again.source.table("orders").column("customer_id").references == "customers.id"
    assert again.source.table("orders").key == ()
    assert again.reasons["tables", "orders", "key"] == "id does not identify its rows any more"


def test_new_tables_of_a_known_source_get_keys(shop):
    known = introspect(address(shop)).source
    with closing(sqlite3.connect(shop)) as connection:
        connection.executescript(
            "create table visits (id integer, customer_id integer); insert into visits values (1, 1), (2, 2)"
        )
    visits = introspect(address(shop), known=known).source.table("visits")
    assert (visits.key, visits.column("customer_id").references) == (("id",), "customers.id")


def test_two_runs_give_the_same_spec(shop):
    """Also with another order of hashes."""
    program = (
        "import sys; from platform_new.introspect import introspect; from platform_new.spec.write import source_yaml;"
        "seen = introspect(sys.argv[1]); print(source_yaml(seen.source, seen.reasons))"
    )
    texts = {
        subprocess.run(
            [sys.executable, "-c", program, address(shop)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(texts) == 1 and b"inferred: true" in texts.pop()


def ids(*numbers: int, **others) -> list[dict]:
    return [{"id": number, **others} for number in numbers]


WHOLESALE = {
    "warehouse": [{"w_id": w, "w_name": f"n{w}"} for w in range(1, 4)],
    "district": [{"d_id": d, "d_w_id": w, "d_name": "x"} for w in range(1, 4) for d in range(1, 6)],
    "customer": [
        {"c_id": c, "c_d_id": d, "c_w_id": w, "c_last": "x"}
        for w in range(1, 4)
        for d in range(1, 6)
        for c in range(1, 5)
    ],
    "history": [
        {"h_c_id": n % 4 + 1, "h_c_d_id": n % 5 + 1, "h_c_w_id": n % 3 + 1, "h_amount": 5} for n in range(1, 130)
    ],
}


def test_composite_keys_behind_prefixes_are_found_as_wholes():
    """A link that follows from a composite one is left out: the warehouse of a customer is that of its district."""
    assert inferred(WHOLESALE) == {
        "warehouse": "w_id",
        "district": "d_id, d_w_id",
        "customer": "c_id, c_d_id, c_w_id",
        "history": "",
        "district.d_w_id": "warehouse.w_id",
        "customer.c_d_id, c_w_id": "district.d_id, d_w_id",
        "history.h_c_id, h_c_d_id, h_c_w_id": "customer.c_id, c_d_id, c_w_id",
    }


def test_a_key_beside_the_primary_key_is_a_target():
    """The columns that point to accounts are texts like `id`, not numbers like the key `record_id`."""
    accounts = [{"record_id": n, "id": f"a-{n}"} for n in range(1, 30)]
    payments = [{"record_id": n, "id": f"p-{n}", "account_id": f"a-{n % 29 + 1}"} for n in range(1, 60)]
    refunds = [{"record_id": n, "id": f"r-{n}", "payment_id": f"p-{n}"} for n in range(1, 20)]
    found = inferred({"accounts": accounts, "payments": payments, "refunds": refunds})
    assert found == {
        "accounts": "record_id",
        "payments": "record_id",
        "refunds": "record_id",
        "payments.account_id": "accounts.id",
        "refunds.payment_id": "payments.id",
    }


def test_a_name_without_a_table_points_to_the_entity_that_nothing_else_points_to():
    """A movie is a title, since `aka_title` has `movie_id`, and a movie's companies are no movie."""
    titles = [{"id": n, "title": f"t{n}"} for n in range(1, 40)]
    of_movie = [{"id": n, "movie_id": n % 39 + 1} for n in range(1, 80)]
    found = inferred(
        {"title": titles, "aka_title": of_movie, "movie_companies": of_movie, "movie_info": of_movie, "keyword": titles}
    )
    assert {place: to for place, to in found.items() if "." in place} == {
        "aka_title.movie_id": "title.id",
        "movie_companies.movie_id": "title.id",
        "movie_info.movie_id": "title.id",
    }


def test_numbers_that_overlap_by_chance_are_no_link():
    """Neither a count, nor a status, nor an unknown name points to a table just because its numbers exist there."""
    rows = [{"id": n, "quantity": n, "status_id": n % 3 + 1, "legacy_no": n, "units_on_order": n} for n in range(1, 30)]
    found = inferred({"orders": rows, "task_statuses": ids(*range(1, 30)), "products": ids(*range(1, 60))})
    assert [place for place in found if "." in place] == []


def test_ids_of_two_tables_do_not_point_to_each_other():
    people = [{"person_id": n, "name": f"p{n}"} for n in range(1, 30)]
    found = inferred(
        {"persons": people, "person_details": people, "visits": [{**p, "id": p["person_id"]} for p in people]}
    )
    assert found["person_details.person_id"] == found["visits.person_id"] == "persons.person_id"
    assert "persons.person_id" not in found


def test_a_table_is_about_the_one_that_it_is_named_after():
    """All have the key of an entity; the pay is that of the employee, and the vendor of a product is the vendor."""
    of = {"entities": 60, "employees": 30, "vendors": 30}
    rows = {name: [{"entity_id": n, "name": f"{name} {n}"} for n in range(1, count + 1)] for name, count in of.items()}
    rows["products"] = ids(*range(1, 20), name="x")
    rows["employee_pay"] = [{"entity_id": n % 30 + 1, "pay_no": n} for n in range(60)]
    rows["product_vendors"] = [{"id": n, "product_id": n % 19 + 1, "entity_id": n % 30 + 1} for n in range(1, 60)]
    found = inferred(rows)
    assert found["employee_pay.entity_id"] == "employees.entity_id"
    assert found["product_vendors.entity_id"] == "vendors.entity_id"
    assert found["employees.entity_id"] == found["vendors.entity_id"] == "entities.entity_id"


def test_keys_with_the_same_values_do_not_point_to_each_other_in_a_circle():
    """The larger table is the original; two of the same size stay apart."""
    many, few = ([{"cds_code": f"c{n}", "x": n} for n in range(1, end)] for end in (60, 30))
    assert {place for place in inferred({"schools": many, "scores": few}) if "." in place} == {"scores.cds_code"}
    assert {place for place in inferred({"schools": many, "scores": many}) if "." in place} == set()


def test_a_declared_key_is_not_turned_round():
    """A key that is a foreign key has values of that key, which does not make that key a foreign key."""
    rows = {"people": [{"k": n, "name": f"n{n}"} for n in range(1, 30)], "members": [{"k": n} for n in range(1, 30)]}
    declared = FoundForeignKey(("k",), TableId("", "people"), ("k",))
    tables = [
        replace(table, key=("k",), foreign_keys=(declared,) if table.id.name == "members" else ())
        for table in tables_of(rows)
    ]
    links = {table.id.name: (table.foreign_keys, table.possible) for table in infer_keys(tables, RowsEvidence(rows))}
    assert links == {"members": ((declared,), ()), "people": ((), ())}


def test_the_table_of_the_same_schema_is_meant():
    rows = {"customers": ids(*range(1, 30)), "orders": [{"id": n, "customer_id": n % 29 + 1} for n in range(1, 60)]}
    tables = [replace(table, id=TableId("sales", table.id.name)) for table in tables_of(rows)]
    old = [replace(table, id=TableId("archive", table.id.name)) for table in tables_of(rows)]
    for table in infer_keys([*old, *tables], RowsEvidence(rows)):
        if table.id.name == "orders":
            assert [key.to for key in table.foreign_keys] == [TableId(table.id.schema, "customers")]


def test_a_declared_key_is_never_overruled():
    """Also if the name and the values say something else."""
    rows = {
        "customers": ids(*range(1, 30)),
        "clients": ids(*range(1, 30)),
        "orders": [{"id": n, "customer_id": n % 29 + 1} for n in range(1, 60)],
    }
    declared = FoundForeignKey(("customer_id",), TableId("", "clients"), ("id",))
    assert inferred(rows, orders=[declared])["orders.customer_id"] == "clients.id"


NOUNS = (
    "account",
    "badge",
    "city",
    "country",
    "family",
    "house",
    "invoice",
    "match",
    "person",
    "policy",
    "tax",
    "vote",
)


@cases(25)
@given(st.permutations(NOUNS), st.sampled_from(["{}_id", "{}Id", "fk_{}", "{}_key"]), st.booleans())
def test_consistent_names_do_not_matter(nouns, spelling, plural):
    """Whatever the tables are called, and however columns are spelt, the same links are found."""
    head, place, middle, leaf = nouns[:4]
    many = {noun: {"person": "people"}.get(noun, _plural(noun)) if plural else noun for noun in nouns}
    rows = {
        many[head]: [{"id": n, "label": "x"} for n in range(1, 31)],
        many[place]: [{"id": n, "label": "x"} for n in range(1, 21)],
        many[middle]: [
            {"id": n, spelling.format(head): n % 30 + 1, spelling.format(place): n % 20 + 1} for n in range(1, 91)
        ],
        many[leaf]: [{"id": n, spelling.format(middle): n % 90 + 1} for n in range(1, 201)],
    }
    found = inferred(rows)
    assert {where: to for where, to in found.items() if "." in where} == {
        f"{many[middle]}.{spelling.format(head)}": f"{many[head]}.id",
        f"{many[middle]}.{spelling.format(place)}": f"{many[place]}.id",
        f"{many[leaf]}.{spelling.format(middle)}": f"{many[middle]}.id",
    }


def _plural(noun: str) -> str:
    if noun.endswith("y"):
        return f"{noun[:-1]}ies"
    return f"{noun}es" if noun.endswith(("x", "ch", "s")) else f"{noun}s"


@cases(25)
@given(st.integers(0, 10_000))
def test_the_order_of_tables_does_not_matter(seed):
    names = list(WHOLESALE)
    random.Random(seed).shuffle(names)
    assert inferred({name: WHOLESALE[name] for name in names}) == inferred(WHOLESALE)


def test_questions_grow_with_the_columns_not_with_the_pairs_of_tables():
    def asked(count: int) -> int:
        rows = {f"entity{n}": [{"id": 1, f"entity{n // 2}_id": 1}] for n in range(count)}
        evidence = RowsEvidence(rows)
        infer_keys(tables_of(rows), evidence)
        return evidence.asked

    assert asked(200) < 4.4 * asked(50)


class Failing:
    """An engine that answers only statements with one question, and records all."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def table(self, table: TableId) -> str:
        return table.name

    def column(self, name: str) -> str:
        return name

    def text(self, value: str) -> str:
        return f"text({value})"

    def rows(self, statement: str) -> list[tuple] | None:
        self.statements.append(statement)
        return None if "union all" in statement else [(0, 3, 3, 3)]


def test_a_question_that_fails_does_not_take_others_with_it():
    engine = Failing()
    asked = [Columns(TableId("", "t"), (name,)) for name in "abc"]
    assert set(SqlEvidence(engine, {}).unique(asked)) == set(asked)
    assert len(engine.statements) == 4


def test_no_question_is_asked_when_the_time_is_over():
    """Then names and types decide alone, and the reason says that values were not compared."""
    times = iter([0.0] + [1_000.0] * 100)
    engine = Failing()
    evidence = SqlEvidence(engine, {}, clock=lambda: next(times))
    assert evidence.unique([Columns(TableId("", "t"), ("a",))]) == {}
    assert engine.statements == []


def test_columns_of_different_types_are_compared_as_texts():
    place, key = (TableId("", "t"), "a"), (TableId("", "u"), "b")
    columns = {place: FoundColumn("a", "text", "varchar(36)"), key: FoundColumn("b", "uuid")}
    engine = Failing()
    SqlEvidence(engine, columns).contained([Link(Columns(place[0], ("a",)), Columns(key[0], ("b",)))])
    assert "text(a)" in engine.statements[0] and "text(b)" in engine.statements[0]


@pytest.mark.parametrize(
    ("plural", "one"),
    [
        ("categories", "category"), ("taxes", "tax"), ("addresses", "address"), ("movies", "movie"),
        ("statuses", "status"), ("houses", "house"), ("invoices", "invoice"), ("caches", "cache"),
        ("people", "person"), ("add_ons", "add_on"),
    ],
)  # fmt: skip
def test_singular_and_plural_are_the_same(plural, one):
    assert words(plural) == words(one)


def test_abbreviations_stand_for_words():
    assert similar("addr", singular("address")) and similar("dept", singular("department"))
    assert not similar("banner", "ban") and not similar("uploader", "upload")
    assert stands_for("cdemo", words("customer_demographics"))
    assert stands_for("cv", words("code_value")) and not stands_for("cx", words("code_value"))


def test_a_prefix_that_all_columns_share_says_nothing():
    assert column_prefix("lineitem", ["l_orderkey", "l_partkey", "l_tax"]) == ("l",)
    assert column_prefix("orders", ["order_id", "customer_id", "order_date"]) == ()
