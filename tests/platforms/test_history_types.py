"""Slowly changing dimensions as Kimball and Ross show them (ch. 5): the same move, told by a column of each type.

The raw tables are written by hand, and dbt builds on them three times, in the local warehouse and in PostgreSQL.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import source_data
from made import generate
from test_member_versions import FIRST, LAST, Warehouse, rename, respecify

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("history_types")]

SPEC = """\
warehouse: postgres
orchestrator: none
modeling: star
sources:
  - name: shop
    kind: sqlite
    tables:
      - name: cities
        role: reference
        key: [city_id]
        columns:
          - {name: city_id, type: integer, required: true}
          - {name: city, type: text}
      - name: customers
        role: dimension
        key: [customer_id]
        columns:
          - {name: customer_id, type: integer, required: true}
          - {name: city_0, type: text, history: 0}
          - {name: city_1, type: text, history: 1}
          - {name: city_2, type: text, history: 2}
          - {name: city_3, type: text, history: 3}
          - {name: city_4, type: text, history: 4}
          - {name: city_6, type: text, history: 6}
          - {name: updated_at, type: timestamp}
      - name: suppliers
        role: dimension
        key: [supplier_id]
        history: 1
        columns:
          - {name: supplier_id, type: integer, required: true}
          - {name: name, type: text}
          - {name: city_id, type: integer, references: cities.city_id, history: 3}
      - name: products
        role: dimension
        history: 0
        load: {mode: incremental, cursor: updated_at, deletes: mark}
        key: [product_id]
        columns:
          - {name: product_id, type: integer, required: true}
          - {name: title, type: text}
          - {name: price_band, type: text, history: 4}
          - {name: updated_at, type: timestamp}
      - name: orders
        role: fact
        event_time: ordered_at
        key: [order_id]
        columns:
          - {name: order_id, type: integer, required: true}
          - {name: customer_id, type: integer, references: customers.customer_id}
          - {name: supplier_id, type: integer, references: suppliers.supplier_id}
          - {name: product_id, type: integer, references: products.product_id}
          - {name: ordered_at, type: timestamp}
"""

OPENED = """
create schema raw_shop;
create table raw_shop.cities (city_id integer, city text);
create table raw_shop.customers (customer_id integer, city_0 text, city_1 text, city_2 text, city_3 text, city_4 text,
    city_6 text, updated_at timestamp);
create table raw_shop.suppliers (supplier_id integer, name text, city_id integer);
create table raw_shop.products (product_id integer, title text, price_band text, updated_at timestamp);
create table raw_shop.products__keys (product_id integer);
create table raw_shop.orders (order_id integer, customer_id integer, supplier_id integer, product_id integer,
    ordered_at timestamp);
insert into raw_shop.cities values (1, 'Berlin'), (2, 'Paris');
insert into raw_shop.customers
    select n, 'Berlin', 'Berlin', 'Berlin', 'Berlin', 'Berlin', 'Berlin', '2024-01-01'
    from generate_series(1, 3) as numbers (n);
insert into raw_shop.suppliers values (1, 'old', 1), (2, 'old', null), (3, 'old', 1);
insert into raw_shop.products values (1, 'old', 'low', '2024-01-01'), (2, 'old', null, '2024-01-01');
insert into raw_shop.products__keys values (1), (2);
insert into raw_shop.orders values
    (1, 1, 1, 1, '2024-01-15'), (2, 1, 1, 1, '2024-03-15'), (3, 1, 3, 1, '2024-05-15'), (4, 2, 2, 2, '2024-03-15'),
    (5, 3, null, null, null), (6, 9, 9, 9, '2024-03-15');
"""

TO_PARIS = """
update raw_shop.customers set city_0 = 'Paris', city_1 = 'Paris', city_2 = 'Paris', city_3 = 'Paris', city_4 = 'Paris',
    city_6 = 'Paris', updated_at = '2024-03-01' where customer_id = 1;
