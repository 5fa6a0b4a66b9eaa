"""The wide tables derived from a spec."""

from __future__ import annotations

from small_specs import columns, mart, plan_of, table

ACTOR = table("actor", "actor_id:bigint! first_name:text last_name:text", role="dimension")
CATEGORY = table("category", "category_id:bigint! name:text", role="reference")
FILM = table("film", "film_id:bigint! title:text", role="dimension")
STORE = table("store", "store_id:bigint! city:text manager_staff_id:bigint>staff.staff_id", role="dimension")
STAFF = table("staff", "staff_id:bigint! last_name:text store_id:bigint>store.store_id", role="dimension")
INVENTORY = table(
    "inventory",
    "inventory_id:bigint! film_id:bigint>film.film_id store_id:bigint>store.store_id",
    role="dimension",
)
RENTAL = table(
    "rental",
    "rental_id:bigint! inventory_id:bigint>inventory.inventory_id staff_id:bigint>staff.staff_id",
    role="fact",
)


def bridge(name: str, *sides: str):
    """A table that links others many to many."""
    keys = [f"{side}_id" for side in sides]
    links = " ".join(f"{side}_id:bigint!>{side}.{side}_id" for side in sides)
    return table(name, links, role="bridge") | {"key": keys}


def wide_of(*tables):
    return plan_of(*tables, modeling="obt")


def test_a_dimension_is_folded_once_where_it_is_nearest_and_without_the_path_to_it():
    plan = wide_of(RENTAL, INVENTORY, FILM, STORE, STAFF)
    names = columns(plan, "obt_rental")
    assert {"film_title", "store_city", "staff_last_name"} <= set(names)
    assert [name for name in names if name.endswith(("_title", "_city", "_last_name"))] == [
        "film_title",
        "store_city",
        "staff_last_name",
    ]


def test_two_roles_of_a_dimension_at_one_row_are_both_folded():
    sale = table(
        "sale",
        "sale_id:bigint! buyer_id:bigint>staff.staff_id seller_id:bigint>staff.staff_id",
        role="fact",
    )
    names = columns(wide_of(sale, STAFF, STORE), "obt_sale")
    assert {"buyer_last_name", "seller_last_name"} <= set(names)


def test_what_a_bridge_links_to_a_row_is_a_list_of_names():
    plan = wide_of(
        RENTAL, INVENTORY, FILM, STORE, STAFF, ACTOR, CATEGORY,
        bridge("film_actor", "film", "actor"), bridge("film_category", "film", "category"),
    )  # fmt: skip
    actors, categories = mart(plan, "obt_rental").detail.lists
    assert (actors.column, actors.label) == ("film_actor_list", "actor.first_name || ' ' || actor.last_name")
    assert (categories.column, categories.label) == ("film_category_list", "category.name")
    assert columns(plan, "obt_rental")[-2:] == ["film_actor_list", "film_category_list"]


def test_a_bridge_to_rows_without_a_name_gives_no_list():
    tag = table("tag", "tag_id:bigint! weight:integer", role="reference")
    plan = wide_of(RENTAL, INVENTORY, FILM, STORE, STAFF, tag, bridge("film_tag", "film", "tag"))
    assert mart(plan, "obt_rental").detail.lists == ()


def test_links_that_are_gone_from_the_source_are_in_no_list():
    film_category = bridge("film_category", "film", "category")
    film_category["columns"] += [{"name": "updated_at", "type": "timestamp"}]
    load = {"mode": "incremental", "cursor": "updated_at", "lag": "1 day", "deletes": "mark"}
    plan = wide_of(RENTAL, INVENTORY, FILM, STORE, STAFF, CATEGORY, film_category | {"load": load})
    assert mart(plan, "obt_rental").detail.lists[0].deleted == ("film_category.is_deleted",)
