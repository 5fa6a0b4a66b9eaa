"""After `make run` on a real database, the warehouse has the same data as the database."""

from __future__ import annotations

from decimal import Decimal

import pytest
from ruamel.yaml import YAML

from platform_new import flow

pytestmark = pytest.mark.proof
ACTORS = "select actor_id, first_name, last_name from staging.stg_sakila__actor"


def test_a_run_on_the_real_source_is_green(platform):
    first = platform.first
    assert first.green
    assert first.outcome["ok"] and first.outcome["sources"][platform.database.data_set]["mode"] == "real"
    assert first.outcome["tests"]["failed"] == first.outcome["models"]["failed"] == 0
    assert first.outcome["failures"] == []


def test_every_table_and_column_is_staged_or_left_out_for_a_stated_reason(platform):
    source = YAML(typ="safe").load(platform.repository / "sources" / f"{platform.database.data_set}.yml")
    reasons = {}
    for table in source["tables"]:
        origin = f"{table['schema']}.{table.get('origin', table['name'])}"
        reasons[origin] = table.get("exclude")
        for column in table["columns"]:
            reasons[origin, column.get("origin", column["name"])] = column.get("exclude")
    staged = platform.first.staged
    for table in platform.database.truth:
        if table.origin not in staged:
            assert reasons[table.origin]
            continue
        missing = set(table.columns) - set(staged[table.origin].columns.values())
        assert [column for column in sorted(missing) if not reasons[table.origin, column]] == []


def test_every_staging_table_has_the_rows_sums_and_dates_of_its_source(platform):
    first, wrong = platform.first, []
    for table in platform.database.truth:
        model = first.staged[table.origin]
        names = {origin: name for name, origin in model.columns.items()}
        sums = {column: total for column, total in table.sums.items() if column in names}
        latest = {column: time for column, time in table.latest.items() if column in names}
        values = ["count(*)", *(f"sum({names[column]})" for column in sums)]
        values += [f"max({names[column]}) is not distinct from {_literal(time)}" for column, time in latest.items()]
        found = first.query(f"select {', '.join(values)} from {model.schema}.{model.name}")[0]
        expected = [
            table.rows,
            *(_number(table, column, total) for column, total in sums.items()),
            *(True for _ in latest),
        ]
        wrong += [
            (table.origin, value, here, there)
            for value, here, there in zip(values, found, expected, strict=True)
            if here != there
        ]
    assert wrong == []


def test_every_fact_has_the_rows_of_its_grain(platform):
    rows = {table.origin: table.rows for table in platform.database.truth}
    facts = platform.first.marts("fct_", "bridge_", "obt_")
    counted = {fact.name: platform.first.query(f"select count(*) from marts.{fact.name}")[0][0] for fact in facts}
    assert facts and counted == {fact.name: rows[fact.origin] for fact in facts}


def test_every_dimension_has_the_members_of_its_table_and_the_unknown_member(platform):
    if platform.style == "obt":
        pytest.skip("wide tables have no dimensions")
    rows = {table.origin: table.rows for table in platform.database.truth}
    dimensions = [model for model in platform.first.marts("dim_") if model.origin]
    counted = {
        model.name: platform.first.query(f"select count(*) from marts.{model.name}")[0][0] for model in dimensions
    }
    assert dimensions and counted == {model.name: rows[model.origin] + 1 for model in dimensions}


def test_a_list_has_the_names_of_all_linked_rows(platform):
    if (platform.style, platform.database.data_set) != ("obt", "sakila"):
        pytest.skip("only the films of the wide tables have lists")
    first = platform.first
    cast: dict[int, list[str]] = {}
    actors = {key: f"{name} {surname}" for key, name, surname in first.query(ACTORS)}
    for actor, film in first.query("select actor_id, film_id from staging.stg_sakila__film_actor"):
        cast.setdefault(film, []).append(actors[actor])
    listed = dict(
        first.query(
            "select distinct inventory.film_id, rental.film_actor_list from marts.obt_rental as rental "
            "inner join staging.stg_sakila__inventory as inventory on rental.inventory_id = inventory.inventory_id"
        )
    )
    assert len(listed) > 900
    assert listed == {film: ", ".join(sorted(cast[film])) if film in cast else None for film in listed}


def test_a_key_points_to_the_unknown_member_only_where_its_source_points_nowhere(platform):
    if platform.style == "obt":
        pytest.skip("wide tables have no keys of dimensions")
    plan, checked = flow.plan_for(flow.load(platform.repository)), 0
    models = {table.table: table.model for table in plan.tables}
    dimensions = {mart.name: mart for mart in plan.marts if mart.kind == "dimension"}
    for mart in (mart for mart in plan.marts if mart.kind in ("fact", "bridge", "dimension")):
        names = {item.expression: item.column.name for _, group in mart.detail.groups for item in group}
        joins, selected = mart.detail.joins, names
        if mart.kind == "dimension":
            joins = mart.detail.outriggers.joins
            selected = {item.expression: item.column.name for item in mart.detail.outriggers.selected}
            names = {f"keyed.{column.name}": column.name for column in mart.columns}
        for expression, key in selected.items():
            join = next((join for join in joins if expression.startswith(f"coalesce({join.alias}.")), None)
            if join is None or join.name not in dimensions:
                continue
            parent = next(models[table.table] for table in plan.tables if table.origin == dimensions[join.name].grain)
            pairs = [(names[left], right) for left, right in join.on]
            points_nowhere = " or ".join(f"mart.{mine} is null" for mine, _ in pairs)
            same = " and ".join(f"mart.{mine} = parent.{theirs}" for mine, theirs in pairs)
            sql = (
                f"select count(*) filter ({key} = '-1'), count(*) filter ({points_nowhere} or not exists "
                f"(select 1 from staging.{parent} as parent where {same})) from marts.{mart.name} as mart"
            )
            unknown, nowhere = platform.first.query(sql)[0]
            assert unknown == nowhere, (mart.name, key)
            checked += 1
    assert checked


def _literal(time: str | None) -> str:
    return "null" if time is None else f"'{time}'"


def _number(table, column: str, total: str | None):
    """The sum at the source: exact, except for floating-point numbers, whose sum depends on the order."""
    if total is None:
        return None
    if column in table.approximate:
        return pytest.approx(float(total), rel=1e-6)
    return Decimal(total)
