"""The rules of dbt_project_evaluator that can be checked on a manifest, under their names in the package.

A rule is a function from a `Project` to the names of the violations; its docstring states the rule, and the reason for
an exception. Rules about numbers that depend on the sources, not on the structure of the project, are left out:
fan-out of models, and joins of facts and wide tables (a fact has as many joins as it has dimensions).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any

Node = dict[str, Any]
RULES: list[Callable[[Project], Iterator[str]]] = []
PREFIXES = {
    "staging": ("stg_",),
    "intermediate": ("int_",),
    "marts": ("fct_", "dim_", "bridge_", "obt_", "served_"),
    "vault": ("hub_", "link_", "sat_", "eff_", "pit_", "loads"),
}
PRIMARY_KEY_TESTS = ({"unique", "not_null"}, {"unique_combination"})
MOST_JOINS = 7
COMPANION = "__keys"
"""The suffix of the table of a source table's current keys, which belongs to the loaded table."""


class Project:
    """A dbt manifest, by layers."""

    def __init__(self, manifest: Node):
        self.manifest = manifest

    @cached_property
    def nodes(self) -> dict[str, Node]:
        """Models, snapshots and sources by id."""
        kinds = ("model", "snapshot")
        nodes = {id_: node for id_, node in self.manifest["nodes"].items() if node["resource_type"] in kinds}
        return nodes | self.manifest["sources"]

    @property
    def models(self) -> Iterator[Node]:
        """All models."""
        return (node for node in self.nodes.values() if node["resource_type"] == "model")

    @property
    def sources(self) -> Iterator[Node]:
        """All tables of sources."""
        return (node for node in self.nodes.values() if node["resource_type"] == "source")

    @property
    def exposures(self) -> Iterator[Node]:
        """All exposures."""
        return iter(self.manifest["exposures"].values())

    def parents(self, node: Node) -> list[Node]:
        """What the node reads."""
        return [self.nodes[id_] for id_ in dict.fromkeys(node["depends_on"]["nodes"]) if id_ in self.nodes]

    def children(self, node: Node) -> list[Node]:
        """The models and snapshots that read the node."""
        ids = dict.fromkeys(self.manifest["child_map"][node["unique_id"]])
        return [self.nodes[id_] for id_ in ids if id_ in self.nodes]

    def tests(self, node: Node) -> Iterator[Node]:
        """The data tests of the node."""
        for test in self.manifest["nodes"].values():
            if test["resource_type"] == "test" and test.get("attached_node") == node["unique_id"]:
                yield test


def layer(node: Node) -> str:
    """The node's folder in models/, or `source` or `snapshot`."""
    return node["fqn"][1] if node["resource_type"] == "model" else node["resource_type"]


def rule(function: Callable[[Project], Iterator[str]]) -> Callable[[Project], Iterator[str]]:
    """Register the function as a rule."""
    RULES.append(function)
    return function


@rule
def direct_join_to_source(project: Project) -> Iterator[str]:
    """No model reads both a source and another model."""
    for model in project.models:
        if len({"source", "model"} & {node["resource_type"] for node in project.parents(model)}) == 2:
            yield model["name"]


@rule
def duplicate_sources(project: Project) -> Iterator[str]:
    """No two sources are the same table of the warehouse."""
    places = [(node["schema"], node["identifier"].lower()) for node in project.sources]
    yield from (".".join(place) for place in set(places) if places.count(place) > 1)


@rule
def hard_coded_references(project: Project) -> Iterator[str]:
    """Models are read with `ref` and sources with `source`, never by their name in the warehouse."""
    for model in project.models:
        if re.search(r"\b(?:from|join)\s+(?!\w+\s*\()[\w\"]+\.[\w\"]+", model["raw_code"], re.IGNORECASE):
            yield model["name"]


@rule
def marts_or_intermediate_dependent_on_source(project: Project) -> Iterator[str]:
    """Only staging reads sources."""
    for model in project.models:
        if layer(model) != "staging" and any(layer(node) == "source" for node in project.parents(model)):
            yield model["name"]


@rule
def multiple_sources_joined(project: Project) -> Iterator[str]:
    """A staging model reads one source table, and its table of keys if deletes are flagged."""
    for model in project.models:
        tables = [node["name"] for node in project.parents(model) if layer(node) == "source"]
        if len([name for name in tables if not name.endswith(COMPANION)]) > 1:
            yield model["name"]


@rule
def rejoining_of_upstream_concepts(project: Project) -> Iterator[str]:
    """No model reads a model and also the only parent of that model.

    Exceptions: snapshots record versions, which their model cannot; a hierarchy is recursive and needs its own query; a
    point-in-time table says which rows of its parents to join.
    """
    for model in project.models:
        parents = project.parents(model)
        for parent in parents:
            made_of = project.parents(parent) if parent["resource_type"] == "model" else []
            alone = len(made_of) == 1 and project.children(parent) == [model]
            if alone and made_of[0] in parents and not re.search(r"^pit_|_(hierarchy|lineage)$", parent["name"]):
                yield f"{model['name']} through {parent['name']}"


@rule
def root_models(project: Project) -> Iterator[str]:
    """Every model except the calendar and the times of loads, which are computed, has a parent."""
    computed = ("calendar_days", "now_in_utc")
    yield from (
        model["name"]
        for model in project.models
        if not project.parents(model) and not any(macro in model["raw_code"] for macro in computed)
    )


@rule
def source_fanout(project: Project) -> Iterator[str]:
    """A source table is read by one model."""
    yield from (node["name"] for node in project.sources if len(project.children(node)) > 1)


