"""Sample rows make sense: dates are in order, and people, places, prices and totals agree."""

from __future__ import annotations

import random
import re
import unicodedata
from collections import Counter, defaultdict
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from ingest_repository import sample_maker

pytest.importorskip("dlt")

SHOP = Path(__file__).parents[2] / "src" / "platform_new" / "samples" / "shop.yml"
Table = dict[str, list[Any]]
# Names of dates in the order of their meaning.
IN_ORDER = (
    "created_at", "order_date", "paid_at", "shipped_on", "delivered_at", "closed_at", "returned_on", "deleted_at",
    "updated_at",
)  # fmt: skip
TYPES = ("date", "timestamp", "timestamptz")


def column(name: str, type_: str = "integer", **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, **more}


def table(name: str, *columns: dict[str, Any], role: str = "dimension", **more: Any) -> dict[str, Any]:
    return {"name": name, "role": role, "key": ["id"], "columns": [column("id", required=True), *columns], **more}


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A function from a spec to its source and its sample tables."""
    with sample_maker(tmp_path_factory.mktemp("repository")) as make:
        yield make


@pytest.fixture(scope="module")
def shop(make: Any) -> dict[str, Table]:
    """The sample rows of the built-in shop."""
    return make(*yaml.safe_load(SHOP.read_text(encoding="utf-8"))["tables"], rows=1000)[1]


def rows(table: Table) -> list[dict[str, Any]]:
    return [dict(zip(table, row, strict=True)) for row in zip(*table.values(), strict=True)]


def by(key: str, table: Table) -> dict[Any, dict[str, Any]]:
    return {row[key]: row for row in rows(table)}


def not_after(first: Any, second: Any) -> bool:
    """Whether the first is not later than the second; NULLs are not, and a date is its whole day."""
    if first is None or second is None:
        return True
    if isinstance(first, datetime) and isinstance(second, datetime):
        return first.replace(tzinfo=None) <= second.replace(tzinfo=None)
    return day(first) <= day(second)


def day(value: Any) -> date:
    return value.date() if isinstance(value, datetime) else value


def dated_tables(chance: random.Random) -> list[dict[str, Any]]:
    """Tables with dates, in random order and of random types, each of which can refer to the tables before it."""
    tables: list[dict[str, Any]] = []
    for number in range(chance.randint(2, 6)):
        names = chance.sample(IN_ORDER, chance.randint(1, 6))
        columns = [column(name, chance.choice(TYPES), required=chance.random() < 0.6) for name in names]
        for name in ("starts_on", "ends_on"):
            columns.append(column(name, "date", required=chance.random() < 0.5))
        if chance.random() < 0.3:
            bounded = chance.choice([each for each in columns if each["name"] in IN_ORDER])
            bounded |= {"min": "2022-03-01", "max": "2024-06-30"}
        for target in chance.sample(tables, min(len(tables), chance.randint(0, 2))):
            columns.append(
                column(f"{target['name']}_id", references=f"{target['name']}.id", required=chance.random() < 0.6)
            )
        chance.shuffle(columns)
        tables.append(table(f"t{number}", *columns, role=chance.choice(["fact", "dimension", "reference"])))
    return tables


def begins(row: dict[str, Any]) -> date:
    """The first day of a row."""
    return min(day(row[name]) for name in (*IN_ORDER, "starts_on") if row.get(name) is not None)


@pytest.mark.parametrize("seed", range(60))
def test_dates_are_in_the_order_of_their_meaning(make: Any, seed: int) -> None:
    """Within a row, whatever the order, types and bounds of its columns; an interval is not empty."""
    for made in make(*dated_tables(random.Random(seed)), rows=80)[1].values():
        for row in rows(made):
            dates = [row[name] for name in IN_ORDER if row.get(name) is not None]
            assert all(not_after(first, second) for first, second in pairwise(dates)), row
            assert row["ends_on"] is None or row["starts_on"] < row["ends_on"]


@pytest.mark.parametrize("seed", range(60))
def test_no_row_refers_to_a_later_row(make: Any, seed: int) -> None:
    """A row is not older than a row that it refers to, unless a bound says that it is."""
    specs = [each for each in dated_tables(random.Random(seed)) if not any("max" in c for c in each["columns"])]
    names = {each["name"] for each in specs}
    for each in specs:
        each["columns"] = [c for c in each["columns"] if c.get("references", "").partition(".")[0] in {"", *names}]
    made = make(*specs, rows=80)[1]
    for each in specs:
        for link in (c for c in each["columns"] if "references" in c):
            parents = by("id", made[link["references"].partition(".")[0]])
            for row in rows(made[each["name"]]):
                parent = parents.get(row[link["name"]])
                assert parent is None or begins(parent) <= begins(row), (row, parent)


def test_a_status_follows_from_the_age_of_the_row(make: Any) -> None:
    """Old orders are delivered, some of the newest are not; dates of what did not happen are NULL."""
    statuses = ["cancelled", "delivered", "on_hold", "placed", "sent"]
    orders = table(
        "orders", column("status", "text", values=statuses, required=True), column("ordered_at", "timestamp"),
        column("sent_at", "timestamp"), column("delivered_at", "timestamp"), column("cancelled_at", "timestamp"),
        role="fact",
    )  # fmt: skip
    made = rows(make(orders, rows=2000)[1]["orders"])
    assert Counter(row["status"] for row in made).most_common(1)[0][0] == "delivered"
    assert {"placed", "sent"} & {row["status"] for row in made[-50:]}
    assert not {"placed", "sent"} & {row["status"] for row in made[:1000]}
    for row in made:
        if row["status"] != "on_hold":
            assert (row["delivered_at"] is not None) == (row["status"] == "delivered")
            assert (row["cancelled_at"] is not None) == (row["status"] == "cancelled")


def test_birth_dates_are_those_of_adults(make: Any) -> None:
    """Also where the account has no other date than the last change."""
    people = table("people", column("date_of_birth", "date", required=True), column("updated_at", "timestamp"))
    for row in rows(make(people)[1]["people"]):
        assert (row["updated_at"].date() - row["date_of_birth"]).days > 18 * 365


def test_a_person_is_one_person(make: Any) -> None:
    """Full name and e-mail address are those of the given and family name; other people have other names."""
    people = table(
        "members", column("email", "text", unique=True, required=True), column("full_name", "text", required=True),
        column("first_name", "text", required=True), column("last_name", "text", required=True),
        column("contact_first_name", "text", required=True),
    )  # fmt: skip
    made = rows(make(people, rows=3000)[1]["members"])
    assert len(made) == 600
    for row in made:
        assert row["full_name"] == f"{row['first_name']} {row['last_name']}"
        assert matches(row["email"], row["first_name"], row["last_name"])
    assert sum(row["first_name"] == row["contact_first_name"] for row in made) < 60


def matches(email: str, first: str | None, last: str | None) -> bool:
    """Whether the address has the names, without accents and the letters that Latin-1 has no base for."""
    return all(consonants(name) in consonants(email) for name in (first, last) if name)


def consonants(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.lower())
    return re.sub(r"[^b-df-hj-np-rt-z]", "", plain.replace("ł", "l").replace("đ", "d"))


def test_an_address_is_in_its_country(make: Any) -> None:
    """Postal codes have the format of the country, and a name of a country belongs to its code."""
    places = table(
        "places", column("country_code", "text", values=["NL", "PL", "US"], required=True),
        column("postal_code", "text", required=True), column("country_name", "text", required=True),
    )  # fmt: skip
    codes = {"NL": r"\d{4} [A-Z]{2}", "PL": r"\d\d-\d{3}", "US": r"\d{5}"}
    names = {"NL": "Netherlands", "PL": "Poland", "US": "United States"}
    for row in rows(make(places)[1]["places"]):
        assert re.fullmatch(codes[row["country_code"]], row["postal_code"])
        assert row["country_name"] == names[row["country_code"]]


def test_a_document_adds_up(make: Any) -> None:
    """Lines are price times quantity less discount, invoices the sums of their lines with tax, payments the total."""
    money = "numeric(12, 2)"
    made = make(
        table("goods", column("price", money, required=True)),
        table(
            "invoices", column("subtotal", money, required=True), column("tax_rate", "numeric(4, 1)", required=True),
            column("tax", money, required=True), column("total", money, required=True), role="fact",
        ),
        table(
            "invoice_lines", column("invoice_id", references="invoices.id", required=True),
            column("good_id", references="goods.id", required=True), column("unit_price", money, required=True),
            column("qty", required=True), column("discount", money, required=True),
            column("line_total", money, required=True), role="fact", line_of="invoices",
        ),
        table(
            "payments", column("invoice_id", references="invoices.id", required=True),
            column("amount", money, required=True), role="fact",
        ),
    )[1]  # fmt: skip
    sums: dict[int, Decimal] = defaultdict(Decimal)
    for row in rows(made["invoice_lines"]):
        assert row["unit_price"] == by("id", made["goods"])[row["good_id"]]["price"]
        assert row["line_total"] == row["unit_price"] * row["qty"] - row["discount"]
        assert 0 <= row["discount"] < row["unit_price"] * row["qty"] or not row["unit_price"]
        sums[row["invoice_id"]] += row["line_total"]
    invoices = by("id", made["invoices"])
    assert sums.keys() == invoices.keys()
    for number, row in invoices.items():
        assert row["subtotal"] == sums[number]
        assert 5 <= row["tax_rate"] <= 25
        assert abs(row["tax"] - row["subtotal"] * row["tax_rate"] / 100) < Decimal("0.01")
        assert abs(row["total"] - row["subtotal"] - row["tax"]) <= Decimal("0.01")
    assert all(row["amount"] == invoices[row["invoice_id"]]["total"] for row in rows(made["payments"]))


def test_a_new_column_or_table_changes_no_other_column(make: Any) -> None:
    """So a change of the spec shows in what it changes only."""
    people = table("people", column("name", "text"), column("city", "text"), column("joined_at", "timestamp"))
    visits = table(
        "visits", column("person_id", references="people.id"), column("started_at", "timestamp"), role="fact"
    )
    before = make(people, visits)[1]
    more = table("people", column("age"), *people["columns"][1:], column("left_on", "date"))
    after = make(table("places", column("name", "text")), more, visits)[1]
    for name, table_ in before.items():
        assert {each: after[name][each] for each in table_} == table_


def test_customers_of_the_shop_sign_up_before_they_order(shop: dict[str, Table]) -> None:
    """And items are changed after their order was placed, with a promotion that was running."""
    customers, orders = by("customer_id", shop["customers"]), by("order_id", shop["orders"])
    for order in orders.values():
        assert customers[order["customer_id"]]["created_at"] <= order["ordered_at"] <= order["updated_at"]
    promotions = by("promotion_id", shop["promotions"])
    for item in rows(shop["order_items"]):
        ordered = orders[item["order_id"]]["ordered_at"]
        assert ordered <= item["updated_at"]
        if promotion := promotions.get(item["promotion_id"]):
            assert promotion["starts_on"] <= ordered.date() <= (promotion["ends_on"] or date.max)


def test_items_of_the_shop_have_the_price_of_their_product(shop: dict[str, Table]) -> None:
    """A promotion takes its percentage off the line."""
    products, promotions = by("product_id", shop["products"]), by("promotion_id", shop["promotions"])
    items = rows(shop["order_items"])
    for item in items:
        assert item["unit_price"] == products[item["product_id"]]["list_price"]
        percent = promotions[item["promotion_id"]]["discount_percent"] if item["promotion_id"] else 0
        full = item["unit_price"] * item["quantity"]
        assert abs(item["discount"] - min(full * percent / 100, 500)) <= Decimal("0.01")
    assert 0.02 < sum(item["promotion_id"] is not None for item in items) / len(items) < 0.5
    assert {item["order_id"] for item in items} == {*shop["orders"]["order_id"]}


def test_people_and_places_of_the_shop_agree(shop: dict[str, Table]) -> None:
    """Addresses match names, countries have their names, and their taxes are plausible."""
    for customer in rows(shop["customers"]):
        assert matches(customer["email"], customer["first_name"], customer["last_name"])
    names = by("country_code", shop["countries"])
    assert (names["DE"]["name"], names["CH"]["name"], names["SE"]["name"]) == ("Germany", "Switzerland", "Sweden")
    assert all(5 <= country["vat_rate"] <= 25 for country in names.values())
    homes = by("customer_id", shop["customers"])
    same = [order["billing_address_id"] == homes[order["customer_id"]]["address_id"] for order in rows(shop["orders"])]
    assert sum(same) > 0.7 * len(same)


def test_few_customers_of_the_shop_order_much(shop: dict[str, Table]) -> None:
    """A fifth of the customers place more than half of the orders."""
    counts = sorted(Counter(shop["orders"]["customer_id"]).values(), reverse=True)
    assert sum(counts[: len(shop["customers"]["customer_id"]) // 5]) > len(shop["orders"]["order_id"]) / 2


def test_the_shop_grows_and_peaks_in_december(shop: dict[str, Table]) -> None:
    """Every quarter has more orders than a year before, and December more than any other month."""
    months = Counter((moment.year, moment.month) for moment in shop["orders"]["ordered_at"])
    for quarter in range(4):
        of_year = {year: sum(months[year, quarter * 3 + month] for month in (1, 2, 3)) for year in (2023, 2024)}
        assert of_year[2024] > of_year[2023]
    for year in (2023, 2024):
        assert max(range(1, 13), key=lambda month: months[year, month]) == 12
