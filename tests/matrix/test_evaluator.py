"""Each of our versions of dbt_project_evaluator's rules finds its violations."""

from __future__ import annotations

from typing import Any

import pytest
from evaluator import RULES, Project


def node(name: str, *parents: str, kind: str = "model", folder: str = "marts", **more: Any) -> dict[str, Any]:
    """A node of a manifest; parents are named by kind and name, as in `source.orders`."""
    path = f"models/{folder}"
    properties: dict[str, Any] = {
        "name": name,
        "unique_id": f"{kind}.{name}",
        "resource_type": kind,
        "fqn": ["acme", *folder.split("/"), name],
        "original_file_path": f"{path}/{name}.sql",
        "depends_on": {"nodes": list(parents)},
        "raw_code": "select 1",
        "description": "Words.",
        "access": "public" if folder == "marts" else "protected",
        "contract": {"enforced": folder == "marts"},
        "config": {"materialized": "table" if folder == "marts" else "view"},
        "columns": {},
    }
    return properties | more


def source(name: str, **more: Any) -> dict[str, Any]:
    """A source table that follows all rules."""
    late = {"warn_after": {"count": 1}, "error_after": {"count": 2}}
    own = {"schema": "raw_shop", "identifier": name, "source_name": "shop", "freshness": late}
    return node(name, kind="source", folder="staging/shop", **own | {"source_description": "Words."} | more)


def key_tests(model: str, *names: str, path: str = "models/marts/x.yml") -> list[dict[str, Any]]:
    """Data tests on the key of a model."""
    return [
        {
            "resource_type": "test",
            "name": f"{name}_{model}",
            "unique_id": f"test.{model}.{name}",
            "attached_node": f"model.{model}",
            "column_name": "id",
            "test_metadata": {"name": name},
            "original_file_path": path,
            "depends_on": {"nodes": [f"model.{model}"]},
        }
        for name in names
    ]


def project(*nodes: dict[str, Any], exposures: tuple[dict[str, Any], ...] = ()) -> Project:
    """A project of these nodes, with their children."""
    children: dict[str, list[str]] = {node["unique_id"]: [] for node in nodes}
    for each in nodes:
        for parent in each["depends_on"]["nodes"]:
            children[parent].append(each["unique_id"])
    return Project(
        {
            "nodes": {each["unique_id"]: each for each in nodes if each["resource_type"] != "source"},
            "sources": {each["unique_id"]: each for each in nodes if each["resource_type"] == "source"},
            "exposures": {each["name"]: each for each in exposures},
            "child_map": children,
        }
    )


ORDERS = source("orders")
STAGED = node("stg_shop__orders", "source.orders", folder="staging/shop")
FACT = node("fct_orders", "model.stg_shop__orders")
DESCRIBED = (*key_tests("fct_orders", "unique", "not_null"),)
STAGED_TESTS = (*key_tests("stg_shop__orders", "unique_combination", path="models/staging/shop/x.yml"),)
GOOD = (ORDERS, STAGED, FACT, *DESCRIBED, *STAGED_TESTS)
DASHBOARD = {"name": "dashboard", "depends_on": {"nodes": ["model.fct_orders"]}}


def but(*changed: dict[str, Any]) -> list[dict[str, Any]]:
    """The good project, with these nodes added or replaced by name."""
    return list({each["unique_id"]: each for each in (*GOOD, *changed)}.values())


STG, SRC = "model.stg_shop__orders", "source.orders"
BASES = [node(f"dim_{number}", STG) for number in range(7)]
VIEWS = [node(f"int_{n}", f"model.int_{n - 1}" if n else STG, folder="intermediate") for n in range(4)]
BROKEN = {
    "direct_join_to_source": but({**FACT, "depends_on": {"nodes": [STG, SRC]}}),
    "duplicate_sources": but(source("again", identifier="ORDERS")),
    "hard_coded_references": but({**FACT, "raw_code": "select * from raw_shop.orders"}),
    "marts_or_intermediate_dependent_on_source": but({**FACT, "depends_on": {"nodes": [SRC]}}),
    "multiple_sources_joined": but(source("lines"), {**STAGED, "depends_on": {"nodes": [SRC, "source.lines"]}}),
    "rejoining_of_upstream_concepts": but(
        node("int_orders", STG, folder="intermediate"), {**FACT, "depends_on": {"nodes": [STG, "model.int_orders"]}}
    ),
    "root_models": but(node("dim_things")),
    "source_fanout": but(node("stg_shop__more", SRC, folder="staging/shop")),
    "staging_dependent_on_staging": but(node("stg_shop__more", STG, folder="staging/shop")),
    "staging_without_joins": but({**STAGED, "raw_code": "select * from source left join customers on true"}),
    "too_many_joins": but(*BASES, node("dim_wide", *(base["unique_id"] for base in BASES))),
    "unused_sources": but(source("lines")),
    "missing_primary_key_tests": [ORDERS, STAGED, FACT, *DESCRIBED[:1], *STAGED_TESTS],
    "sources_without_freshness": but({**ORDERS, "freshness": {"warn_after": {"count": 1}}}),
    "undocumented_models": but({**FACT, "description": ""}),
    "undocumented_source_tables": but({**ORDERS, "source_description": ""}),
    "model_naming_conventions": but({**FACT, "name": "orders"}),
    "model_directories": but({**FACT, "original_file_path": "models/marts/sales/fct_orders.sql"}),
    "source_directories": but({**ORDERS, "original_file_path": "models/sources.yml"}),
    "test_directories": but(*key_tests("fct_orders", "unique", path="models/tests.yml")),
    "chained_views": but(*VIEWS),
    "exposure_parents_materializations": but({**FACT, "config": {"materialized": "view"}}),
    "exposures_dependent_on_private_models": but({**FACT, "access": "protected"}),
    "public_models_without_contract": but({**FACT, "contract": {"enforced": False}}),
    "undocumented_public_models": but({**FACT, "columns": {"id": {"name": "id", "description": ""}}}),
}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_a_rule_finds_what_breaks_it_and_nothing_else(rule):
    assert rule.__doc__
    assert list(rule(project(*GOOD, exposures=(DASHBOARD,)))) == []
    assert list(rule(project(*BROKEN[rule.__name__], exposures=(DASHBOARD,)))) != []
