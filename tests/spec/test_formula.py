"""Formulas of derived measures: what they mean in SQL, and what is refused."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal

import duckdb
import psycopg
import pytest
import strategies
from hypothesis import given
from hypothesis import strategies as st

from platform_new.spec.data_type import DataType
from platform_new.spec.formula import Formula, known_formula

COLUMNS = ("quantity", "unit_price", "discount", "weight", "on_order")
TYPES = {
    "quantity": "integer",
    "unit_price": "numeric(10, 2)",
    "discount": "numeric(6, 3)",
    "weight": "double precision",
    "on_order": "integer",
}
CENTS = Decimal("0.01")
rows = st.fixed_dictionaries(
    {
        "quantity": st.none() | st.integers(-999, 999).map(Decimal),
        "unit_price": st.decimals("-9999.99", "9999.99", places=2),
        "discount": st.none() | st.decimals("-99.999", "99.999", places=3),
        "weight": st.none() | st.decimals("-99.999", "99.999", places=3),
        "on_order": st.integers(-9, 9).map(Decimal),
    }
)


def computed(formula: str, row: dict[str, Decimal | None]) -> Decimal | None:
    """The exact result, rounded to cents like money; None if a value without a default is missing."""
    exact = re.sub(r"\b\d+(\.\d+)?\b", lambda number: f"Decimal('{number[0]}')", formula)
    known = {"Decimal": Decimal, "coalesce": lambda value, default: default if value is None else value}
    try:
        return eval(exact, known, row).quantize(CENTS, ROUND_HALF_UP)
    except TypeError:
        return None


def query(formula: str, row: dict[str, Decimal | None]) -> str:
    """The formula over the row in SQL, which DuckDB and PostgreSQL share."""
    parsed = Formula.parse(formula)
    types = {name: DataType.parse(type_.removesuffix(" precision")) for name, type_ in TYPES.items()}
    casts = parsed.casts(types, DataType.parse("numeric(38, 2)"))

    def value(name: str) -> str:
        number = row[name]
        column = f"cast({'null' if number is None else number} as {TYPES[name]})"
        return f"cast({column} as {casts[name]})" if name in casts else column

    return f"select cast({parsed.sql(value)} as numeric(38, 2))"


def test_floats_are_computed_as_the_decimals_that_people_see():
    row = {"quantity": Decimal(1), "unit_price": Decimal("289.50"), "weight": Decimal("0.05")}
    assert duckdb.sql(query("quantity * unit_price * (1 - weight)", row)).fetchone() == (Decimal("275.03"),)


@given(strategies.formulas(list(COLUMNS)), rows)
def test_a_formula_has_the_exact_result_in_duckdb(formula, row):
    assert duckdb.sql(query(formula, row)).fetchone() == (computed(formula, row),)


def test_a_formula_has_the_exact_result_in_postgresql(postgres_url):
    with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:

        @given(strategies.formulas(list(COLUMNS)), rows)
        def same(formula, row):
            assert connection.execute(query(formula, row)).fetchone() == (computed(formula, row),)

        same()


@given(strategies.formulas(list(COLUMNS)))
def test_the_usual_spelling_is_kept_and_spaces_do_not_matter(formula):
    usual = known_formula(formula)
    assert known_formula(usual) == usual == known_formula(usual.replace(" ", ""))
    assert known_formula(f"  {usual} ".replace(" ", "  ")) == usual


def test_a_renamed_column_is_renamed_wherever_it_stands_and_nothing_else_is():
    formula = Formula.parse("quantity * unit_price - coalesce(unit, 0) * 2")
    renamed = formula.renamed({"unit": "piece", "coalesce": "no"})
    assert str(renamed) == "quantity * unit_price - coalesce(piece, 0) * 2"
    assert renamed.columns == ("quantity", "unit_price", "piece")
    assert renamed.decisive == {"quantity", "unit_price"}


def test_a_column_may_be_called_coalesce():
    assert Formula.parse("coalesce * 2").columns == ("coalesce",)


@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        ("", "is not complete"),
        ("quantity *", "is not complete"),
        ("(quantity", "is not complete"),
        ("quantity)", "has an unexpected `)`"),
        ("quantity unit_price", "has an unexpected `unit_price`"),
        ("quantity / 100", "multiply by a number such as 0.01 instead"),
        ("-quantity", "has an unexpected `-`"),
        ("2 * 3", "names no column"),
        ("coalesce(quantity, unit_price)", "has an unexpected `unit_price`"),
        ("coalesce(1, 2)", "has an unexpected `1`"),
        ("max(quantity, 1)", "has an unexpected `(`"),
        ("quantity; drop table orders", "has an unexpected `;`"),
        ("quantity -- comment", "has an unexpected `-`"),
        ("Quantity * 2", "has an unexpected `Q`"),
        ("quantity * 1.", "has an unexpected `.`"),
        ("quantity * ٣", "has an unexpected `٣`"),
        ("{{ env_var('HOME') }}", "has an unexpected `{`"),
    ],
)
def test_what_is_no_formula_is_refused_with_the_part_that_is_wrong(formula, reason):
    with pytest.raises(ValueError, match=re.escape(reason)):
        Formula.parse(formula)
