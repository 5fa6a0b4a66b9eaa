"""The types of facts, and the weights of bridges."""

from __future__ import annotations

import pytest
from small_specs import CUSTOMER, INCREMENTAL, mart, plan_of, table

from platform_new.catalog import load_catalog
from platform_new.spec.models import Platform, Source, Spec
from platform_new.spec.rules import check

FILM, ACTOR = table("film", "film_id:bigint! title:text"), table("actor", "actor_id:bigint! name:text")
CAST = table(
    "film_actor",
    "film_id:bigint!>film.film_id actor_id:bigint!>actor.actor_id updated_at:timestamp",
    role="bridge",
    weights_of="film_id",
) | {"key": ["film_id", "actor_id"]}


@pytest.mark.parametrize(
    ("columns", "options", "expected"),
    [
        ("id:bigint! at:timestamp! customer_id:bigint", {}, "factless"),
        ("id:bigint! at:timestamp! amount:numeric(10,2)", {}, "transaction"),
        ("id:bigint! at:timestamp! balance:numeric(10,2)", {}, "transaction"),
        ("id:bigint! at:date! balance:numeric(10,2)", {"key": ["id", "at"]}, "periodic snapshot"),
        ("id:bigint! at:date! paid_on:date sent_on:date amount:numeric(10,2)", {}, "accumulating snapshot"),
    ],
)
def test_a_fact_has_the_type_that_its_columns_make_it(columns, options, expected):
    fact = table("things", columns, role="fact", event_time="at") | options
    assert mart(plan_of(CUSTOMER, fact), "fct_things").config["meta"]["fact_type"] == expected


def test_a_weighed_bridge_shares_each_whole_out_among_its_rows():
    plan = plan_of(FILM, ACTOR, CAST)
    bridge = mart(plan, "bridge_film_actor")
    (weight,) = (item for _, group in bridge.detail.groups for item in group if item.column.name == "weight")
    assert weight.expression == "cast(1 as {{ type_double() }}) / count(*) over (partition by film_actor.film_id)"
    assert "weights_add_up" in {test.name for test in bridge.tests}
    assert plan.explain("transform/macros/tests/weights_add_up.sql")


def test_soft_deleted_links_have_no_weight():
    marked = CAST | {"load": INCREMENTAL | {"deletes": "mark"}}
    bridge = mart(plan_of(FILM, ACTOR, marked), "bridge_film_actor")
    (weight,) = (item for _, group in bridge.detail.groups for item in group if item.column.name == "weight")
    assert weight.expression.startswith("case when film_actor.is_deleted then 0 else ")
    assert "count(case when not film_actor.is_deleted then 1 end)" in weight.expression


def test_without_weights_there_is_no_test_of_them():
    plan = plan_of(FILM, ACTOR, {**CAST, "weights_of": None})
    assert "weight" not in {column.name for column in mart(plan, "bridge_film_actor").columns}
    assert not plan.explain("transform/macros/tests/weights_add_up.sql")


@pytest.mark.parametrize(
    ("bridge", "reason"),
    [
        (CAST | {"weights_of": "movie_id"}, "no such column"),
        (CAST | {"weights_of": "updated_at"}, "no foreign key"),
        (CAST | {"role": "dimension"}, "only a bridge has weights"),
    ],
)
def test_weights_that_make_no_sense_are_refused(bridge, reason):
    source = Source.model_validate({"name": "shop", "kind": "postgres", "tables": [FILM, ACTOR, bridge]})
    (finding,) = check(Spec(platform=Platform(name="acme"), sources=(source,)), load_catalog())
    assert reason in finding.reason
    assert finding.hint
