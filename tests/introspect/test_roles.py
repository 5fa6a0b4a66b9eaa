"""The proposed roles of tables, their event times, headers and measures, on small tables."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from platform_new.introspect.roles import Field, Pointer, Shape, propose_roles
from platform_new.spec.data_type import DataType
from platform_new.spec.measures import find_measures
from platform_new.spec.words import words_of

TYPES = {"text": "text", "date": "date", "at": "timestamp", "num": "numeric(12, 2)", "bool": "boolean", "json": "json"}


def shape(name, *columns, key="id"):
    """A table from columns such as `customer_id>customers`, `amount:num` and `paid_on:date`; `?` allows NULL.

    Without a type, a column is an integer. The key comes first, unless the columns already have it.
    """
    fields, pointers = [], []
    keys = tuple(part for part in key.split(",") if part)
    own = [] if any(column.split(">")[0].split(":")[0] == part for part in keys for column in columns) else list(keys)
    for column in [*own, *columns]:
        optional, column = column.endswith("?"), column.rstrip("?")
        left, _, to = column.partition(">")
        left, _, type_ = left.partition(":")
        fields.append(Field(left, TYPES.get(type_, "bigint"), not optional))
        if to:
            pointers.append(Pointer((left,), to, not optional))
    return Shape(name, tuple(fields), keys, tuple(pointers))


def roles_of(*shapes):
    """The role of each table; lines are written as `line of orders`."""
    found = propose_roles(shapes)
    return {name: f"line of {role.line_of}" if role.line_of else role.role for name, role in found.items()}


CUSTOMERS = shape("customers", "name:text", "email:text", "created_at:at")
PRODUCTS = shape("products", "name:text", "list_price:num", "created_at:at")
ORDERS = shape("orders", "customer_id>customers", "ordered_at:at", "total_amount:num")


def test_a_fact_stays_a_fact_when_other_facts_refer_to_it():
    payments = shape("payments", "order_id>orders", "amount:num", "paid_at:at")
    refunds = shape("refunds", "payment_id>payments", "order_id>orders", "amount:num", "created_at:at")
    found = roles_of(CUSTOMERS, ORDERS, payments, refunds)
    assert found == {"customers": "dimension", "orders": "fact", "payments": "fact", "refunds": "fact"}


def test_a_header_without_measures_is_a_fact_if_its_name_is_an_event():
    orders = shape("orders", "customer_id>customers", "ordered_at:at")
    lines = shape("order_lines", "order_id>orders", "quantity")
    found = roles_of(CUSTOMERS, orders, lines)
    assert found == {"customers": "dimension", "orders": "fact", "order_lines": "line of orders"}


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(shape("order_items", "order_id>orders", "product_id>products", "quantity"), id="by its name"),
        pytest.param(shape("order_items", "order_id>orders?", "product_id>products?", "quantity?"), id="all nullable"),
        pytest.param(
            shape(
                "sold", "order_id>orders", "line_number", "product_id>products", "quantity", key="order_id,line_number"
            ),
            id="by its key",
        ),
    ],
)
def test_lines_have_a_header(table):
    found = propose_roles([CUSTOMERS, PRODUCTS, ORDERS, table])[table.name]
    assert (found.role, found.line_of, found.event_time) == ("fact", "orders", None)
    assert found.line_because


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(shape("order_votes", "order_id>orders", "customer_id>customers", "score"), id="a vote"),
        pytest.param(shape("order_refunds", "order_id>orders", "amount:num", "refund_date:date"), id="its own date"),
        pytest.param(shape("order_notes", "order_id>orders", "body:text", "created_at:at"), id="a note"),
    ],
)
def test_what_only_refers_to_a_fact_is_no_line(table):
    assert propose_roles([CUSTOMERS, ORDERS, table])[table.name].line_of is None


@pytest.mark.parametrize(
    ("table", "why"),
    [
        (shape("good_jobs", "queue_name:text?", "serialized_params:json?", "finished_at:at?"), "job"),
        (shape("api_keys", "user_id>customers", "permissions:text", "created_at:at"), "api key"),
        (shape("user_sessions", "user_id>customers", "ip_address:text", "user_agent:text"), "session"),
        (shape("site_settings", "key:text", "value:text"), "setting"),
        (shape("options", "name:text", "value:text"), "settings"),
        (shape("webhook_endpoints", "url:text", "created_at:at"), "webhook"),
        (shape("schema_migrations", "version:text", key=""), "migration"),
        (shape("versions", "item_type:text", "item_id", "event:text", "object:json", "created_at:at"), "all tables"),
        (shape("customers_archive", "name:text", "email:text", "created_at:at"), "a copy of customers"),
    ],
)
def test_what_only_the_application_needs_is_operational(table, why):
    found = propose_roles([CUSTOMERS, table])[table.name]
    assert found.role == "operational" and why in found.because


def test_tables_below_operational_tables_are_operational():
    jobs = shape("jobs", "queue:text", "payload:text", "attempts")
    steps = shape("steps", "job_id>jobs", "label:text")
    found = propose_roles([jobs, steps])
    assert (found["jobs"].role, found["steps"].role) == ("operational", "operational")
    assert found["steps"].because == "it only refers to jobs, which is operational"


@pytest.mark.parametrize(
    "table",
    [
        shape("jobs", "job_title:text", "min_salary:num", "max_salary:num"),
        shape("sessions", "customer_id>customers", "started_at:at", "page_views"),
        shape("events", "customer_id>customers", "occurred_at:at", "amount:num"),
        shape("messages", "customer_id>customers", "body:text", "sent_at:at"),
    ],
    ids=lambda table: table.name,
)
def test_a_word_alone_does_not_make_a_table_operational(table):
    assert propose_roles([CUSTOMERS, table])[table.name].role != "operational"


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(
            shape("a_b", "customer_id>customers", "product_id>products", key="customer_id,product_id"), id="key"
        ),
        pytest.param(shape("wishes", "customer_id>customers", "product_id>products", "position"), id="surrogate key"),
        pytest.param(
            shape("prices_of", "customer_id>customers", "product_id>products", "valid_from:date", "valid_to:date?"),
            id="valid for a time",
        ),
        pytest.param(
            shape("product_tags", "product_id>products", "index", "value:text", key="product_id,index"), id="tags"
        ),
    ],
)
def test_a_link_that_measures_nothing_is_a_bridge(table):
    assert propose_roles([CUSTOMERS, PRODUCTS, table])[table.name].role == "bridge"


@pytest.mark.parametrize(
    "table",
    [
        pytest.param(shape("sold", "customer_id>customers", "product_id>products", "quantity"), id="a measure"),
        pytest.param(
            shape("product_approvals", "customer_id>customers", "product_id>products", "created_at:at"),
            id="somebody did it",
        ),
    ],
)
def test_what_happened_between_two_things_is_a_fact_without_a_date_too(table):
    assert propose_roles([CUSTOMERS, PRODUCTS, table])[table.name].role == "fact"


def test_tables_that_are_valid_for_a_time_and_lookups_are_no_facts():
    promotions = shape("promotions", "name:text", "start_date:date", "end_date:date", "discount:num")
    statuses = shape("order_statuses", "name:text")
    orders = shape(
        "orders", "customer_id>customers", "status_id>order_statuses", "promotion_id>promotions", "order_date:date"
    )
    found = roles_of(CUSTOMERS, promotions, statuses, orders)
    assert found["promotions"] == "dimension" and found["order_statuses"] == "reference"


@pytest.mark.parametrize(
    ("columns", "time"),
    [
        (("created_at:at", "issued_on:date?"), "issued_on"),
        (("confirmed_at:at", "created_at:at"), "created_at"),
        (("created_date:at", "effective_date:at"), "effective_date"),
        (("revoked_at:at?", "payment_date:date", "last_retried_at:at?"), "payment_date"),
        (("due_date:date", "created_at:at"), "created_at"),
        (("start_date:date", "end_date:date"), "start_date"),
        (("paid_at:at?", "updated_at:at"), "paid_at"),
        (("date:date?", "created_at:at?", "updated_at:at?"), "date"),
    ],
)
def test_the_event_time_is_the_moment_of_the_business(columns, time):
    payments = shape("payments", "customer_id>customers", "amount:num", *columns)
    assert propose_roles([CUSTOMERS, payments])["payments"].event_time == time


def test_a_time_that_was_observed_to_be_mostly_empty_is_no_event_time():
    fields = (
        Field("id", "bigint", True),
        Field("customer_id", "bigint", True),
        Field("amount", "numeric", True),
        Field("booked_at", "timestamp", False, null_share=0.9),
        Field("created_at", "timestamp", False, null_share=0.0),
    )
    payments = Shape("payments", fields, ("id",), (Pointer(("customer_id",), "customers", True),))
    assert propose_roles([CUSTOMERS, payments])["payments"].event_time == "created_at"


@pytest.mark.parametrize(
    ("name", "additivity"),
    [
        ("amount", "additive"), ("quantity", "additive"), ("total_tax", "additive"), ("l_extendedprice", "additive"),
        ("num_changes", "additive"), ("laps", "additive"), ("amount_paid", "additive"),
        ("balance", "semi_additive"), ("quantity_on_hand", "semi_additive"), ("outstanding_amount", "semi_additive"),
        ("unit_price", "non_additive"), ("unit_amount", "non_additive"), ("tax", "non_additive"),
        ("discount", "non_additive"), ("exchange_rate", "non_additive"), ("temperature", "non_additive"),
        ("score", "non_additive"), ("max_amount", "non_additive"), ("average_cost", "non_additive"),
        ("customer_id", None), ("productkey", None), ("partid", None), ("invoice_no", None), ("status_code", None),
        ("line_number", None), ("position", None), ("birth_year", None), ("latitude", None), ("is_paid", None),
        ("item_sk", None), ("shippriority", None),
    ],
)  # fmt: skip
def test_the_name_says_how_a_number_may_be_summed(name, additivity):
    found = find_measures("sales", [("id", DataType("bigint")), (name, DataType("bigint"))], {"id"})
    assert (found[name].additivity if name in found else None) == additivity
    assert all(measure.because for measure in found.values())


def test_the_context_of_a_name_counts():
    number = DataType("numeric")
    assert find_measures("security_prices", [("share_value", number)], ())["share_value"].additivity == "non_additive"
    assert find_measures("holdings", [("quantity", number)], ())["quantity"].additivity == "semi_additive"
    readings = [("value", number), ("unit_id", DataType("bigint"))]
    assert find_measures("readings", readings, ())["value"].additivity == "non_additive"


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("orderdate", ("order", "date")),
        ("submittedon_date", ("submitted", "on", "date")),
        ("createdby_id", ("created", "by", "id")),
        ("categories", ("category",)),
        ("update", ("update",)),
        ("addresses", ("address",)),
        ("status", ("status",)),
        ("statuses", ("status",)),
        ("transaction", ("transaction",)),
    ],
)
def test_names_have_words(name, words):
    assert words_of(name) == words


SEEDED = """
import test_roles as t
items = t.shape("order_items", "order_id>orders", "product_id>products", "quantity")
jobs = t.shape("jobs", "queue:text", "payload:text", "attempts")
tokens = t.shape("webhook_cache_tokens", "key:text")
print(t.propose_roles([t.CUSTOMERS, t.PRODUCTS, t.ORDERS, items, jobs, tokens]))
"""


def test_two_runs_with_other_hash_seeds_propose_the_same():
    here = str(Path(__file__).parent)
    path = os.pathsep.join([here, *filter(None, [os.environ.get("PYTHONPATH")])])
    runs = {
        subprocess.run(
            [sys.executable, "-c", SEEDED],
            env={**os.environ, "PYTHONPATH": path, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(runs) == 1 and "webhook_cache_tokens" in runs.pop()
