"""Units: a constant or the column that holds it, in descriptions, contracts and metrics."""

from __future__ import annotations

import pytest

from platform_new.catalog import load_catalog
from platform_new.introspect.units import currency_columns
from platform_new.plan import make_plan
from platform_new.spec.models import Platform, Source, Spec, Table
from platform_new.spec.rules import check

COLUMNS = [
    {"name": "id", "type": "bigint", "required": True},
    {"name": "amount", "type": "numeric(10, 2)", "description": "What is due."},
    {"name": "fee", "type": "numeric(10, 2)"},
    {"name": "currency", "type": "text"},
    {"name": "paid_at", "type": "timestamp"},
]
BILLS = {"name": "bills", "role": "fact", "event_time": "paid_at", "key": ["id"], "columns": COLUMNS}


def spec_with(**units: dict) -> Spec:
    columns = [column | units.get(column["name"], {}) for column in COLUMNS]
    source = Source.model_validate({"name": "shop", "kind": "postgres", "tables": [BILLS | {"columns": columns}]})
    return Spec(platform=Platform(name="acme", modeling="star", bi=("metricflow",)), sources=(source,))


def test_a_unit_is_in_the_description_and_in_the_label_of_the_metric():
    plan = make_plan(spec_with(amount={"unit": "EUR"}, fee={"unit": "EUR"}), load_catalog())
    (fact,) = (mart for mart in plan.marts if mart.name == "fct_bills")
    described = {column.name: column.description for column in fact.columns}
    assert described["amount"] == "What is due (in EUR)"
    assert described["fee"] == "In EUR"
    (model,) = plan.collections["semantic_model"]
    assert "Amount (EUR)" in {measure.label for measure in model.measures}


def test_the_unit_of_each_row_is_named_with_its_column():
    plan = make_plan(spec_with(amount={"unit_column": "currency"}), load_catalog())
    (fact,) = (mart for mart in plan.marts if mart.name == "fct_bills")
    (amount,) = (column for column in fact.columns if column.name == "amount")
    assert amount.description == "What is due (in the unit of the row, `currency`)"
    assert amount.unit_column == "currency"


@pytest.mark.parametrize(
    ("name", "units", "reason"),
    [
        ("amount", {"unit": "EUR", "unit_column": "currency"}, "either all rows have the same unit"),
        ("currency", {"unit": "EUR"}, "only numbers have a unit"),
        ("amount", {"unit_column": "amount"}, "a number is not its own unit"),
        ("amount", {"unit_column": "curency"}, "no such column"),
    ],
)
def test_a_unit_that_makes_no_sense_is_refused(name, units, reason):
    (finding,) = check(spec_with(**{name: units}), load_catalog())
    assert reason in finding.reason
    assert finding.hint


def currencies(*columns: str) -> dict[str, str]:
    """The proposal for number columns, or text columns if they name a currency."""
    parsed = [{"name": name, "type": "text" if "currency" in name else "bigint"} for name in columns]
    return currency_columns(Table.model_validate({"name": "t", "columns": parsed}))


def test_an_amount_has_the_currency_that_shares_its_words_or_the_only_other_one():
    assert currencies("amount_cents", "amount_currency", "fee_cents", "fee_currency") == {
        "amount_cents": "amount_currency",
        "fee_cents": "fee_currency",
    }
    assert currencies("total_amount", "currency_code", "quantity", "tax_rate") == {"total_amount": "currency_code"}
    assert currencies("total_amount", "currency", "currency_code") == {}
    assert currencies("total_amount", "fee_currency") == {}
