"""The types of slowly changing dimensions, for tables and columns: what is recorded, and what the dimension shows."""

from __future__ import annotations

import pytest
from plan.test_star import CITY, COUNTRY, ORDER, columns, mart, plan_of, table

CLIENT = table("customer", "customer_id:bigint! name:text email:text tier:text city_id:bigint>city.city_id")


def with_history(of, **types):
    """The table with these types of history of its columns; `_` is that of the table."""
    changed = [
        {**column, "history": types[column["name"]]} if column["name"] in types else column for column in of["columns"]
    ]
    return {**of, "columns": changed, **({"history": types["_"]} if "_" in types else {})}


def snapshot(plan, position=0):
    return plan.collections["snapshot"][position]


def planned(*tables, **options):
    return plan_of(*tables, CITY, COUNTRY, ORDER, **options)


@pytest.mark.parametrize(
    ("type_", "shown"),
    [
        (0, ["name"]),
        (1, ["name"]),
        (2, ["name"]),
        (3, ["name", "previous_name"]),
        (4, []),
        (6, ["name", "current_name"]),
    ],
)
def test_a_column_of_each_type_has_its_columns_in_the_dimension(type_, shown):
    plan = planned(with_history(CLIENT, name=type_))
    assert [name for name in columns(plan, "dim_customer") if "name" in name.split("_")] == shown


def test_a_snapshot_records_every_change_whatever_the_types_are():
    plain, typed = planned(CLIENT), planned(with_history(CLIENT, _=3, name=1, email=0, tier=4, city_id=6))
    assert snapshot(plain).columns == snapshot(typed).columns
    assert snapshot(plain).relation == snapshot(typed).relation


def test_true_is_type_2_and_false_is_type_1():
    for known, other in ((2, True), (1, False)):
        assert columns(planned(with_history(CLIENT, _=known)), "dim_customer") == columns(
            planned(with_history(CLIENT, _=other)), "dim_customer"
        )


def test_without_a_column_that_opens_versions_a_dimension_has_one_row_for_each_member():
    plan = planned(with_history(CLIENT, _=3, email=0, tier=4, name=1))
    dimension, fact = mart(plan, "dim_customer"), mart(plan, "fct_orders")
    assert not dimension.version_key and "valid_from" not in columns(plan, "dim_customer")
    join = next(join for join in fact.detail.joins if join.name == "dim_customer")
    assert not join.conditions


def test_a_dimension_of_overwritten_columns_only_needs_no_snapshot():
    plan = planned(with_history(CLIENT, _=1))
    assert plan.collections["snapshot"] == plan.collections["history"] == ()


def test_a_column_of_type_2_gives_a_table_of_type_1_versions():
    plan = planned(with_history(CLIENT, _=1, name=2))
    assert "valid_from" in columns(plan, "dim_customer")
    (view,) = plan.collections["history"]
    assert view.opens == ("name",)


def test_folded_columns_have_the_history_of_the_reference_else_their_own_else_that_of_the_dimension():
    def types(plan):
        return {column.name: column.history for column in snapshot(plan).recorded}

    city = with_history(CITY, _=1, city=6)
    found = types(plan_of(CLIENT, city, COUNTRY, ORDER))
    assert (found["city"], found["country"]) == (6, 2)
    found = types(plan_of(with_history(CLIENT, city_id=0), city, COUNTRY, ORDER))
    assert (found["city_id"], found["city"], found["country"]) == (0, 0, 0)
    assert plan_of(with_history(CLIENT, _=1), CITY, COUNTRY, ORDER).collections["snapshot"] == ()


def test_a_mini_dimension_has_the_columns_of_type_4_and_facts_have_its_key_as_of_their_event():
    plan = planned(with_history(CLIENT, tier=4, email=4))
    assert columns(plan, "dim_customer_profile") == ["customer_profile_key", "email", "tier"]
    assert {"tier", "email"}.isdisjoint(columns(plan, "dim_customer"))
    assert "current_customer_profile_key" in columns(plan, "dim_customer")
    fact = mart(plan, "fct_orders")
    assert {"customer_key", "customer_profile_key"} <= {column.name for column in fact.columns}
    join = next(join for join in fact.detail.joins if join.name == "int_customer_profiles")
    assert join.all_conditions == (
        "orders.customer_id = customer_profiles.customer_id",
        "orders.ordered_at >= customer_profiles.valid_from",
        "orders.ordered_at < customer_profiles.valid_to",
    )


def test_a_mini_dimension_does_not_take_the_name_of_another_mart():
    plan = planned(with_history(CLIENT, tier=4), table("customer_profile", "profile_id:bigint! title:text"))
    assert columns(plan, "dim_customer_profile") == ["profile_key", "profile_id", "title", *VALIDITY]
    assert columns(plan, "dim_customer_profile_2") == ["customer_profile_key", "tier"]


VALIDITY = ["valid_from", "valid_to", "is_current"]


def test_further_columns_do_not_take_the_names_of_columns_of_the_table():
    client = table(
        "customer", "customer_id:bigint! city:text previous_city:text current_city:text version_number:bigint"
    )
    plan = plan_of(with_history(client, city=3), ORDER)
    assert columns(plan, "dim_customer")[2:6] == ["city", "previous_city_2", "previous_city", "current_city"]
    view = plan.collections["history"][0]
    assert view.version_number == "version_number_2"
    assert view.before[0].column.name == "current_city_2"


def test_personal_data_stays_personal_in_the_columns_that_show_it():
    client = with_history(CLIENT, email=3)
    client["columns"] = [
        {**column, "pii": "email"} if column["name"] == "email" else column for column in client["columns"]
    ]
    found = {column.name: column.pii for column in mart(planned(client), "dim_customer").columns}
    assert found["email"] == found["previous_email"] == "email"


def test_a_key_to_another_dimension_follows_the_versions_of_the_dimension_it_is_in():
    region = table("region", "region_id:bigint! region:text")
    client = table("customer", "customer_id:bigint! name:text region_id:bigint>region.region_id")
    fact = table("orders", "order_id:bigint! customer_id:bigint>customer.customer_id", role="fact")
    conditions = {
        (mine, theirs): mart(
            plan_of(with_history(client, _=mine), with_history(region, _=theirs), fact), "dim_customer"
        )
        .detail.outriggers.joins[0]
        .conditions
        for mine in (2, 3)
        for theirs in (0, 6)
    }
    assert conditions[2, 0] == conditions[3, 0] == ()
    assert conditions[3, 6] == ("{alias}.is_current",)
    assert "keyed.valid_to" in conditions[2, 6][0]


def test_the_example_of_the_view_has_a_column_of_each_type():
    plan = planned(with_history(CLIENT, name=6, email=0))
    (example,) = plan.collections["history"][0].unit_tests
    first, second = example.expected
    assert (first["name"], first["current_name"], first["email"]) == ("name-1", "name-2", "email-1")
    assert (second["name"], second["current_name"], second["email"]) == ("name-2", "name-2", "email-1")
