"""Whatever types of history the columns have, a dimension shows the recorded rows of its members as the types say."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from dbt_jinja import Project
from effort import cases
from histories.recorded import Recorded, Typed, record, show, versions
from hypothesis import given
from hypothesis import strategies as st

from platform_new.catalog import load_catalog
from platform_new.plan import make_plan
from platform_new.render import render
from platform_new.spec.models import Platform, Source, Spec

COLUMNS = ("name", "city", "tier")
MODELS = ("int_customers_history", "int_customers_profiles", "dim_customers_profile", "dim_customers")
TYPES = (0, 1, 2, 3, 4, 6)
LAST = "9999-12-31"

states = st.none() | st.tuples(*(st.sampled_from(("x", "y", None)) for _ in COLUMNS))
"""What a run sees of a member: its attributes, or that it is missing."""


def typed(types: tuple[int, ...]) -> Typed:
    """The types of the dimension's columns, in their order."""
    return Typed(dict(zip(COLUMNS, types, strict=True)), 2)


@pytest.mark.proof
@cases(25)
@given(
    types=st.tuples(*(st.sampled_from(TYPES) for _ in COLUMNS)).filter(lambda types: set(types) != {1}),
    members=st.lists(st.lists(states, min_size=1, max_size=7), min_size=1, max_size=8),
)
def test_a_dimension_shows_what_was_recorded_as_its_types_say(types, members):
    spec = typed(types)
    recorded = {number: _with_times(runs, spec) for number, runs in enumerate(members)}
    with duckdb.connect() as warehouse:
        _build(warehouse, types, recorded)
        for number, rows in recorded.items():
            found = _found(warehouse, "dim_customers", number)
            wanted = show([row for row, _, _ in rows], spec)
            names = list(dict.fromkeys(name for row in wanted for name in row))
            assert [{name: row[name] for name in names} for row in found] == wanted
            if spec.has_versions:
                assert [(row["valid_from"], row["valid_to"]) for row in found] == _validity(rows, spec)
            if spec.of(4):
                _check_profiles(warehouse, number, rows, spec, found)


def _with_times(runs: list[tuple | None], spec: Typed) -> list[tuple[Recorded, str, str]]:
    """The rows that a snapshot has recorded of a member on the days of these runs, with their validity."""
    seen = [None if state is None else dict(zip(COLUMNS, state, strict=True)) for state in runs]
    begins = [len(record((state, spec) for state in seen[:day])) for day in range(len(seen) + 1)]
    rows = record((state, spec) for state in seen)
    times = []
    for number in range(len(rows)):
        since = begins.index(number + 1)
        ends = [day + 1 for day in range(since, len(seen)) if seen[day] is None or begins[day + 1] > number + 1]
        times.append((f"2024-01-{since:02}", f"2024-01-{ends[0]:02}" if ends else LAST))
    return [(row, *time) for row, time in zip(rows, times, strict=True)]


def _validity(rows: list[tuple[Recorded, str, str]], spec: Typed) -> list[tuple[str, str]]:
    """The validity of each version: until the last of the recorded rows that it consists of ends."""
    begin = [any(row is version for version in versions([row for row, _, _ in rows], spec)) for row, _, _ in rows]
    found: list[tuple[str, str]] = []
    for (_, since, until), begins in zip(rows, begin, strict=True):
        if begins:
            found.append((since if found else "1900-01-01", until))
        else:
            found[-1] = (found[-1][0], until)
    return found


def _build(warehouse: duckdb.DuckDBPyConnection, types: tuple[int, ...], recorded: dict[int, Any]) -> None:
    """Build the models of the dimension on these recorded rows."""
    columns = [{"name": name, "type": "text", "history": type_} for name, type_ in zip(COLUMNS, types, strict=True)]
    table = {
        "name": "customers",
        "key": ["customer_id"],
        "columns": [{"name": "customer_id", "type": "integer"}, *columns],
    }
    source = Source.model_validate({"name": "shop", "kind": "postgres", "tables": [table]})
    catalog = load_catalog()
    texts = render(make_plan(Spec(platform=Platform(name="acme"), sources=(source,)), catalog), catalog)
    project = Project(texts)
    models = {path.rpartition("/")[2].removesuffix(".sql"): text for path, text in texts.items()}
    warehouse.execute(
        "create table snap_shop__customers "
        "(customer_id integer, name text, city text, tier text, dbt_valid_from timestamp, dbt_valid_to timestamp)"
    )
    for number, rows in recorded.items():
        for row, since, until in rows:
            values = [number, *(row.row[name] for name in COLUMNS), since, None if until == LAST else until]
            warehouse.execute("insert into snap_shop__customers values (?, ?, ?, ?, ?, ?)", values)
    for name in MODELS:
        if name in models:
            warehouse.execute(f"create table {name} as {project.rendered(models[name])}")


def _found(warehouse: duckdb.DuckDBPyConnection, model: str, number: int) -> list[dict[str, Any]]:
    """The rows of a member, in the order of time; times are shown as dates."""
    result = warehouse.execute(f"select * from {model} where customer_id = {number}")
    names = [column for column, *_ in result.description]
    rows = [
        {name: str(value)[:10] if name.startswith("valid_") else value for name, value in zip(names, row, strict=True)}
        for row in result.fetchall()
    ]
    return sorted(rows, key=lambda row: row.get("valid_from", ""))


def _check_profiles(
    warehouse: duckdb.DuckDBPyConnection,
    number: int,
    rows: list[tuple[Recorded, str, str]],
    spec: Typed,
    found: list[dict[str, Any]],
) -> None:
    """Each recorded row has its profile, and the dimension has the last one."""
    names = ", ".join(spec.of(4))
    known = {
        key: values
        for key, *values in warehouse.execute(
            f"select customer_profile_key, {names} from dim_customers_profile"
        ).fetchall()
    }
    keys = [row["customer_profile_key"] for row in _found(warehouse, "int_customers_profiles", number)]
    assert [known[key] for key in keys] == [[row.row[name] for name in spec.of(4)] for row, _, _ in rows]
    assert {row["current_customer_profile_key"] for row in found} == set(keys[-1:])
    assert known["-1"] == [None] * len(spec.of(4))
