"""The star schema derived from a spec."""

from __future__ import annotations

from collections import Counter

import pytest
from small_specs import CITY, COUNTRY, CUSTOMER, INCREMENTAL, LINE, ORDER, columns, mart, plan_of, table

from platform_new.plan.modeling.fold import MAX_COLUMNS, MAX_JOINS


def wide_table(name: str, to: str, number: int, **options):
    """A table with references to `to1`, `to2`…"""
    keys = " ".join(f"{to}{each}_id:bigint>{to}{each}.{to}{each}_id" for each in range(1, number + 1))
    return table(name, f"{name}_id:bigint! {keys}", **options)


def numbered(name: str, number: int, columns: str = "", **options):
    """Tables `name1`, `name2`… with a label and further columns."""
    return [
        table(f"{name}{each}", f"{name}{each}_id:bigint! label:text {columns}", **options)
        for each in range(1, number + 1)
    ]


def joins(plan, name):
    return next(each for each in plan.collections["current"] if each.model == name).body.joins


def described(plan, name, column):
    return next(each.description for each in mart(plan, name).columns if each.name == column)


def test_the_nearest_parents_are_folded_first_until_the_model_has_as_many_joins_as_allowed():
    def level(number: int) -> list[dict]:
        below = [f"{side}{number + 1}" for side in "ab"] if number < 6 else []
        keys = " ".join(f"{name}_id:bigint>{name}.{name}_id" for name in below)
        return [
            table(f"{side}{number}", f"{side}{number}_id:bigint! {side}{number}_text:text {keys}", role="reference")
            for side in "ab"
        ]

    tables = [each for number in range(1, 7) for each in level(number)]
    tables[0]["role"] = "dimension"
    plan = plan_of(*tables)
    # Each level has twice as many paths as the previous level: 2 + 4 + 8 fit, and 11 of the next 16.
    found = Counter(int(join.name[1:]) for join in joins(plan, "int_a1_current"))
    assert found == {2: 2, 3: 4, 4: 8, 5: 11} and found.total() == MAX_JOINS


def test_parents_beyond_the_limit_of_joins_keep_their_keys_and_say_why():
    plan = plan_of(wide_table("base", "p", 30), *numbered("p", 30, role="reference"))
    names = columns(plan, "dim_base")
    assert sum(name.endswith("_label") for name in names) == MAX_JOINS
    assert {f"p{number}_id" for number in range(1, 31)} <= set(names)
    assert described(plan, "dim_base", "p25_id") == ""
    said = f"It has no key to dim_p26 because the model would have more than {MAX_JOINS} joins"
    assert described(plan, "dim_base", "p26_id") == said
    assert {mart.name for mart in plan.marts} == {"dim_base", *(f"dim_p{number}" for number in range(26, 31))}


def test_if_not_all_columns_fit_only_the_labels_of_the_last_parents_are_folded():
    more = " ".join(f"more{number}:integer" for number in range(20))
    plan = plan_of(wide_table("base", "p", 10), *numbered("p", 10, more, role="reference"))
    names = columns(plan, "dim_base")
    assert len(names) <= MAX_COLUMNS
    assert sum(name.endswith("_label") for name in names) == 10
    assert {"p6_more0", "p6_more19"} <= set(names) and "p7_more0" not in names
    said = f"Only the labels of p7 are folded because the model would have more than {MAX_COLUMNS} columns"
    assert described(plan, "dim_base", "p7_id") == said


def test_a_dimension_keeps_a_key_to_another_dimension_in_the_version_that_was_valid_when_its_own_ended():
    city = table("city", "city_id:bigint! name:text")
    plan = plan_of(city, CUSTOMER)
    names = columns(plan, "dim_customer")
    assert "city_key" in names and "city_name" not in names
    (join,) = mart(plan, "dim_customer").detail.outriggers.joins
    assert join.all_conditions == (
        "keyed.city_id = city.city_id",
        "keyed.valid_to > city.valid_from",
        "keyed.valid_to <= city.valid_to",
    )
    key = next(column for column in mart(plan, "dim_customer").columns if column.name == "city_key")
    assert key.refers_to == ("dim_city", "city_key")
    assert [test.name for test in key.tests] == ["relationships"]
    assert key.description.endswith("not folded into this dimension because city is a dimension of its own")