@rule
def staging_dependent_on_staging(project: Project) -> Iterator[str]:
    """Staging reads sources only."""
    for model in project.models:
        if layer(model) == "staging" and any(layer(node) != "source" for node in project.parents(model)):
            yield model["name"]


@rule
def staging_without_joins(project: Project) -> Iterator[str]:
    """Staging renames and casts: it joins only the table of keys, and does not aggregate."""
    for model in project.models:
        if layer(model) == "staging":
            joins = re.findall(r"\bjoin\s+(\w+)", model["raw_code"])
            if [name for name in joins if name != "present"] or re.search(r"\bgroup by\b", model["raw_code"]):
                yield model["name"]


@rule
def too_many_joins(project: Project) -> Iterator[str]:
    """A model that is neither a fact nor a wide table reads fewer than seven models.

    Exception: the parts of a row of a vault, which has a hub for each of its foreign keys.
    """
    for model in project.models:
        parents = [node for node in project.parents(model) if layer(node) != "vault"]
        if not model["name"].startswith(("fct_", "obt_")) and len(parents) >= MOST_JOINS:
            yield model["name"]


@rule
def unused_sources(project: Project) -> Iterator[str]:
    """Every source table is read."""
    yield from (node["name"] for node in project.sources if not project.children(node))


@rule
def missing_primary_key_tests(project: Project) -> Iterator[str]:
    """Every model tests that its key identifies a row."""
    for model in project.models:
        tests: dict[str | None, set[str]] = {}
        for test in project.tests(model):
            tests.setdefault(test["column_name"], set()).add(test["test_metadata"]["name"])
        if not any(wanted <= found for wanted in PRIMARY_KEY_TESTS for found in tests.values()):
            yield model["name"]


@rule
def sources_without_freshness(project: Project) -> Iterator[str]:
    """Every source table has a freshness limit."""
    for node in project.sources:
        bounds = node.get("freshness") or {}
        if not all((bounds.get(level) or {}).get("count") for level in ("warn_after", "error_after")):
            yield node["name"]


@rule
def undocumented_models(project: Project) -> Iterator[str]:
    """Every model is described."""
    yield from (model["name"] for model in project.models if not model["description"])


@rule
def undocumented_source_tables(project: Project) -> Iterator[str]:
    """Every source and each of its tables is described."""
    yield from (node["name"] for node in project.sources if not (node["description"] and node["source_description"]))


@rule
def model_naming_conventions(project: Project) -> Iterator[str]:
    """A model's prefix names its layer; a staging model names its source."""
    for model in project.models:
        staged = layer(model) != "staging" or model["name"].startswith(f"stg_{model['fqn'][2]}__")
        if not (model["name"].startswith(PREFIXES[layer(model)]) and staged):
            yield model["name"]


@rule
def model_directories(project: Project) -> Iterator[str]:
    """Staging models are in a folder of their source, the others in the folder of their layer."""
    for model in project.models:
        folder = PurePosixPath(model["original_file_path"]).parent.as_posix()
        sources = {node["source_name"] for node in project.parents(model) if layer(node) == "source"}
        wanted = f"models/staging/{sources.pop()}" if len(sources) == 1 else f"models/{layer(model)}"
        if folder != wanted:
            yield model["name"]


@rule
def source_directories(project: Project) -> Iterator[str]:
    """A source is defined in the folder of its staging models."""
    for node in project.sources:
        if PurePosixPath(node["original_file_path"]).parent.as_posix() != f"models/staging/{node['source_name']}":
            yield node["name"]


@rule
def test_directories(project: Project) -> Iterator[str]:
    """The tests of a model are in its folder."""
    for model in project.models:
        folder = PurePosixPath(model["original_file_path"]).parent
        for test in project.tests(model):
            if PurePosixPath(test["original_file_path"]).parent != folder:
                yield test["name"]


@rule
def chained_views(project: Project) -> Iterator[str]:
    """No chain of views is longer than three."""

    def views_below(node: Node) -> int:
        if node.get("config", {}).get("materialized") != "view":
            return 0
        return 1 + max(map(views_below, project.parents(node)), default=0)

    yield from (model["name"] for model in project.models if views_below(model) > 3)


@rule
def exposure_parents_materializations(project: Project) -> Iterator[str]:
    """An exposure reads tables, not views or sources."""
    for exposure in project.exposures:
        for parent in project.parents(exposure):
            if parent.get("config", {}).get("materialized") not in ("table", "incremental"):
                yield f"{exposure['name']} on {parent['name']}"


@rule
def exposures_dependent_on_private_models(project: Project) -> Iterator[str]:
    """Exposures depend on marts, which are public."""
    for exposure in project.exposures:
        parents = project.parents(exposure)
        if not parents or any(layer(node) != "marts" or node["access"] != "public" for node in parents):
            yield exposure["name"]


@rule
def public_models_without_contract(project: Project) -> Iterator[str]:
    """The columns and types of a public model are enforced; marts are public, and nothing else is."""
    for model in project.models:
        is_public = model["access"] == "public"
        if is_public != (layer(model) == "marts") or is_public != model["contract"]["enforced"]:
            yield model["name"]


@rule
def undocumented_public_models(project: Project) -> Iterator[str]:
    """Every column of a public model is described."""
    for model in project.models:
        for column in model["columns"].values() if model["access"] == "public" else ():
            if not column["description"]:
                yield f"{model['name']}.{column['name']}"
