"""Every type of the spec is parsed once, and classified by what it holds."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from strategies import types

from platform_new.spec.data_type import BASES, FAMILIES, FAMILY_OF, DataType, decimal, synonym

PREDICATES = {
    "is_number": {"smallint", "integer", "bigint", "numeric", "real", "double"},
    "is_whole": {"smallint", "integer", "bigint"},
    "is_time": {"date", "timestamp", "timestamptz"},
    "is_timestamp": {"timestamp", "timestamptz"},
    "is_ordered": {*BASES} - {"boolean", "binary"},
    "is_opaque": {"json", "binary"},
    "zone": {"timestamptz"},
}


@given(types)
def test_a_type_is_written_as_it_was_read_with_one_space_after_the_comma(text):
    read = DataType.parse(text)
    assert str(read) == text.replace(",", ", ")
    assert DataType.parse(str(read)) == read


@given(st.integers(1, 38).flatmap(lambda precision: st.tuples(st.just(precision), st.integers(0, precision))))
def test_a_decimal_is_the_numeric_of_its_digits(digits):
    read = DataType.parse(decimal(*digits))
    assert read == DataType("numeric", *digits)
    assert read.digits == digits


@pytest.mark.parametrize(
    "text",
    [
        "",
        "varchar",
        "Text",
        "text ",
        "text\n",
        "text(3)",
        "integer(2, 1)",
        "numeric()",
        "numeric(10,  2)",
        "numeric(1,2",
    ],
)
def test_an_unknown_type_is_refused_with_a_list_of_all_types(text):
    with pytest.raises(ValueError, match="is not a type; use one of text, smallint"):
        DataType.parse(text)


@pytest.mark.parametrize("text", ["numeric(0)", "numeric(0, 0)", "numeric(39)", "numeric(39, 2)", "numeric(2, 3)"])
def test_a_numeric_has_as_many_digits_as_every_warehouse_can_hold(text):
    with pytest.raises(ValueError, match="needs a precision from 1 to 38 and a scale no greater than the precision"):
        DataType.parse(text)


@pytest.mark.parametrize("parts", [("text", 3), ("numeric", None, 2), ("numeric", 2, -1), ("numeric", -1)], ids=str)
def test_a_type_with_incompatible_parts_is_refused(parts):
    with pytest.raises(ValueError):
        DataType(*parts)


def test_a_numeric_without_a_precision_has_digits_before_and_after_the_point():
    assert DataType.parse("numeric").digits == (38, 9)
    assert DataType.parse("numeric(12)").digits == (12, 0)
    assert str(DataType.parse("numeric(12)")) == "numeric(12)"


@pytest.mark.parametrize(("predicate", "bases"), PREDICATES.items())
def test_the_base_of_a_type_determines_what_it_holds(predicate, bases):
    assert {base for base in BASES if getattr(DataType(base), predicate)} == bases


def test_only_values_of_the_same_family_can_be_compared():
    assert set(FAMILY_OF.values()) == set(FAMILIES)
    for one in map(DataType, BASES):
        for other in map(DataType, BASES):
            assert one.compares_with(other) == (one.family == other.family)
    assert DataType("uuid").compares_with(DataType("text"))
    assert not DataType("time").compares_with(DataType("date"))


def test_type_names_of_other_systems_are_understood_with_their_lengths():
    assert synonym("VARCHAR(20)") == "text"
    assert synonym("decimal(10,2)") == "numeric"
    assert synonym("tensor") is None
