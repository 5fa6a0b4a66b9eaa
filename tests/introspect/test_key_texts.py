"""Keys are proposed as text if their type would make some of their values equal or empty."""

from __future__ import annotations

from dataclasses import replace

from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.propose import propose

DAYS, VISITS, NOTES = (TableId("public", name) for name in ("days", "visits", "notes"))
ID = FoundColumn("id", "bigint", nullable=False)
CAVEAT = "Infinity is loaded as 9999-12-31."


def column(type_="date", **more):
    return FoundColumn("d", type_, **{"nullable": False, "caveat": CAVEAT, **more})


def proposed(days_column, pointing=None, **more):
    """The columns `d` proposed for a table with this key, for a table that points to it, and for an unrelated table."""
    days = FoundTable(DAYS, (days_column,), **{"key": ("d",), **more})
    visits = FoundTable(
        VISITS, (ID, pointing or column()), key=("id",), foreign_keys=(FoundForeignKey(("d",), DAYS, ("d",)),)
    )
    notes = FoundTable(NOTES, (ID, column()), key=("id",))
    source, reasons = propose(FoundCatalog("postgres", "lab", (days, visits, notes)))
    by_name = {table.name: table for table in source.tables}
    columns = {name: by_name[name].columns[-1] for name in ("days", "visits", "notes")}
    return columns, {name: reasons.get(("tables", name, "columns", "d", "type"), "") for name in columns}


def test_a_key_whose_values_would_become_equal_is_text_like_the_columns_that_point_to_it():
    columns, reasons = proposed(column(merged=True))
    assert [columns[name].type for name in ("days", "visits", "notes")] == ["text", "text", "date"]
    assert columns["days"].source_type == columns["visits"].source_type == "date"
    assert columns["visits"].references == "days.d"
    assert "would be equal" in reasons["days"] and "public.days.d" in reasons["visits"]
    # The caveat does not apply to the text.
    assert columns["days"].description is None and columns["notes"].description == CAVEAT


def test_a_key_with_values_that_would_be_empty_is_text():
    columns, reasons = proposed(column("numeric(5, 2)", emptied=True), column("numeric(5, 2)"))
    assert columns["days"].type == columns["visits"].type == "text"
    assert "empty" in reasons["days"]


def test_another_unique_column_is_text_only_if_values_would_become_equal():
    assert proposed(column(merged=True), key=(), uniques=(("d",),))[0]["days"].type == "text"
    assert proposed(column(emptied=True), key=(), uniques=(("d",),))[0]["days"].type == "date"
    assert proposed(column(merged=True), key=())[0]["days"].type == "date"


def test_text_is_not_compared_with_a_column_of_another_type():
    columns, _ = proposed(column(merged=True), column("timestamp"))
    assert columns["visits"].type == "timestamp" and columns["visits"].references is None


def test_a_cycle_of_references_ends():
    one = FoundTable(DAYS, (column(merged=True),), ("d",), foreign_keys=(FoundForeignKey(("d",), VISITS, ("d",)),))
    other = replace(one, id=VISITS, columns=(column(),), foreign_keys=(FoundForeignKey(("d",), DAYS, ("d",)),))
    source, _ = propose(FoundCatalog("postgres", "lab", (one, other)))
    assert {table.columns[0].type for table in source.tables} == {"text"}
