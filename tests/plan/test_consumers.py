"""Consumers: the marts that they read, their exposures, and the roles that may read each mart."""

from __future__ import annotations

import pytest
from small_specs import CITY, COUNTRY, CUSTOMER, LINE, ORDER, plan_of

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.spec.consumers import Consumer
from platform_new.spec.models import Platform, Source, Spec
from platform_new.spec.rules import check

TABLES = (COUNTRY, CITY, CUSTOMER, ORDER, LINE)
ANYTHING = Consumer(name="explore", role="analysts")
REVENUE = Consumer(name="revenue", reads=("shop.orders",), role="finance")


def test_without_consumers_there_is_no_exposure_and_no_grant():
    plan = plan_of(*TABLES)
    assert plan.exposures == ()
    assert plan.readers.all == ()
    assert not plan.writes_into("transform/models/exposures")


def test_a_consumer_reads_all_marts_or_those_of_the_tables_that_it_names():
    plan = plan_of(*TABLES, consumers=(ANYTHING, REVENUE))
    read = {exposure.name: exposure.marts for exposure in plan.exposures}
    assert read == {"explore": tuple(mart.name for mart in plan.marts), "revenue": ("fct_orders",)}
    assert plan.explain("transform/models/exposures/revenue.yml")


def test_a_role_also_reads_the_calendar_which_is_of_no_table():
    plan = plan_of(*TABLES, consumers=(REVENUE,))
    assert plan.readers.of_all == ()
    assert plan.readers.of_one == {"fct_orders": ("finance",), "dim_date": ("finance",)}


def test_a_role_that_reads_all_marts_is_not_named_again():
    also = Consumer(name="more", reads=("shop.orders",), role="analysts")
    plan = plan_of(*TABLES, consumers=(ANYTHING, also, Consumer(name="a_file")))
    assert (plan.readers.of_all, plan.readers.of_one) == (("analysts",), {})


def test_a_table_without_a_mart_in_the_modelling_style_is_refused():
    reads = Consumer(name="letters", reads=("shop.orders", "shop.customer"))
    assert plan_of(*TABLES, consumers=(reads,)).exposures[0].marts == ("fct_orders", "dim_customer")
    with pytest.raises(
        Refused, match=r"platform.yml: the consumer `letters` reads tables without .* \(`shop.customer`\)"
    ):
        plan_of(*TABLES, modeling="obt", consumers=(reads,))


@pytest.mark.parametrize(
    ("consumers", "path", "reason"),
    [
        ((ANYTHING, ANYTHING), ("consumers", 1, "name"), "duplicate consumer"),
        ((Consumer(name="a", reads=("shop.order",)),), ("consumers", 0, "reads", 0), "unknown table"),
        ((Consumer(name="a", reads=("shop.orders", "shop.city")),), ("consumers", 0, "reads", 1), "no mart of its own"),
    ],
)
def test_a_mistake_is_found_with_its_place(consumers, path, reason):
    source = Source.model_validate({"name": "shop", "kind": "postgres", "tables": list(TABLES)})
    platform = Platform(name="acme", modeling="star", consumers=consumers)
    (finding,) = check(Spec(platform=platform, sources=(source,)), load_catalog())
    assert finding.path == path
    assert reason in finding.reason
    assert finding.hint