def test_a_key_that_would_close_a_circle_of_dimensions_is_left_out():
    shop = table("shop", "shop_id:bigint! manager_id:bigint>staff.staff_id opened:date")
    staff = table("staff", "staff_id:bigint! name:text shop_id:bigint!>shop.shop_id")
    plan = plan_of(shop, staff)
    # The required reference of the two gets the key.
    assert "shop_key" in columns(plan, "dim_staff") and "manager_key" not in columns(plan, "dim_shop")
    said = "It has no key to dim_staff because dim_staff already leads to this dimension"
    assert described(plan, "dim_shop", "manager_id") == said


@pytest.mark.parametrize(
    ("platform", "fold", "folded"),
    [
        ({}, None, False),
        ({}, True, True),
        ({"dimension_parents": "fold"}, None, True),
        ({"dimension_parents": "fold"}, False, False),
        ({"dimension_parents": "keep"}, True, True),
    ],
)
def test_an_owner_decides_what_is_folded_for_the_platform_and_for_each_reference(platform, fold, folded):
    city, customer = table("city", "city_id:bigint! name:text"), table(
        "customer", "customer_id:bigint! city_id:bigint>city.city_id"
    )  # fmt: skip
    customer["columns"][1]["fold"] = fold
    names = columns(plan_of(city, customer, **platform), "dim_customer")
    assert ("city_name" in names) == folded and ("city_key" in names) != folded


def test_an_owner_can_fold_more_than_the_limit():
    base = wide_table("base", "p", 30)
    for column in base["columns"][1:]:
        column["fold"] = True
    names = columns(plan_of(base, *numbered("p", 30)), "dim_base")
    assert sum(name.endswith("_label") for name in names) == 30


def test_keys_to_who_wrote_a_row_and_to_whose_it_is_are_not_followed():
    others = numbered("thing", 10, "organization_id:bigint>owner.owner_id created_by:bigint>person.person_id")
    owner, person = (table(name, f"{name}_id:bigint! name:text", role="reference") for name in ("owner", "person"))
    plan = plan_of(owner, person, *others)
    assert {"organization_key", "created_by_key"} <= set(columns(plan, "dim_thing1"))
    assert described(plan, "dim_thing1", "organization_key").endswith("because it says whose row it is")
    assert described(plan, "dim_thing1", "created_by_key").endswith("because it says who wrote the row")


def test_a_snowflake_keeps_the_keys_to_all_parents_so_that_each_lookup_is_a_dimension():
    plan = plan_of(COUNTRY, CITY, CUSTOMER, ORDER, modeling="snowflake")
    assert {mart.name for mart in plan.marts} == {"fct_orders", "dim_customer", "dim_city", "dim_country", "dim_date"}
    assert "city_key" in columns(plan, "dim_customer") and "country_key" in columns(plan, "dim_city")
    assert "city" not in columns(plan, "dim_customer")


def test_a_fact_with_too_many_references_keeps_the_last_keys_of_the_source():
    fact = wide_table("event", "d", 30, role="fact")
    fact["columns"].insert(1, {"name": "created_by", "type": "bigint", "references": "d1.d1_id"})
    plan = plan_of(fact, *numbered("d", 30))
    keys = [column.name for column in mart(plan, "fct_event").columns if column.kind == "dimension_key"]
    assert keys == [f"d{number}_key" for number in range(1, 26)]
    assert described(plan, "fct_event", "d26_id").startswith("It has no key to dim_d26 because")
    assert described(plan, "fct_event", "created_by").startswith("It has no key to dim_d1 because")


