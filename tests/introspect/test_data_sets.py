"""The proposals for well-known databases match a data modeller's design."""

from __future__ import annotations

import json
import subprocess

import pytest
from looking import look, roles

FACT, DIMENSION, BRIDGE, REFERENCE = "fact", "dimension", "bridge", "reference"

ROLES = {
    "chinook": {
        "album": REFERENCE,
        "artist": REFERENCE,
        "customer": DIMENSION,
        "employee": DIMENSION,
        "genre": REFERENCE,
        "invoice": FACT,
        "invoice_line": "line of invoice",
        "media_type": REFERENCE,
        "playlist": DIMENSION,
        "playlist_track": BRIDGE,
        "track": DIMENSION,
    },
    "pagila": {
        "actor": DIMENSION,
        "address": REFERENCE,
        "category": REFERENCE,
        "city": REFERENCE,
        "country": REFERENCE,
        "customer": DIMENSION,
        "film": DIMENSION,
        "film_actor": BRIDGE,
        "film_category": BRIDGE,
        "inventory": DIMENSION,
        "language": REFERENCE,
        "payment": FACT,
        "rental": FACT,
        "staff": DIMENSION,
        "store": DIMENSION,
    },
    "northwind": {
        "categories": REFERENCE,
        "customer_customer_demo": BRIDGE,
        "customer_demographics": DIMENSION,
        "customers": DIMENSION,
        "employee_territories": BRIDGE,
        "employees": DIMENSION,
        "order_details": "line of orders",
        "orders": FACT,
        "products": DIMENSION,
        "region": REFERENCE,
        "shippers": DIMENSION,
        "suppliers": REFERENCE,
        "territories": DIMENSION,
        "us_states": REFERENCE,
    },
    "jaffle_shop": {
        "raw_customers": DIMENSION,
        "raw_items": "line of raw_orders",
        "raw_orders": FACT,
        "raw_products": DIMENSION,
        "raw_stores": DIMENSION,
        "raw_supplies": DIMENSION,
        "raw_tweets": FACT,
    },
    "github_events": {"github_events": FACT},
}
EVENT_TIMES = {
    "chinook": {"invoice": "invoice_date"},
    "pagila": {"payment": "payment_date", "rental": "rental_date"},
    "northwind": {"orders": "order_date"},
    "jaffle_shop": {"raw_orders": "ordered_at", "raw_tweets": "tweeted_at"},
    "github_events": {"github_events": "dt"},
}


@pytest.fixture(scope="module")
def sightings(load_dataset):
    """Each data set is loaded and introspected once."""
    found = {}

    def get(name):
        if name not in found:
            found[name] = look(load_dataset(name), name=name)[1]
        return found[name]

    return get


@pytest.mark.parametrize("name", ROLES)
def test_roles_and_event_times_are_as_a_modeller_would_choose(sightings, name):
    source = sightings(name).source
    assert roles(source) == ROLES[name]
    assert {table.name: table.event_time for table in source.tables if table.event_time} == EVENT_TIMES[name]
    assert all(("tables", table.name, "role") in sightings(name).reasons for table in source.tables)


@pytest.mark.parametrize("name", ROLES)
def test_columns_keys_and_rows_match_the_database(sightings, datasets, name):
    file = "truth_pg.json" if name == "github_events" else "truth.json"
    truth = json.loads((datasets / name / file).read_text())
    expected = {
        table["name"]: table
        for table in truth["tables"]
        if not table.get("partition_of") and "view" not in table.get("kind", "table")
    }
    source = sightings(name).source
    assert source.name == name
    assert {table.name for table in source.tables} == set(expected)
    for table in source.tables:
        there = expected[table.name]
        assert table.rows == there["row_count"]
        assert [column.source_name for column in table.columns] == [column["name"] for column in there["columns"]]
        assert list(table.key) == there["primary_key"]
        single = {(key["columns"][0], key["ref_table"]) for key in there["foreign_keys"] if len(key["columns"]) == 1}
        found = {(column.name, column.references.split(".")[0]) for column in table.columns if column.references}
        assert single <= found


