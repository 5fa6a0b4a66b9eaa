"""The vault derived from a spec, and the star on top of it."""

from __future__ import annotations

import pytest
from small_specs import CITY, COUNTRY, CUSTOMER, LINE, ORDER, columns, mart, plan_of, table

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.plan import make_plan
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec


def vault_of(*tables, **platform):
    return plan_of(*tables, modeling="data_vault", **platform)


def recorded(plan, kind):
    """The columns of each table of a kind in the vault."""
    return {each.name: [column.name for column in each.columns] for each in plan.collections[kind]}


def satellites(plan):
    """The columns of the source in each satellite."""
    return {each.name: [item.column.name for item in each.staged] for each in plan.collections["satellite"]}


def rows(plan, name):
    return next(each for each in plan.collections["rows"] if each.name == name)


@pytest.mark.parametrize("tables", [None, (CITY, COUNTRY, CUSTOMER, ORDER, LINE)], ids=["sample", "compact"])
def test_the_marts_have_the_names_columns_and_keys_of_a_star(tables):
    def marts(style):
        if tables:
            return plan_of(*tables, modeling=style).marts
        spec = Spec(platform=Platform(name="acme", modeling=style), sources=(sample_source("shop"),))
        return make_plan(spec, load_catalog()).marts

    def shown(each):
        return each.name, each.kind, each.description, each.columns, each.key, each.grain, each.version_key

    assert [shown(each) for each in marts("data_vault")] == [shown(each) for each in marts("star")]


def test_no_mart_of_a_table_with_a_key_reads_staging_or_a_snapshot():
    plan = vault_of(CITY, COUNTRY, CUSTOMER, ORDER, LINE)
    assert {name for each in plan.marts for name in each.refs if name.startswith(("stg_", "snap_"))} == set()
    assert plan.collections["snapshot"] == ()


def test_a_hub_has_the_keys_of_its_table_and_of_all_tables_that_mention_it():
    hub = next(each for each in vault_of(CITY, CUSTOMER, ORDER).collections["hub"] if each.name == "hub_customer")
    assert [each.model for each in hub.feeds] == ["stg_shop__customer", "stg_shop__orders"]
    assert [column.name for column in hub.columns] == ["customer_hk", "customer_id", "load_date", "record_source"]


def test_all_references_of_a_table_are_one_link_with_a_hash_key_for_each_role():
    pair = table(
        "pair",
        "pair_id:bigint! billing_city_id:bigint>city.city_id shipping_city_id:bigint>city.city_id "
        "twin_id:bigint>pair.pair_id",
    )
    assert recorded(vault_of(CITY, COUNTRY, pair), "link")["link_pair"] == [
        "pair_link_hk",
        "pair_hk",
        "billing_city_hk",
        "shipping_city_hk",
        "twin_hk",
        "load_date",
        "record_source",
    ]


def test_a_table_without_references_has_no_link_and_its_hub_is_active_or_not():
    plan = vault_of(COUNTRY)
    assert plan.collections["link"] == ()
    assert recorded(plan, "effectivity")["eff_country"] == ["country_hk", "load_date", "is_active", "record_source"]


def test_a_bridge_that_only_connects_is_a_link_and_has_no_hub():
    tag = table("tag", "tag_id:bigint! tag:text")
    tagged = table(
        "tagged",
        "tag_id:bigint!>tag.tag_id customer_id:bigint!>customer.customer_id since:integer! weight:integer",
        role="bridge",
        key=["tag_id", "customer_id", "since"],
    )
    plan = vault_of(CITY, COUNTRY, CUSTOMER, tag, tagged)
    assert "hub_tagged" not in recorded(plan, "hub")
    assert recorded(plan, "link")["link_tagged"] == [
        *("tagged_hk", "tag_hk", "customer_hk", "since", "load_date", "record_source")
    ]
    assert satellites(plan)["sat_tagged"] == ["weight"]


def test_a_bridge_with_a_reference_outside_its_key_has_a_hub_because_the_reference_can_change():
    tag = table("tag", "tag_id:bigint! tag:text")
    tagged = table(
        "tagged",
        "tag_id:bigint!>tag.tag_id customer_id:bigint!>customer.customer_id city_id:bigint>city.city_id",
        role="bridge",
        key=["tag_id", "customer_id"],
    )
    plan = vault_of(CITY, COUNTRY, CUSTOMER, tag, tagged)
    assert "hub_tagged" in recorded(plan, "hub")
    assert recorded(plan, "link")["link_tagged"][:3] == ["tagged_link_hk", "tagged_hk", "tag_hk"]