def test_a_table_that_is_too_wide_still_has_its_columns_and_keys():
    more = " ".join(f"more{number}:integer" for number in range(160))
    for role, name in (("fact", "fct_base"), ("dimension", "dim_base")):
        base = table("base", f"base_id:bigint! city_id:bigint>city.city_id {more}", role=role)
        names = columns(plan_of(table("city", "city_id:bigint! name:text"), base), name)
        assert {"city_id", "city_key", "more0", "more159"} <= set(names)


def test_a_header_does_not_make_its_lines_wider_than_allowed():
    more = " ".join(f"text{number}:text" for number in range(160))
    header = table("orders", f"order_id:bigint! {more}", role="fact")
    plan = plan_of(header, LINE)
    assert len(columns(plan, "fct_order_line")) <= MAX_COLUMNS
    assert described(plan, "fct_order_line", "order_id").startswith("Not all columns of orders are included because")


def test_a_wide_table_has_no_more_joins_and_columns_than_allowed():
    more = " ".join(f"more{number}:integer" for number in range(20))
    fact = wide_table("event", "d", 30, role="fact")
    plan = plan_of(fact, *numbered("d", 30, more), modeling="obt")
    assert len(mart(plan, "obt_event").detail.joins) == MAX_JOINS
    assert len(columns(plan, "obt_event")) <= MAX_COLUMNS
    assert described(plan, "obt_event", "d30_id") == (
        f"d30 is not folded because the model would have more than {MAX_JOINS} joins"
    )


def test_a_dimension_carries_the_attributes_along_its_chain_of_foreign_keys():
    plan = plan_of(COUNTRY, CITY, CUSTOMER, ORDER)
    own = ["customer_key", "customer_id", "city_id", "name", "city", "country"]
    assert columns(plan, "dim_customer") == [*own, "valid_from", "valid_to", "is_current"]


def test_lookups_that_only_dimensions_point_to_are_folded_and_not_marts():
    names = {mart.name for mart in plan_of(COUNTRY, CITY, CUSTOMER, ORDER).marts}
    assert names == {"fct_orders", "dim_customer", "dim_date"}


def test_a_lookup_that_a_fact_points_to_is_a_dimension():
    fact = table("sale", "sale_id:bigint! country_id:bigint>country.country_id amount:numeric(9,2)", role="fact")
    assert {mart.name for mart in plan_of(COUNTRY, fact).marts} == {"fct_sale", "dim_country"}


def test_a_cycle_of_foreign_keys_ends_in_the_parent_key():
    store = table("store", "store_id:bigint! manager_id:bigint>staff.staff_id opened:date")
    staff = table("staff", "staff_id:bigint! name:text store_id:bigint>store.store_id")
    fact = table("sale", "sale_id:bigint! store_id:bigint>store.store_id", role="fact")
    names = columns(plan_of(store, staff, fact, dimension_parents="fold"), "dim_store")
    assert "manager_name" in names and "manager_store_id" in names
    assert not any(name.startswith("manager_store_") and name != "manager_store_id" for name in names)


def test_a_self_reference_gives_a_level_and_a_path_and_keeps_the_parent_key():
    employee = table("employee", "employee_id:bigint! name:text reports_to:bigint>employee.employee_id")
    plan = plan_of(employee)
    assert {"reports_to", "reports_to_level", "reports_to_path"} <= set(columns(plan, "dim_employee"))
    assert plan.explain("transform/models/intermediate/int_employee_reports_to_hierarchy.sql")


def test_two_keys_to_one_table_are_two_roles_of_one_dimension():
    airport = table("airport", "airport_id:bigint! name:text")
    flight = table(
        "flight", "flight_id:bigint! origin_id:bigint>airport.airport_id dest_id:bigint>airport.airport_id", role="fact"
    )
    plan = plan_of(airport, flight)
    assert {"origin_key", "dest_key"} <= set(columns(plan, "fct_flight"))
    assert [mart.name for mart in plan.marts if mart.kind == "dimension"] == ["dim_airport"]