def test_a_partitioned_table_is_one_table_with_the_keys_of_its_partitions(sightings):
    sighting = sightings("pagila")
    payment = sighting.source.table("payment")
    assert payment.column("rental_id").references == "rental.rental_id"
    reason = sighting.reasons["tables", "payment", "columns", "rental_id", "references"]
    assert reason == "enforced by 6 of 7 partitions, not by all"
    assert "partitioned" in sighting.reasons["tables", "payment"]


def test_update_times_are_cursors_only_if_they_are_never_empty(sightings):
    sighting = sightings("pagila")
    loads = {table.name: table.load for table in sighting.source.tables}
    assert (loads["film"].mode, loads["film"].cursor, loads["film"].lag) == ("incremental", "last_update", "1 day")
    assert loads["customer"].mode == "full"
    assert "may be empty" in sighting.reasons["tables", "customer", "load"]
    assert {table.load.mode for table in sightings("northwind").source.tables} == {"full"}


def test_types_that_a_warehouse_lacks_are_mapped_or_excluded_with_a_reason(sightings):
    film = sightings("pagila").source.table("film")
    assert film.column("rating").values == ("G", "PG", "PG-13", "R", "NC-17")
    assert (film.column("special_features").type, film.column("special_features").source_type) == ("json", "text[]")
    assert "search index" in film.column("fulltext").exclude
    assert (film.column("release_year").min, film.column("release_year").max) == (1901, 2155)
    assert film.column("rental_rate").type == "numeric(4, 2)"


def test_personal_data_is_guessed_by_name_and_by_values(sightings):
    sighting = sightings("chinook")
    customer = sighting.source.table("customer")
    pii = {column.name: column.pii for column in customer.columns if column.pii}
    assert pii == {
        "first_name": "name",
        "last_name": "name",
        "address": "address",
        "city": "address",
        "postal_code": "address",
        "phone": "phone",
        "fax": "phone",
        "email": "email",
    }
    reason = sighting.reasons["tables", "customer", "columns", "email", "pii"]
    assert reason == "from its name and 40 of 40 sampled values"
    staff = sightings("pagila").source.table("staff")
    assert staff.column("password").pii == "credential"


def test_views_are_included_only_on_request(load_dataset):
    address = load_dataset("pagila")
    without, _ = look(address)
    source, sighting = look(address, views=True)
    more = {table.name for table in source.tables} - {table.name for table in without.tables}
    assert more == {
        "actor_info",
        "customer_list",
        "film_list",
        "nicer_but_slower_film_list",
        "rental_by_category",
        "sales_by_film_category",
        "sales_by_store",
        "staff_list",
    }
    assert sighting.reasons["tables", "customer_list"] == "a view"
    assert source.table("customer_list").column("zip_code").origin == "zip code"


def test_sakila_on_mariadb(datasets, mariadb_url):
    host, _, port = mariadb_url.rpartition("@")[2].partition(":")
    options = ["-h", host, "-P", port, "-u", "me", "-ppw", "sakila"]
    subprocess.run([datasets / "sakila_mysql" / "load.sh", *options], check=True, capture_output=True)
    source, sighting = look(f"{mariadb_url}/sakila")
    assert source.name == "sakila"
    expected = {**ROLES["pagila"], "film_text": DIMENSION}
    assert roles(source) == expected
    truth = json.loads((datasets / "sakila_mysql" / "truth.json").read_text())
    rows = {table["name"]: table["row_count"] for table in truth["tables"]}
    assert {table.name: table.rows for table in source.tables} == rows
    film = source.table("film")
    types = {column.name: column.type for column in film.columns}
    assert (
        types["film_id"] == "integer" and types["release_year"] == "smallint" and types["rental_duration"] == "smallint"
    )
    assert film.column("special_features").source_type.startswith("set(")
    assert film.column("rating").values == ("G", "PG", "PG-13", "R", "NC-17")
    assert source.table("staff").column("active").type == "boolean"
    assert sighting.reasons["tables", "film", "load"] == "set by the database on every update"
    assert film.load.cursor == "last_update"
    assert source.table("store").column("manager_staff_id").references == "staff.staff_id"
    assert source.table("staff").column("store_id").references == "store.store_id"
