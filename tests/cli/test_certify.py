"""`certify` without a stand-in refuses before it runs anything; rows are compared as values."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from platform_new.certify.compare import compare
from platform_new.certify.export import written


def test_a_warehouse_without_a_stand_in_is_refused_with_what_can_be_done(run, repository):
    outcome = run("certify")
    assert (outcome.code, outcome.out) == (2, "")
    assert "this warehouse has no stand-in (`duckdb`)" in outcome.err
    assert "make run DBT_TARGET=prod" in outcome.err and "snowflake" in outcome.err
    assert not (repository / ".venv").exists()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (5, Decimal("5.00")),
        (5.0, Decimal(5)),
        (1e20, Decimal(10) ** 20),
        (datetime(2026, 1, 1, 12), datetime(2026, 1, 1, 13, tzinfo=timezone(timedelta(hours=1)))),
        (b"\x00a", bytearray(b"\x00a")),
        (float("nan"), Decimal("NaN")),
    ],
)
def test_equal_values_of_different_types_are_equal(one, other):
    assert written(one) == written(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [(None, ""), (True, 1), (date(2026, 1, 1), datetime(2026, 1, 1)), (1, "1.0"), (0.1, Decimal("0.10001"))],
)
def test_different_values_are_different(one, other):
    assert written(one) != written(other)


def exported(folder, names, *rows):
    folder.mkdir()
    (folder / "fct.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in ([*names], *rows)))
    return folder


def test_a_comparison_counts_rows_that_occur_more_often_and_names_columns(tmp_path):
    local = exported(tmp_path / "a", "xy", ["1", "a"], ["2", "b"], ["2", "b"], ["3", None])
    other = exported(tmp_path / "b", "xy", ["3", None], ["2", "b"], ["1", "A"])
    found = compare("fct", local, other)
    assert (found.rows, found.only_local, found.only_stand_in, found.columns) == (4, 2, 1, ("x", "y"))
    assert compare("fct", local, local).is_equal


def test_a_mart_with_other_columns_or_without_rows_is_not_equal(tmp_path):
    local, other = exported(tmp_path / "a", "xy", ["1", "a"]), exported(tmp_path / "b", "x", ["1"])
    assert compare("fct", local, other).columns == ("y",)
    (tmp_path / "c").mkdir()
    assert not compare("fct", local, tmp_path / "c").is_equal