def test_personal_data_is_in_a_satellite_of_its_own_and_credentials_are_in_none():
    person = table("person", "person_id:bigint! email:text segment:text token:text picture:binary")
    person["columns"][1]["pii"] = "email"
    person["columns"][3]["pii"] = "credential"
    assert satellites(vault_of(person)) == {"sat_person": ["segment"], "sat_person__pii": ["email"]}


@pytest.mark.parametrize(
    "reference", ["city_id:integer>city.city_id", "name:text>city.city"], ids=["another type", "no key"]
)
def test_a_reference_that_leads_to_no_hub_stays_in_the_satellite(reference):
    house = table("house", f"house_id:bigint! {reference}")
    plan = vault_of(CITY, COUNTRY, house)
    assert "link_house" not in recorded(plan, "link")
    assert satellites(plan)["sat_house"] == [reference.partition(":")[0]]


def test_a_composite_reference_is_in_the_link_and_its_columns_in_the_satellite_because_they_may_be_partly_empty():
    shelf = table("shelf", "store:bigint! number:bigint! label:text", key=["store", "number"])
    box = table("box", "box_id:bigint! shelf_number:bigint store:bigint")
    box["references"] = [{"columns": ["shelf_number", "store"], "to": "shelf", "to_columns": ["number", "store"]}]
    plan = vault_of(shelf, box)
    link = next(each for each in plan.collections["link"] if each.name == "link_box")
    assert link.hashes[-1] == "{{ hash_key(['store', 'shelf_number']) }} as shelf_hk", "in the order of the hub's key"
    assert satellites(plan)["sat_box"] == ["shelf_number", "store"]


def test_columns_with_names_of_the_vault_have_others_there_and_their_own_in_the_marts():
    plan = vault_of(table("day", "load_date:date! hash_diff:text is_active:boolean record_source:text day_hk:text"))
    (hub,), (satellite,) = plan.collections["hub"], plan.collections["satellite"]
    names = [column.name for column in (*hub.columns, *satellite.columns)]
    assert len(set(names)) == len(names) - 3, "both have the hash key, the load date and the record source"
    assert {item.expression: item.column.name for item in satellite.staged} == {
        "hash_diff": "hash_diff_2",
        "record_source": "record_source_2",
        "is_active": "is_active_2",
        "day_hk": "day_hk",
    }
    assert {"load_date", "hash_diff", "is_active", "record_source", "day_hk"} <= set(columns(plan, "dim_day"))


def test_the_names_of_a_view_with_versions_are_distinct_from_those_of_its_tables():
    names = "loads states compared changed dated placed decided started ended"
    tables = [table(name, f"{name}_id:bigint! label:text", role="reference") for name in names.split()]
    keys = " ".join(f"{name}_id:bigint>{name}.{name}_id" for name in names.split())
    base = table("base", f"base_id:bigint! {keys} load_date:date state:text version_start:text")
    versions = next(
        each for each in vault_of(base, *tables).collections["versions"] if each.snapshot.table.table == "base"
    )
    used = {*(each.name for each in versions.body.imports), *(column.name for column in versions.snapshot.recorded)}
    assert not used & set(versions.own.values())
    assert len(set(versions.own.values())) == len(versions.own)


def test_a_table_without_a_key_is_not_in_the_vault_and_its_fact_reads_staging():
    reading = table("reading", "sensor:text value:integer", role="fact", key=[])
    plan = vault_of(reading, COUNTRY)
    assert recorded(plan, "hub").keys() == {"hub_country"}
    assert mart(plan, "fct_reading").refs == ("stg_shop__reading",)


def test_a_dimension_without_history_has_no_versions_and_reads_the_latest_rows():
    boss = table("boss", "boss_id:bigint! name:text above_id:bigint>boss.boss_id", history=False)
    plan = vault_of(boss)
    assert plan.collections["versions"] == plan.collections["lineage"] == ()
    assert [each.table.model for each in plan.collections["hierarchy"]] == ["int_boss_latest"]
    assert mart(plan, "dim_boss").refs == ("int_boss_latest", "int_boss_above_hierarchy")


