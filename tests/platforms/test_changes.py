"""A run changes only the rows that changed at the source."""

from __future__ import annotations

import pytest
from warehouse import differences

pytestmark = pytest.mark.proof


def test_a_second_run_changes_nothing(platform):
    assert platform.again.green
    assert platform.again.outcome["ok"]
    assert differences(platform.first.contents, platform.again.contents) == {}


def test_after_a_change_the_run_is_green(platform):
    assert platform.moved.green
    assert platform.moved.outcome["failures"] == []


def test_only_the_changed_rows_change_in_staging(platform):
    touched = _touched(platform)
    moved = {origin: _moved(platform, model, table.key) for origin, model, table in _staged(platform)}
    assert moved == {origin: touched[origin] for origin in moved}
    assert sum(map(len, touched.values())) > 20


def test_only_the_changed_rows_change_in_facts(platform):
    if platform.style == "obt":
        pytest.skip("a wide table also has what its rows point to")
    keys, touched = {table.origin: table.key for table in platform.database.truth}, _touched(platform)
    facts = platform.moved.marts("fct_", "bridge_")
    assert {fact.name: _moved(platform, fact, keys[fact.origin]) for fact in facts} == {
        fact.name: touched[fact.origin] for fact in facts
    }


def test_only_rows_that_reference_a_changed_row_change_in_wide_tables_and_dimensions(platform):
    keys, touched = {table.origin: table.key for table in platform.database.truth}, _touched(platform)
    reached = platform.database.reached(platform.before_and_after[1], touched)
    for model in platform.moved.marts("obt_", "dim_"):
        if not model.origin:
            continue
        moved = _moved(platform, model, keys[model.origin])
        assert moved <= reached[model.origin], model.name
        assert touched[model.origin] <= moved, model.name


def _touched(platform):
    """The keys of the rows that were added, changed or deleted at the source, by the origin of their table."""
    before, after = platform.before_and_after
    return {
        origin: {
            key
            for key in before[origin].keys() | after[origin].keys()
            if before[origin].get(key) != after[origin].get(key)
        }
        for origin in before
    }


def _staged(platform):
    tables = {table.origin: table for table in platform.database.truth}
    return [(origin, model, tables[origin]) for origin, model in platform.moved.staged.items()]


def _moved(platform, model, key):
    """The keys of the rows of a model that differ from before the change."""
    names = model.named(key)
    before, after = platform.again.rows(model, names), platform.moved.rows(model, names)
    return {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
