"""The semantic layer derived from the marts: valid for MetricFlow, and what an analyst expects of a shop."""

from __future__ import annotations

import re

import strategies
from effort import planned
from hypothesis import given

from platform_new.catalog import load_catalog
from platform_new.plan import make_plan
from platform_new.plan.semantics import RESERVED
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Source, Spec

CATALOG = load_catalog()
VALID = re.compile(r"(?!.*__)[a-z][a-z0-9_]*[a-z0-9]")


def models_of(spec: Spec) -> dict:
    return {model.name: model for model in make_plan(spec, CATALOG).collections["semantic_model"]}


def shop(**changes) -> Spec:
    source = sample_source("shop")
    tables = tuple(table.model_copy(update=changes.get(table.name, {})) for table in source.tables)
    return Spec(platform=Platform(name="acme"), sources=(source.model_copy(update={"tables": tables}),))


@planned
@given(strategies.specs())
def test_names_are_valid_and_a_name_has_one_meaning_in_all_models(spec):
    plan = make_plan(spec, CATALOG)
    columns = {mart.name: {column.name for column in mart.columns} for mart in plan.marts}
    models = plan.collections["semantic_model"]
    kinds: dict[str, set[str]] = {}
    metrics = [each.name for model in models for each in (*model.measures, *model.ratios)]
    assert len(metrics) == len(set(metrics))
    assert len(models) == len({model.name for model in models})
    for model in models:
        elements = [
            *(("entity", each.name, each.column) for each in (*model.entities, model.entity)),
            *(("time" if each.is_time else "category", each.name, each.column) for each in model.dimensions),
            *(("metric", each.name, each.column) for each in model.measures),
        ]
        names = [name for _, name, _ in elements]
        assert len(names) == len(set(names)), model.name
        assert {column for *_, column in elements if column} <= columns[model.mart]
        for kind, name, _ in elements:
            kinds.setdefault(name, set()).add(kind)
            assert VALID.fullmatch(name) and name not in RESERVED
        assert bool(model.measures) == bool(model.time)
        known = {each.name for each in model.measures}
        totals = list(model.totals.values())
        assert len(totals) == len({*totals} - columns[model.mart])
        assert {part for ratio in model.ratios for part in (ratio.numerator, ratio.denominator)} <= known
    assert {name: kind for name, kind in kinds.items() if len(kind) > 1} == {}


def test_a_shop_has_revenue_by_the_time_of_the_order_and_per_order():
    items = models_of(shop())["order_items"]
    assert items.time == "ordered_at"
    by_name = {measure.name: measure for measure in items.measures}
    assert by_name["net_amount"].aggregation == "sum"
    assert by_name["average_unit_price"].aggregation == "average", "a sum of unit prices means nothing"
    assert {ratio.name: ratio.denominator for ratio in items.ratios}[
        "net_amount_per_order"
    ] == "orders_with_order_items"
    assert by_name["orders_with_order_items"].column == "order_id"


def test_each_role_of_a_dimension_is_a_model_to_group_by():
    models = models_of(shop())
    roles = {entity.name for entity in models["order_items"].entities}
    assert {"customer", "billing_address", "shipping_address", "product"} <= roles
    assert models["billing_address"].mart == models["shipping_address"].mart == "dim_addresses"


def test_personal_data_and_technical_times_are_nothing_to_group_by():
    models = models_of(shop())
    shown = {dimension.column for model in models.values() for dimension in model.dimensions}
    assert {"segment", "status"} <= shown
    assert not {"email", "first_name", "birth_date", "changed_at", "valid_from"} & shown


def test_a_level_is_not_summed_over_time_and_deleted_rows_do_not_count():
    orders = next(table for table in sample_source("shop").tables if table.name == "orders")
    columns = tuple(
        column.model_copy(update={"measure": "semi_additive"}) if column.name == "shipping_cost" else column
        for column in orders.columns
    )
    load = orders.load.model_copy(update={"deletes": "mark"})
    found = models_of(shop(orders={"columns": columns, "load": load}))["orders"]
    by_name = {measure.name: measure for measure in found.measures}
    assert by_name["shipping_cost"].level
    assert {measure.without for measure in found.measures} == {"is_deleted"}


def test_a_fact_without_a_time_has_no_metrics():
    bare = {"event_time": None}
    assert models_of(shop(orders=bare, order_items=bare)) == {}


def test_names_that_metricflow_would_confuse_stay_apart():
    columns = [
        {"name": "a", "type": "timestamp"},
        *({"name": name, "type": "text"} for name in ("x__y", "x_y", "_1", "day")),
    ]
    table = {"name": "hits", "role": "fact", "event_time": "a", "columns": columns}
    source = Source.model_validate({"name": "web", "kind": "postgres", "tables": [table]})
    found = models_of(Spec(platform=Platform(name="acme"), sources=(source,)))["hits"]
    assert {each.column: each.name for each in found.dimensions} == {
        "a": "a_value",
        "x__y": "x_y",
        "x_y": "x_y_2",
        "_1": "n1",
        "day": "day_value",
    }