def test_views_and_mini_dimensions_of_other_types_of_history_read_the_versions_in_place_of_a_snapshot():
    customer = table("customer", "customer_id:bigint! name:text segment:text score:integer", history=6)
    customer["columns"][2]["history"], customer["columns"][3]["history"] = 1, 4
    plan = vault_of(customer)
    (history,), (profiles,) = plan.collections["history"], plan.collections["profiles"]
    assert history.snapshot == profiles.snapshot == "int_customer_versions"
    assert [[model for model, _ in test.given] for test in history.unit_tests] == [["int_customer_versions"]]
    assert mart(plan, "dim_customer_profile").refs == ("int_customer_versions",)
    dimension = mart(plan, "dim_customer")
    assert dimension.refs == ("int_customer_history",)
    assert dimension.tests[-1].arguments["of"] == "ref('stg_shop__customer')", "not the rows of the vault itself"


def test_every_run_rebuilds_the_facts_even_of_tables_that_are_loaded_incrementally():
    load = {"mode": "incremental", "cursor": "updated_at"}
    order = table("orders", "order_id:bigint! amount:numeric(10,2) updated_at:timestamp", role="fact", load=load)
    plan, star = vault_of(order, facts="incremental"), plan_of(order, facts="incremental")
    assert mart(star, "fct_orders").materialized == "incremental_fact"
    assert mart(plan, "fct_orders").materialized == "table" and plan.collections["incremental"] == ()
    assert "_dlt_load_id" not in [column.name for each in plan.tables for column in each.columns]


def test_a_dimension_with_history_has_the_levels_and_paths_of_each_load():
    plan = vault_of(table("boss", "boss_id:bigint! name:text above_id:bigint>boss.boss_id"))
    assert plan.collections["hierarchy"] == ()
    assert [each.name for each in plan.collections["lineage"]] == ["int_boss_above_lineage"]
    (versions,) = plan.collections["versions"]
    assert [each.model for each in versions.body.imports] == ["int_boss_states", "int_boss_above_lineage"]


def test_an_operational_table_is_not_in_the_vault():
    assert recorded(vault_of(COUNTRY, table("job", "job_id:bigint!", role="operational")), "hub").keys() == {
        "hub_country"
    }


def test_derived_measures_are_not_recorded_but_computed_from_what_is():
    line = {**LINE, "measures": [{"name": "twice", "formula": "2 * quantity", "type": "integer"}]}
    plan = vault_of(CITY, COUNTRY, CUSTOMER, ORDER, line)
    assert "twice" not in satellites(plan)["sat_order_line"]
    assert [column.name for column in rows(plan, "int_order_line_latest").derived] == ["twice"]


def test_two_tables_whose_marts_share_a_name_are_refused_because_their_hubs_would():
    with pytest.raises(Refused, match="hub_customer"):
        vault_of(CITY, COUNTRY, CUSTOMER, {**ORDER, "entity": "customer"})


def test_tables_of_the_vault_follow_renamed_tables_and_columns():
    client = table("client", "client_id:bigint! label:text city_id:bigint>city.city_id", renamed_from="customer")
    client["columns"][0] |= {"renamed_from": "customer_id", "origin": "customer_id"}
    client["columns"][1] |= {"renamed_from": "name", "origin": "name"}
    (renaming,) = vault_of(CITY, COUNTRY, client).collections["renaming"]
    tables = {each.name: each for each in renaming.recorded}
    assert tables.keys() == {"hub_client", "link_client", "sat_client", "eff_client"}
    assert all(each.before == (each.name.replace("client", "customer"),) for each in tables.values())
    assert set(tables["hub_client"].columns) == {("customer_id", "client_id"), ("customer_hk", "client_hk")}
    assert ("name", "label") in tables["sat_client"].columns
    models = dict(renaming.models)
    assert models["pit_customer"] == "pit_client" and models["int_customer_versions"] == "int_client_versions"


def test_the_versions_of_a_dimension_begin_with_changes_of_its_row_and_of_all_rows_folded_into_it():
    versions = next(
        each
        for each in vault_of(CITY, COUNTRY, CUSTOMER).collections["versions"]
        if each.name == "int_customer_versions"
    )
    assert [(point.alias, len(point.joins)) for point in versions.points] == [("city", 1), ("country", 2)]
    assert versions.reads == ("stg_shop__customer", "stg_shop__city", "stg_shop__country")
