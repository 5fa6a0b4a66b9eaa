"""The pure parts: names, conditions, roles and personal data."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.checks import Limits, limits_of
from platform_new.introspect.naming import safe_name, safe_names
from platform_new.introspect.personal import guess
from platform_new.introspect.propose import propose


@pytest.mark.parametrize(
    ("original", "name"),
    [
        ("CustomerID", "customer_id"),
        ("HTTPServerPort", "http_server_port"),
        ("Address2Line", "address2_line"),
        ("already_fine", "already_fine"),
        ("_id", "_id"),
        ("zip code", "zip_code"),
        ("Straße", "strasse"),
        ("Żółć", "zolc"),
        ("клиент", "klient"),
        ("τιμή", "timi"),
        ("顧客", "gu_ke"),
        ("discount%", "discount_percent"),
        ("R&D", "r_and_d"),
        ("2nd", "_2nd"),
        ("none", "none_"),
        ("None", "none_"),
        ("order", "order"),
        ("a__b", "a__b"),
    ],
)
def test_names_are_as_a_person_would_write_them(original, name):
    assert safe_name(original) == name


@given(st.lists(st.text(min_size=1), max_size=30))
def test_names_are_always_safe_distinct_and_stable(originals):
    names = safe_names(originals)
    assert set(names) == set(originals)
    assert len(set(names.values())) == len(names)
    assert all(re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", name) for name in names.values())
    assert safe_names(originals) == names


@pytest.mark.parametrize(
    ("condition", "type_", "limits"),
    [
        ("x in ('a', 'b')", "text", Limits(values=("a", "b"))),
        ("CHECK (((x)::text = ANY ((ARRAY['a'::character varying, 'it''s'::character varying])::text[])))", "text",
         Limits(values=("a", "it's"))),
        ("`x` in (_utf8mb4'a',_utf8mb4'b')", "text", Limits(values=("a", "b"))),
        ("[x] IN (1, 2)", "integer", Limits(values=(1, 2))),
        ("x > 0", "integer", Limits(min=1)),
        ("0 < x and 10 >= x", "integer", Limits(min=1, max=10)),
        ("x > 0", "numeric(5, 2)", Limits(min=0)),
        ("((x >= ('-5'::integer)::numeric))", "numeric", Limits(min=-5)),
        ("x between 0.5 and 2", "double", Limits(min=0.5, max=2)),
        ("x is null or x in ('a')", "text", Limits(values=("a",))),
        ("(x is null) or ((x > 3))", "integer", Limits(min=4)),
        ("x = 'a' or x = 'b'", "text", Limits(values=("a", "b"))),
        ("x >= '2020-01-01'::date", "date", Limits(min="2020-01-01")),
        ("x in ('a', 'b') and length(x) > 0", "text", Limits(values=("a", "b"))),
        ("(x > 0) NOT VALID", "integer", Limits(min=1)),
        ("not x in ('a')", "text", None),
        ("x not in ('a')", "text", None),
        ("x in ('a') or y > 3", "text", None),
        ("x > y", "integer", None),
        ("x > 1 + 1", "integer", None),
        ("x % 2 = 0", "integer", None),
        ("case when y and x = 2 and y then true end", "integer", None),
        ("lower(x) in ('a')", "text", None),
        ("x <> 'a'", "text", None),
        ("x = 'a' collate nocase", "text", None),
        ("'", "text", None),
        ("", "text", None),
        ("(" * 5000, "text", None),
    ],
)  # fmt: skip
def test_conditions_give_only_the_limits_that_they_imply(condition, type_, limits):
    assert limits_of([condition], {"x": type_, "y": type_}).get("x") == limits


@given(st.text(max_size=60))
def test_no_condition_breaks_the_reader(condition):
    limits_of([condition, f"x > {condition}", f"({condition}"], {"x": "integer", "y": "text"})


def test_the_limits_of_two_conditions_are_combined():
    assert limits_of(["x > 0", "x < 10", "x >= 5"], {"x": "integer"})["x"] == Limits(min=5, max=9)


@pytest.mark.parametrize(
    ("table", "column", "type_", "samples", "kind"),
    [
        ("customers", "email", "text", (), "email"),
        ("customers", "billing_email_address", "text", (), "email"),
        ("customers", "name", "text", (), "name"),
        ("products", "name", "text", (), None),
        ("products", "product_name", "text", (), None),
        ("orders", "ship_name", "text", (), "name"),
        ("users", "password_hash", "text", (), "credential"),
        ("users", "email_verified", "boolean", (), None),
        ("users", "dob", "date", (), "birth_date"),
        ("visits", "ip", "text", (), "ip"),
        ("notes", "contact", "text", ("a@b.co", "c@d.org", "e@f.net"), "email"),
        ("notes", "contact", "text", ("+1 212-555-0100", "(030) 1234567", "212-555-0101"), "phone"),
        ("notes", "source", "text", ("10.0.0.1", "::1:2", "fe80::1"), "ip"),
        ("notes", "day", "text", ("2020-01-01", "2020-01-02", "2020-01-03"), None),
        ("books", "isbn", "text", ("978-3-16-148410-0",) * 5, None),
        ("ships", "ship", "text", (), None),
        ("stores", "shipping_zip", "text", (), "address"),
    ],
)
def test_personal_data_is_guessed(table, column, type_, samples, kind):
    assert (guess(table, column, type_, samples) or (None,))[0] == kind


def test_samples_appear_nowhere():
    samples = ("secret@example.org", "hidden@example.org", "third@example.org")
    column = FoundColumn("contact", "text", samples=samples)
    source, reasons = propose(
        FoundCatalog("postgres", "db", (FoundTable(TableId("public", "t"), (column,)),), "public")
    )
    assert source.tables[0].columns[0].pii == "email"
    assert "example.org" not in f"{source!r} {reasons!r} {column!r}"


def table(name, *columns, key=("id",), links=(), rows=1000):
    """A table with an `id`. `…_at` and `…_date` are times, `…_amount` numbers, others integers; `!` is NOT NULL."""
    types = {"at": "timestamp", "date": "date", "amount": "numeric"}
    found = [
        FoundColumn(
            column.rstrip("!"), types.get(column.rstrip("!").rpartition("_")[2], "integer"), nullable=column[-1] != "!"
        )
        for column in ("id!", *columns)
    ]
    pairs = [link.split(">") for link in links]
    keys = tuple(FoundForeignKey((column,), TableId("", to), ("id",)) for column, to in pairs)
    return FoundTable(TableId("", name), tuple(found), key=key, foreign_keys=keys, rows=rows)


def proposed(*tables):
    source, _ = propose(FoundCatalog("postgres", "db", tables))
    return {t.name: f"line of {t.line_of}" if t.line_of else t.role for t in source.tables}


def test_master_data_with_creation_times_is_not_a_fact():
    customers = table("customers", "created_at!", "updated_at!")
    products = table("products", "list_amount", "created_at!", "category_id", links=["category_id>categories"])
    categories = table("categories", "created_at")
    orders = table("orders", "customer_id!", "total_amount", "created_at!", links=["customer_id>customers"])
    items = table(
        "order_items", "order_id!", "product_id!", "sold_amount", links=["order_id>orders", "product_id>products"]
    )
    payments = table("payments", "order_id!", "paid_amount", "paid_at", links=["order_id>orders"])
    assert proposed(customers, products, categories, orders, items, payments) == {
        "customers": "dimension",
        "products": "dimension",
        "categories": "reference",
        "orders": "fact",
        "order_items": "line of orders",
        "payments": "fact",
    }


def test_a_promotion_with_a_period_is_not_a_fact():
    promotions = table("promotions", "discount_amount", "start_date", "end_date")
    sales = table("sales", "promotion_id", "sold_amount", "sale_date", links=["promotion_id>promotions"])
    assert proposed(promotions, sales) == {"promotions": "dimension", "sales": "fact"}


def test_a_fact_stays_a_fact_if_a_dimension_points_back_to_it():
    customers = table("customers", "last_order_id", links=["last_order_id>orders"])
    orders = table("orders", "customer_id!", "total_amount", "order_date", links=["customer_id>customers"])
    assert proposed(customers, orders) == {"customers": "dimension", "orders": "fact"}


def test_lines_of_lines_are_lines():
    orders = table("orders", "customer_id", "order_date", "total_amount", links=["customer_id>customers"])
    lines = table("order_lines", "order_id!", "unit_amount", links=["order_id>orders"])
    discounts = table("order_line_items", "line_id!", "off_amount", links=["line_id>order_lines"])
    found = proposed(table("customers"), orders, lines, discounts)
    assert found["order_lines"] == "line of orders" and found["order_line_items"] == "line of order_lines"


def test_a_bridge_has_nothing_but_its_keys_and_audit_times():
    def link(*more):
        found = table("a_b", "a_id!", "b_id!", *more, links=["a_id>a", "b_id>b"], key=("a_id", "b_id"))
        return FoundTable(found.id, found.columns[1:], key=found.key, foreign_keys=found.foreign_keys)

    assert proposed(table("a"), table("b"), link())["a_b"] == "bridge"
    assert proposed(table("a"), table("b"), link("created_at"))["a_b"] == "bridge"
    assert proposed(table("a"), table("b"), link("share_amount"))["a_b"] != "bridge"


def test_the_affix_of_a_table_is_not_in_the_name_of_its_mart():
    names = ["dim_customer", "sales_fact", "raw_orders", "dim_city", "city", "dim_", "dim_1"]
    tables = tuple(
        FoundTable(TableId("", name), columns=(FoundColumn("id", "bigint", nullable=False),), key=("id",))
        for name in names
    )
    source, reasons = propose(FoundCatalog(name="dw", kind="sqlite", tables=tables))
    entities = {table.origin or table.name: table.entity for table in source.tables}
    assert entities == {
        "dim_customer": "customer",
        "sales_fact": "sales",
        "raw_orders": "orders",
        "dim_city": None,
        "city": None,
        "dim_": None,
        "dim_1": None,
    }
    assert ("tables", "dim_customer", "entity") in reasons
