"""Which facts recompute only changed rows, and by which columns they find them."""

from __future__ import annotations

import pytest
import small_specs
from small_specs import mart, table

LOADED = {"load": {"mode": "incremental", "cursor": "updated_at"}}
MARKED = {"load": {"mode": "incremental", "cursor": "updated_at", "deletes": "mark"}}
CUSTOMER = table("customer", "customer_id:bigint! name:text code:text", role="dimension")
ADDRESS = table("address", "address_id:bigint! street:text", role="dimension", history=False)


def orders(**options):
    columns = (
        "order_id:bigint! customer_id:bigint>customer.customer_id billing_id:bigint>address.address_id "
        "shipping_id:bigint>address.address_id ordered_at:timestamp freight:numeric(10,2) updated_at:timestamp"
    )
    return table("orders", columns, role="fact", event_time="ordered_at", **options)


def lines(**options):
    columns = "line_id:bigint! order_id:bigint!>orders.order_id quantity:integer updated_at:timestamp"
    return table("line", columns, role="fact", line_of="orders", **options)


def plan_of(*tables, **platform):
    """A plan with incremental facts."""
    return small_specs.plan_of(*tables, facts="incremental", **platform)


def staged(plan, name):
    return next(each for each in plan.collections["table"] if each.table == name)


def test_a_fact_is_incremental_if_its_table_and_its_headers_are_loaded_incrementally():
    plan = plan_of(CUSTOMER, ADDRESS, orders(**LOADED), lines(**LOADED))
    assert [mart(plan, name).materialized for name in ("fct_orders", "fct_line")] == ["incremental_fact"] * 2


@pytest.mark.parametrize(
    ("header", "line", "because"),
    [
        ({}, LOADED, "orders is loaded in full"),
        (LOADED, {}, "line is loaded in full"),
        (MARKED, LOADED, "orders flags deleted rows"),
        (LOADED, MARKED, "line flags deleted rows"),
    ],
)
def test_any_other_fact_is_rebuilt_and_says_why(header, line, because):
    fact = mart(plan_of(CUSTOMER, ADDRESS, orders(**header), lines(**line)), "fct_line")
    assert (fact.materialized, fact.detail.rebuilt_because) == ("table", because)
    assert fact.config.keys() == {"meta"}


def test_a_fact_names_the_columns_by_which_it_refers_to_headers_and_dimensions_in_each_role():
    plan = plan_of(CUSTOMER, ADDRESS, orders(**LOADED), lines(**LOADED))
    assert mart(plan, "fct_line").config == {
        "materialized": "incremental_fact",
        "unique_key": ["line_id"],
        "meta": {
            "fact_type": "transaction",
            "rows_of": "stg_shop__line",
            "refers_to": {
                "stg_shop__orders": [{"order_id": "order_id"}],
                "dim_customer": [{"customer_id": "customer_id"}],
                "dim_address": [{"billing_id": "address_id"}, {"shipping_id": "address_id"}],
            },
            "event_time": "ordered_at",
        },
    }


def test_a_dimension_of_an_incremental_fact_records_the_members_that_changed():
    plan = plan_of(CUSTOMER, ADDRESS, orders(**LOADED))
    hooks = {each.name: each.config.get("post_hook") for each in plan.marts if each.kind == "dimension"}
    validity = "'valid_from', 'valid_to', 'is_current'"
    assert hooks == {
        "dim_customer": f"{{{{ record_changed_members(['customer_id'], ['customer_key', {validity}]) }}}}",
        "dim_address": "{{ record_changed_members(['address_id'], ['address_key']) }}",
    }


def test_a_dimension_records_every_column_by_which_facts_refer_to_it():
    columns = "invoice_id:bigint! customer_code:text>customer.code amount:numeric(10,2) updated_at:timestamp"
    invoices = table("invoice", columns, role="fact", **LOADED)
    plan = plan_of(CUSTOMER, ADDRESS, orders(**LOADED), invoices)
    assert "(['customer_id', 'code']," in mart(plan, "dim_customer").config["post_hook"]


def test_only_staging_models_of_incremental_facts_have_the_load_of_each_row():
    plan = plan_of(CUSTOMER, ADDRESS, orders(**LOADED), lines())
    assert {each.table for each in plan.collections["table"] if each.columns[-1].kind == "load"} == {"orders"}
    assert staged(plan, "orders").columns[-1].name == "_dlt_load_id"


def test_a_platform_without_incremental_facts_has_none_of_their_macros():
    without, with_them = plan_of(CUSTOMER, ADDRESS, orders()), plan_of(CUSTOMER, ADDRESS, orders(**LOADED))
    macros = {file.path for file in with_them.files} - {file.path for file in without.files}
    names = ("incremental_changes", "incremental_rows", "materializations/incremental_fact")
    assert macros == {f"transform/macros/{name}.sql" for name in names}
    assert {each.materialized for each in without.marts} == {"table"}


def test_a_wide_table_is_rebuilt_and_its_staging_models_do_not_have_the_load():
    plan = plan_of(CUSTOMER, ADDRESS, orders(**LOADED), modeling="obt")
    assert mart(plan, "obt_orders").materialized == "table"
    assert all(column.kind != "load" for column in staged(plan, "orders").columns)


@pytest.mark.parametrize(
    ("facts", "rows", "incremental"),
    [
        (None, None, False),
        (None, 999_999, False),
        (None, 1_000_000, True),
        ("rebuild", 1_000_000, False),
        ("incremental", None, True),
    ],
)
def test_a_fact_is_incremental_from_a_million_rows_on_unless_the_platform_says_otherwise(facts, rows, incremental):
    order = orders(**LOADED, rows=rows)
    plan = small_specs.plan_of(CUSTOMER, ADDRESS, order, lines(**LOADED), **({"facts": facts} if facts else {}))
    assert mart(plan, "fct_orders").detail.incremental == incremental
    assert mart(plan, "fct_line").detail.incremental == (facts == "incremental"), "its own rows count"
    assert bool(plan.collections["incremental"]) == incremental


def test_a_small_fact_does_not_say_why_it_is_rebuilt():
    assert mart(small_specs.plan_of(CUSTOMER, ADDRESS, orders()), "fct_orders").detail.rebuilt_because == ""