def test_lines_take_the_keys_and_texts_of_their_header_but_not_its_measures():
    plan = plan_of(COUNTRY, CITY, CUSTOMER, ORDER, LINE)
    names = columns(plan, "fct_order_line")
    assert {"order_id", "customer_key", "status", "ordered_date_key", "quantity"} <= set(names)
    assert "freight" not in names
    assert mart(plan, "fct_order_line").grain == "order_line"


def test_a_header_is_a_fact_of_its_own_only_if_it_has_measures():
    assert any(mart.name == "fct_orders" for mart in plan_of(CUSTOMER, CITY, COUNTRY, ORDER, LINE).marts)
    bare = {**ORDER, "columns": [column for column in ORDER["columns"] if column["name"] != "freight"]}
    assert not any(mart.name == "fct_orders" for mart in plan_of(CUSTOMER, CITY, COUNTRY, bare, LINE).marts)


def test_a_pure_link_table_becomes_a_bridge_with_both_dimension_keys():
    film, actor = table("film", "film_id:bigint! title:text"), table("actor", "actor_id:bigint! name:text")
    link = table("film_actor", "film_id:bigint!>film.film_id actor_id:bigint!>actor.actor_id", role="bridge")
    link["key"] = ["film_id", "actor_id"]
    assert columns(plan_of(film, actor, link), "bridge_film_actor") == ["film_id", "actor_id", "film_key", "actor_key"]


def test_a_dimension_with_a_key_keeps_its_versions_unless_the_spec_disables_history():
    customer = table("customer", "customer_id:bigint! name:text")
    assert {"valid_from", "valid_to", "is_current"} <= set(columns(plan_of(customer), "dim_customer"))
    for other in ({**customer, "history": False}, {**customer, "key": []}):
        plan = plan_of(other)
        assert "valid_from" not in columns(plan, "dim_customer") and not plan.collections["snapshot"]


def test_a_snapshot_records_the_row_of_the_dimension_with_the_latest_update_time_of_all_folded_tables():
    city = {**CITY, "columns": [*CITY["columns"], {"name": "last_update", "type": "timestamp"}]}
    customer = table("customer", "customer_id:bigint! name:text city_id:bigint>city.city_id updated_at:date notes:json")
    plan = plan_of(COUNTRY, city, customer, ORDER)
    (snapshot,), (current,) = plan.collections["snapshot"], plan.collections["current"]
    assert snapshot.columns == ("city_id", "name", "city", "country") and snapshot.relation == "int_customer_current"
    assert (
        current.body.groups[-1][1][0].sql == "{{ newest(['customer.updated_at', 'city.last_update']) }} as changed_at"
    )


def test_a_snapshot_reads_staging_if_a_dimension_has_only_columns_of_its_table():
    customer = table("customer", "customer_id:bigint! name:text modified_at:timestamp")
    plan = plan_of(customer)
    (snapshot,) = plan.collections["snapshot"]
    assert (snapshot.relation, snapshot.changed_at) == ("stg_shop__customer", "modified_at")
    assert not plan.collections["current"]
    marked = plan_of({**customer, "load": {"mode": "incremental", "cursor": "modified_at", "deletes": "mark"}})
    assert marked.collections["snapshot"][0].relation == "int_customer_current"


def test_the_grain_of_a_dimension_with_versions_is_a_version():
    dimension = mart(plan_of(CUSTOMER, CITY, COUNTRY), "dim_customer")
    assert dimension.granularity == "One row for each version of a row of customer"
    assert dimension.version_key == ("customer_id",)