update raw_shop.customers set city_0 = 'Paris', city_1 = 'Paris', city_3 = 'Paris', city_4 = 'Paris',
    updated_at = '2024-03-01' where customer_id = 2;
delete from raw_shop.customers where customer_id = 3;
update raw_shop.suppliers set name = 'new', city_id = 2 where supplier_id = 1;
update raw_shop.suppliers set city_id = 1 where supplier_id = 2;
delete from raw_shop.suppliers where supplier_id = 3;
update raw_shop.products set title = 'new', price_band = 'high', updated_at = '2024-03-01' where product_id = 1;
"""
"""The first customer moves; the second does so in columns that open no version, and the third is deleted."""

TO_ROME = """
update raw_shop.customers set city_0 = 'Rome', city_1 = 'Rome', city_2 = 'Rome', city_3 = 'Rome', city_4 = 'Rome',
    city_6 = 'Rome', updated_at = '2024-05-01' where customer_id = 1;
insert into raw_shop.customers
    values (3, 'Berlin', 'Berlin', 'Berlin', 'Berlin', 'Berlin', 'Berlin', '2024-01-01');
update raw_shop.suppliers set name = 'newer' where supplier_id = 1;
delete from raw_shop.products__keys where product_id = 1;
"""

BACK_TO_PARIS = "update raw_shop.customers set city_2 = 'Paris', updated_at = '2024-07-01' where customer_id = 1"
COLUMNS = "city_0, city_1, city_2, city_3, previous_city_3, city_6, current_city_6"


class Story:
    """The warehouse after three days, and the dimension of customers as it was after each of them."""

    def __init__(self, warehouse: Warehouse):
        self.warehouse = warehouse
        self.told: list[list[tuple]] = []
        for day in (OPENED, TO_PARIS, TO_ROME):
            warehouse.happen(day)
            warehouse.built()
            self.told.append(self.of_customer(1))

    def of_customer(self, number: int, columns: str = COLUMNS) -> list[tuple]:
        """The versions of a customer, without its id."""
        return [row[1:] for row in self.warehouse.versions(columns) if row[0] == number]


@pytest.fixture(scope="module", params=["duckdb", "postgres"])
def story(request, environment, tmp_path_factory) -> Iterator[Story]:
    """The story in a warehouse of each kind."""
    folder = tmp_path_factory.mktemp(f"history_types_{request.param}")
    (folder / "shop.yml").write_text(SPEC, encoding="utf-8")
    repository = generate(folder / "acme", "--spec", str(folder / "shop.yml"))
    url = ""
    if request.param == "postgres":
        url = source_data.create(request.getfixturevalue("postgres_url"), source_data.fresh_name("history_types"))
    yield Story(Warehouse(repository, environment, url))


def test_a_move_is_told_as_the_type_of_each_column_says(story):
    berlin, paris, rome = "Berlin", "Paris", "Rome"
    assert story.told == [
        [(berlin, berlin, berlin, berlin, None, berlin, berlin, FIRST, LAST, True)],
        [
            (berlin, paris, berlin, paris, berlin, berlin, paris, FIRST, "2024-03-01", False),
            (berlin, paris, paris, paris, berlin, paris, paris, "2024-03-01", LAST, True),
        ],
        [
            (berlin, rome, berlin, rome, paris, berlin, rome, FIRST, "2024-03-01", False),
            (berlin, rome, paris, rome, paris, paris, rome, "2024-03-01", "2024-05-01", False),
            (berlin, rome, rome, rome, paris, rome, rome, "2024-05-01", LAST, True),
        ],
    ]


def test_a_change_of_columns_that_open_no_version_opens_none(story):
    assert story.of_customer(2) == [
        ("Berlin", "Paris", "Berlin", "Paris", "Berlin", "Berlin", "Berlin", FIRST, LAST, True)
    ]


def test_a_member_that_returns_unchanged_has_a_version_before_and_after_its_absence(story):
    assert story.of_customer(3, "city_2, previous_city_3") == [
        ("Berlin", None, FIRST, "run", False),
        ("Berlin", None, "run", LAST, True),
    ]


def test_facts_have_the_profile_of_their_time_and_the_dimension_has_the_current_profile(story):
    sql = """
        select order_id, customer.city_2, profile.city_4, latest.city_4 from marts.fct_orders
        join marts.dim_customers as customer using (customer_key)
        join marts.dim_customers_profile as profile using (customer_profile_key)
        join marts.dim_customers_profile as latest on latest.customer_profile_key = current_customer_profile_key
        order by order_id
    """
    assert story.warehouse.query(sql) == [
        (1, "Berlin", "Berlin", "Rome"),
        (2, "Paris", "Paris", "Rome"),
        (3, "Rome", "Rome", "Rome"),
        (4, "Berlin", "Paris", "Paris"),
        (5, "Berlin", "Berlin", "Berlin"),
        (6, None, None, None),
    ]
    profiles = "select city_4 from marts.dim_customers_profile where customer_profile_key <> '-1' order by 1"
    assert story.warehouse.query(profiles) == [("Berlin",), ("Paris",), ("Rome",)]


def test_without_versions_there_is_one_row_for_each_member_also_after_it_was_deleted(story):
    suppliers = "select supplier_id, name, city_id, previous_city_id, city, previous_city from marts.dim_suppliers"
    assert story.warehouse.query(f"{suppliers} where supplier_key <> '-1' order by supplier_id") == [
        (1, "newer", 2, 1, "Paris", "Berlin"),
        (2, "old", 1, None, "Berlin", None),
        (3, "old", 1, None, "Berlin", None),
    ]
    products = """
        select product_id, title, is_deleted, price_band from marts.dim_products
        join marts.dim_products_profile on product_profile_key = current_product_profile_key
        where product_key <> '-1' order by product_id
    """
    assert story.warehouse.query(products) == [(1, "old", True, "high"), (2, "old", False, None)]


def test_facts_of_all_times_have_the_one_row_of_their_member(story):
    sql = """
        select order_id, supplier.name, product.title, band.price_band from marts.fct_orders
        join marts.dim_suppliers as supplier using (supplier_key) join marts.dim_products as product using (product_key)
        join marts.dim_products_profile as band using (product_profile_key) order by order_id
    """
    assert story.warehouse.query(sql) == [
        (1, "newer", "old", "low"),
        (2, "newer", "old", "high"),
        (3, "old", "old", "high"),
        (4, "old", "old", None),
        (5, None, None, None),
        (6, None, None, None),
    ]


def test_a_changed_type_loses_no_recorded_version(story):
    """One test, since each step builds on the previous step."""
    warehouse, keys = story.warehouse, "select customer_key from marts.dim_customers order by 1"
    before, known = story.of_customer(1), warehouse.query(keys)
    respecify(warehouse, ("name: city_2, type: text, history: 2", "name: city_2, type: text, history: 1"))
    respecify(warehouse, ("name: city_6, type: text, history: 6", "name: city_6, type: text, history: 0"))
    warehouse.built()
    assert warehouse.query("select city_2, city_6 from marts.dim_customers where customer_id = 1") == [
        ("Rome", "Berlin")
    ]

    warehouse.happen(BACK_TO_PARIS)
    warehouse.built()
    respecify(warehouse, ("name: city_2, type: text, history: 1", "name: city_2, type: text, history: 2"))
    respecify(warehouse, ("name: city_6, type: text, history: 0", "name: city_6, type: text, history: 6"))
    warehouse.built()
    after = story.of_customer(1)
    assert after[:2] == before[:2] and set(known) < set(warehouse.query(keys))
    assert [(row[2], *row[-3:]) for row in after[2:]] == [
        ("Rome", "2024-05-01", "2024-07-01", False),
        ("Paris", "2024-07-01", LAST, True),
    ]

    rename(warehouse, "column", "shop.customers.city_3", "town")
    warehouse.happen("alter table raw_shop.customers rename column city_3 to town")
    warehouse.built()
    assert story.of_customer(1, "town, previous_town")[-1][:2] == ("Rome", "Paris")
