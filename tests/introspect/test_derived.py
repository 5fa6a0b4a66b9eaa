"""Amounts that the columns of a fact imply are proposed with their reason; what is ambiguous is left to its owner."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest

from platform_new.introspect import introspect
from platform_new.introspect.derived import propose_derived
from platform_new.spec.models import Table
from platform_new.spec.write import source_yaml

MONEY, WHOLE = "numeric(10, 2)", "integer"
QUANTITY = {"name": "quantity", "type": WHOLE, "required": True}
PRICE = {"name": "unit_price", "type": MONEY, "required": True}


def lines(*columns: dict) -> Table:
    id_ = {"name": "id", "type": "bigint", "required": True}
    return Table.model_validate({"name": "order_lines", "role": "fact", "key": ["id"], "columns": [id_, *columns]})


def formulas(*columns: dict) -> dict[str, str]:
    return {measure.name: measure.formula for measure, _ in propose_derived(lines(*columns))}


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ([QUANTITY, PRICE], {"gross_amount": "quantity * unit_price"}),
        (
            [{**QUANTITY, "name": "quantity_ordered"}, {**PRICE, "name": "price_each"}],
            {"gross_amount": "quantity_ordered * price_each"},
        ),
        (
            [QUANTITY, PRICE, {"name": "discount_percent", "type": WHOLE, "required": True}],
            {
                "gross_amount": "quantity * unit_price",
                "net_amount": "quantity * unit_price * (1 - 0.01 * discount_percent)",
            },
        ),
        (
            [QUANTITY, PRICE, {"name": "discount", "type": "real", "max": 1}],
            {
                "gross_amount": "quantity * unit_price",
                "net_amount": "quantity * unit_price * (1 - coalesce(discount, 0))",
            },
        ),
        (
            [QUANTITY, PRICE, {"name": "discount_amount", "type": MONEY, "required": True}],
            {"gross_amount": "quantity * unit_price", "net_amount": "quantity * unit_price - discount_amount"},
        ),
        (
            [QUANTITY, PRICE, {"name": "unit_cost", "type": MONEY, "required": True}],
            {
                "gross_amount": "quantity * unit_price",
                "cost_amount": "quantity * unit_cost",
                "margin_amount": "quantity * unit_price - quantity * unit_cost",
            },
        ),
        (
            [{"name": "gross_sales", "type": MONEY}, {"name": "discount_rate", "type": "numeric(4, 3)"}],
            {"net_amount": "gross_sales * (1 - coalesce(discount_rate, 0))"},
        ),
    ],
)
def test_amounts_follow_from_the_quantity_the_price_of_one_and_a_discount_of_a_clear_kind(columns, expected):
    assert formulas(*columns) == expected


@pytest.mark.parametrize(
    "columns",
    [
        [PRICE],
        [QUANTITY, {"name": "price", "type": MONEY}],
        [QUANTITY, PRICE, {"name": "line_total", "type": MONEY}],
        [{**QUANTITY, "name": "quantity_on_hand"}, PRICE],
        [QUANTITY, {**QUANTITY, "name": "qty"}, PRICE],
        [QUANTITY, {**PRICE, "exclude": "secret"}],
        [QUANTITY, {**PRICE, "measure": "none"}],
        [{"name": "amount", "type": MONEY}, {"name": "discount_amount", "type": MONEY}],
    ],
)
def test_nothing_is_proposed_if_the_amount_is_there_or_the_columns_may_mean_something_else(columns):
    assert formulas(*columns) == {}


def test_a_discount_of_an_unclear_kind_is_not_subtracted_but_mentioned():
    [(measure, reason)] = propose_derived(lines(QUANTITY, PRICE, {"name": "discount", "type": MONEY}))
    assert measure.formula == "quantity * unit_price"
    assert "`discount` may be an amount, a percentage or a fraction" in reason


@pytest.mark.parametrize(
    "values, net",
    [
        (["0", "0.05", "0.1", "0.25"], "quantity * unit_price * (1 - coalesce(discount, 0))"),
        (["0", "0.05", "0.1", "0.25", "1.5"], None),
        (["0", "0.05", "1"], None),
        (["$0.05", "$0.10", "$0.25"], None),
    ],
)
def test_sampled_values_tell_a_discount_that_is_a_fraction(values, net):
    found = propose_derived(lines(QUANTITY, PRICE, {"name": "discount", "type": "real"}), {"discount": values})
    assert {measure.name: measure.formula for measure, _ in found}.get("net_amount") == net
    assert net is None or f"{len(values)} sampled values are at most 1" in found[-1][1]


def test_levels_of_stock_stay_levels_and_the_scale_of_the_price_is_kept():
    quantity = {**QUANTITY, "measure": "semi_additive"}
    [(measure, _)] = propose_derived(lines(quantity, {**PRICE, "type": "numeric(12, 4)"}))
    assert (measure.measure, measure.type) == ("semi_additive", "numeric(18, 4)")


def test_a_database_gets_its_derived_measures_with_the_reasons_as_comments(tmp_path):
    with sqlite3.connect(tmp_path / "shop.db") as connection:
        connection.executescript("""
            create table orders (id integer primary key, ordered_at timestamp not null);
            create table order_lines (
                id integer primary key, order_id integer not null references orders,
                quantity integer not null, unit_price numeric(10, 2) not null, discount numeric(10, 2)
            );
            insert into orders values (1, '2026-01-01');
            insert into order_lines values (1, 1, 2, 3.50, 0);
        """)
    proposal = introspect(f"sqlite:///{tmp_path / 'shop.db'}")
    text = source_yaml(proposal.source, proposal.reasons)
    assert "    measures:\n" in text
    assert "- {name: gross_amount, formula: quantity * unit_price}" in text
    assert "# the quantity times the price of one unit; `discount` may be" in text


@pytest.mark.parametrize("engine", ["sqlite", "duckdb"])
def test_the_values_of_a_discount_are_looked_at_in_the_database(tmp_path, engine):
    connect = {"sqlite": sqlite3.connect, "duckdb": duckdb.connect}[engine]
    connection = connect(tmp_path / "shop.db")
    for statement in (
        "create table orders (id integer primary key, ordered_at timestamp not null)",
        "create table order_lines (id integer primary key, order_id integer not null references orders (id), "
        "quantity integer not null, unit_price numeric(10, 2) not null, discount double not null)",
        "insert into orders values (1, '2026-01-01')",
        *(f"insert into order_lines values ({number}, 1, 2, 3.50, {number / 20})" for number in range(1, 5)),
    ):
        connection.execute(statement)
    connection.commit()
    connection.close()
    proposal = introspect(f"{engine}:///{tmp_path / 'shop.db'}")
    text = source_yaml(proposal.source, proposal.reasons)
    assert "- {name: net_amount, formula: quantity * unit_price * (1 - discount)}" in text