def test_a_snapshot_follows_renamed_tables_and_columns_including_those_of_folded_parents():
    town = table("town", "town_id:bigint! town:text", role="reference", renamed_from="city")
    town["columns"][0] |= {"renamed_from": "city_id", "origin": "city_id"}
    town["columns"][1] |= {"renamed_from": "city", "origin": "city"}
    client = table("client", "client_id:bigint! name:text town_id:bigint>town.town_id", renamed_from="customer")
    client["columns"][0] |= {"renamed_from": "customer_id", "origin": "customer_id"}
    client["columns"][2] |= {"renamed_from": "city_id", "origin": "city_id"}
    (renaming,) = plan_of(town, client).collections["renaming"]
    (snapshot,) = renaming.recorded
    assert (snapshot.name, snapshot.before) == ("snap_shop__client", ("snap_shop__customer",))
    assert {("customer_id", "client_id"), ("city_id", "town_id"), ("city", "town")} <= set(snapshot.columns)
    models = dict(renaming.models)
    assert models["stg_shop__city"] == "stg_shop__town" and models["dim_customer"] == "dim_client"
    assert models["int_customer_current"] == "int_client_current"


def test_relations_under_older_names_of_tables_columns_and_marts_are_dropped_too():
    client = table(
        "client",
        "client_id:bigint! name:text",
        renamed_from="customer",
        older_names=["patron"],
        entity="buyer",
        former_entities=["shopper", "guest"],
    )
    client["columns"][0] |= {"renamed_from": "customer_id", "older_names": ["patron_id"], "origin": "id"}
    (renaming,) = plan_of(client).collections["renaming"]
    (snapshot,) = renaming.recorded
    assert snapshot.before == ("snap_shop__customer", "snap_shop__patron")
    assert {("customer_id", "client_id"), ("patron_id", "client_id")} <= set(snapshot.columns)
    models = dict(renaming.models)
    assert models["stg_shop__patron"] == "stg_shop__client"
    assert models["dim_shopper"] == models["dim_guest"] == "dim_buyer"


def test_a_relation_whose_name_another_table_has_now_is_not_dropped():
    plan = plan_of(table("b", "id:bigint! x:text", renamed_from="a"), table("a", "id:bigint! x:text"))
    assert plan.collections["renaming"] == ()


@pytest.mark.parametrize(
    ("event_time", "time"),
    [
        ("ordered_at:timestamp!", "orders.ordered_at"),
        ("ordered_at:timestamp", "coalesce(orders.ordered_at, {{ latest_time() }})"),
    ],
)
def test_a_fact_finds_the_version_valid_at_its_event_by_plain_comparisons(event_time, time):
    order = table(
        "orders",
        f"order_id:bigint! customer_id:bigint>customer.customer_id {event_time}",
        role="fact",
        event_time="ordered_at",
    )
    body = mart(plan_of(CITY, COUNTRY, CUSTOMER, order), "fct_orders").detail
    join = next(join for join in body.joins if join.name == "dim_customer")
    assert join.all_conditions == (
        "orders.customer_id = customer.customer_id",
        f"{time} >= customer.valid_from",
        f"{time} < customer.valid_to",
    )


@pytest.mark.parametrize(("load", "has_it"), [(INCREMENTAL, True), ({}, False)])
def test_a_fact_has_an_update_time_if_it_is_loaded_by_it(load, has_it):
    fact = table("sale", "sale_id:bigint! amount:numeric(9,2) updated_at:timestamp!", role="fact", load=load)
    assert ("changed_at" in columns(plan_of(fact), "fct_sale")) == has_it


def test_every_fact_is_reconciled_with_the_table_at_its_grain():
    for modeling in ("star", "obt"):
        plan = plan_of(COUNTRY, CITY, CUSTOMER, ORDER, LINE, modeling=modeling)
        facts = [mart for mart in plan.marts if mart.kind in ("fact", "wide")]
        assert sorted(fact.grain for fact in facts) == ["order_line", "orders"]
        assert all(any(test.name == "reconciles" for test in fact.tests) for fact in facts)


def test_one_big_table_has_everything_that_its_fact_refers_to():
    names = columns(plan_of(COUNTRY, CITY, CUSTOMER, ORDER, LINE, modeling="obt"), "obt_order_line")
    assert {"quantity", "order_status", "customer_name", "customer_city", "customer_country"} <= set(names)


def test_reserved_words_and_clashing_names_become_distinct_columns():
    order = table("order", "id:bigint! order:text group:text", role="fact")
    assert columns(plan_of(order), "fct_order") == ["id", "order_order", "order_group"]


def test_excluded_tables_and_columns_are_named_but_not_modelled():
    secret = table("vault", "id:bigint!", exclude="belongs to another team")
    shown = table("shown", "id:bigint! blob:text", role="fact")
    shown["columns"][1]["exclude"] = "too large"
    plan = plan_of(secret, shown)
    assert [table.table for table in plan.tables] == ["shown"]
    assert plan.sources[0].left_out == (("vault", "belongs to another team"), ("shown.blob", "too large"))


def test_a_name_that_is_too_long_is_shortened_the_same_way_for_the_file_and_the_model():
    long = table("a" * 60, "id:bigint! parent_id:bigint", role="dimension")
    long["columns"][1]["references"] = f"{'a' * 60}.id"
    plan = plan_of(long)
    for planned in plan.files:
        if planned.path.endswith(".sql") and "/models/" in planned.path:
            name = planned.path.rpartition("/")[2].removesuffix(".sql")
            assert len(name) <= 63
    models = {
        planned.path.rpartition("/")[2].removesuffix(".sql") for planned in plan.files if planned.path.endswith(".sql")
    }
    assert plan.tables[0].model in models
    assert {ref for mart in plan.marts for ref in mart.refs} | {mart.name for mart in plan.marts} <= models


JOB = table("jobs", "job_id:bigint! queue:text country_id:bigint>country.country_id", role="operational")
RUN = table(
    "runs",
    "run_id:bigint! job_id:bigint>jobs.job_id customer_id:bigint>customer.customer_id seconds:integer",
    role="fact",
)


@pytest.mark.parametrize("modeling", ["star", "obt"])
def test_an_operational_table_is_staged_and_in_no_mart(modeling):
    plan = plan_of(COUNTRY, CITY, CUSTOMER, JOB, RUN, modeling=modeling)
    assert "jobs" in {table.table for source in plan.sources for table in source.tables}
    assert not any("jobs" in mart.name for mart in plan.marts)
    fact = next(mart for mart in plan.marts if mart.entity == "runs")
    names = [column.name for column in fact.columns]
    assert "job_id" in names and "job_key" not in names and not any("queue" in name for name in names)


def test_a_lookup_that_only_an_operational_table_refers_to_is_a_dimension_of_its_own():
    assert "dim_country" in {mart.name for mart in plan_of(COUNTRY, JOB).marts}


def test_only_additive_measures_are_summed():
    def with_measure(name, measure):
        found = table("sales", f"sale_id:bigint! {name}:numeric(10,2)", role="fact", event_time=None)
        found["columns"][1]["measure"] = measure
        return found

    def sums(name, measure=None):
        (test,) = mart(plan_of(with_measure(name, measure)), "fct_sales").tests
        return set(test.arguments.get("sums", ()))

    assert sums("amount") == {"amount"}
    assert sums("unit_price") == sums("balance") == sums("status_code") == set()
    assert sums("unit_price", "additive") == {"unit_price"}
    assert sums("amount", "none") == set()


@pytest.mark.parametrize(("modeling", "name"), [("star", "fct_sales"), ("obt", "obt_sales")])
def test_a_derived_measure_is_staged_and_in_the_mart_of_its_table(modeling, name):
    sales = table("sales", "sale_id:bigint! pieces:integer! price:numeric(8,2) rebate:numeric(8,2)", role="fact")
    sales["columns"][2]["pii"] = "other"
    sales["measures"] = [
        {"name": "revenue", "formula": "pieces * price - coalesce(rebate, 0)", "description": "In euros"},
        {"name": "pairs", "formula": "2 * pieces", "type": "integer", "measure": "non_additive"},
    ]
    plan = plan_of(sales, modeling=modeling)
    derived = {column.name: column for column in mart(plan, name).columns if column.formula}
    assert derived.keys() == {"revenue", "pairs"}
    revenue, pairs = derived["revenue"], derived["pairs"]
    assert (revenue.type, revenue.additivity, revenue.description) == ("numeric(18, 2)", "additive", "In euros")
    assert (pairs.type, pairs.additivity) == ("integer", "non_additive")
    assert (revenue.required, pairs.required) == (False, True), "a price may be missing, pieces may not"
    assert (revenue.pii, pairs.pii) == ("other", None), "it shows what its columns show"
    landed = {sum for test in mart(plan, name).tests for sum in test.arguments.get("sums", {}).values()}
    assert "revenue" not in landed, "the source has no such column to compare with"


def test_a_fact_keeps_the_time_at_which_it_happened_even_if_it_is_the_creation_of_its_row():
    comment = table(
        "comment",
        "comment_id:bigint! customer_id:bigint>customer.customer_id created_at:timestamp! updated_at:timestamp",
        role="fact",
        event_time="created_at",
        load=INCREMENTAL,
    )
    plan = plan_of(comment, CUSTOMER, CITY, COUNTRY)
    names = columns(plan, "fct_comment")
    assert {"created_at", "created_date_key"} <= set(names) and "updated_at" not in names
    assert mart(plan, "fct_comment").event_time == "created_at"


def test_a_dimension_says_since_when_its_members_exist_and_a_folded_parent_does_not():
    member = table("member", "member_id:bigint! city_id:bigint>city.city_id created_at:timestamp", role="dimension")
    city = table("city", "city_id:bigint! city:text created_at:timestamp", role="reference")
    names = columns(plan_of(member, city), "dim_member")
    assert "created_at" in names and "city_created_at" not in names


def test_a_fact_that_happened_at_another_time_leaves_the_creation_of_its_row_out():
    orders = ORDER | {"columns": [*ORDER["columns"], {"name": "created_at", "type": "timestamp"}]}
    assert "created_at" not in columns(plan_of(orders, CUSTOMER, CITY, COUNTRY), "fct_orders")


def test_a_line_has_one_key_for_what_its_header_says_too():
    store = table("store", "store_id:bigint! name:text", role="dimension")
    to_store = {"name": "store_id", "type": "bigint", "references": "store.store_id"}
    header, line = (each | {"columns": [*each["columns"], to_store]} for each in (ORDER, LINE))
    names = columns(plan_of(header, line, CUSTOMER, CITY, COUNTRY, store), "fct_order_line")
    assert [name for name in names if name.startswith("store_key")] == ["store_key"]


def test_a_date_and_its_time_of_day_are_one_role():
    visit = table("visit", "visit_id:bigint! visit_datetime:timestamp visit_date:date! left_at:timestamp", role="fact")
    plan = plan_of(visit)
    assert [name for name in columns(plan, "fct_visit") if name.endswith("_date_key")] == [
        "visit_date_key",
        "left_date_key",
    ]
    assert described(plan, "fct_visit", "visit_date_key") == "Key of dim_date for `visit_date`"


def test_a_dimension_that_only_combines_others_brings_their_keys_into_the_fact():
    film = table("film", "film_id:bigint! title:text", role="dimension")
    store = table("store", "store_id:bigint! city:text", role="dimension")
    inventory = table(
        "inventory",
        "inventory_id:bigint! film_id:bigint>film.film_id store_id:bigint>store.store_id",
        role="dimension",
    )
    rental = table("rental", "rental_id:bigint! inventory_id:bigint>inventory.inventory_id", role="fact")
    plan = plan_of(rental, inventory, film, store)
    assert {"inventory_key", "film_id", "film_key", "store_id", "store_key"} <= set(columns(plan, "fct_rental"))
    shelved = inventory | {"columns": [*inventory["columns"], {"name": "shelf", "type": "text"}]}
    assert "film_key" not in columns(plan_of(rental, shelved, film, store), "fct_rental")
