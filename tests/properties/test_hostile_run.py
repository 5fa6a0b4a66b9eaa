"""dbt, DuckDB and dlt handle hostile texts and names as plain text."""

from __future__ import annotations

import json

import pytest
import strategies

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.spec.models import Platform, Source, Spec
from platform_new.spec.rules import check

pytestmark = pytest.mark.exhaustive
CATALOG = load_catalog()
TEXT = "\n".join(text for text in strategies.HOSTILE if len(text) < 100).strip()
VALUES = [text for text in strategies.HOSTILE if text.strip() and len(text) < 100]
NAMES = ["on", "select", "null", "order", "class"]


def hostile(modeling: str) -> Spec:
    """A fact and its dimension with reserved words as names, and hostile texts in every field."""

    def column(name: str, type_: str, **more):
        return {
            "name": name,
            "origin": f"{name} {TEXT}",
            "type": type_,
            "description": TEXT,
            "source_type": TEXT,
            **more,
        }

    def table(name: str, role: str, columns: list[dict]):
        load = {"mode": "incremental", "cursor": "null", "deletes": "mark"}
        texts = {"schema": TEXT, "origin": f"{name} {TEXT}", "description": TEXT}
        return {"name": name, "role": role, "load": load, "key": ["on"], "columns": columns, **texts}

    time, key = column("null", "timestamptz", required=True), column("on", "bigint", required=True)
    words = column("order", "text", values=VALUES)
    fact = [key, column("class", "bigint", references="group.on"), column("select", "numeric(10,2)"), time, words]
    tables = [table("table", "fact", fact), table("group", "dimension", [key, time, words])]
    kind = next(iter(CATALOG.axes["source"].choices))
    source = {"name": "user", "kind": kind, "description": TEXT, "owner": TEXT, "tables": tables}
    platform = {"name": "acme", "description": TEXT, "owner": TEXT, "modeling": modeling}
    return Spec(platform=Platform.model_validate(platform), sources=(Source.model_validate(source),))


@pytest.mark.parametrize("modeling", list(CATALOG.axes["modeling"].choices))
def test_a_platform_with_hostile_texts_runs_green_and_shows_them_unchanged(modeling, make, tmp_path):
    spec = hostile(modeling)
    assert check(spec, CATALOG) == []
    flow.create(tmp_path / "acme", spec, git=False)
    assert make(tmp_path / "acme", "run").returncode == 0
    outcome = json.loads((tmp_path / "acme/data/last_run.json").read_text())
    assert outcome["tests"]["failed"] == outcome["tests"]["warned"] == 0
    manifest = json.loads((tmp_path / "acme/transform/target/manifest.json").read_text())
    models = {node["name"]: node for node in manifest["nodes"].values() if node["resource_type"] == "model"}
    for table in flow.plan_for(spec).tables:
        assert models[table.model]["description"] == TEXT
        for column in table.columns:
            there = models[table.model]["columns"][column.name]
            assert there["description"] == column.description
            assert there["config"]["meta"].get("origin", "") == column.origin


def test_its_own_checks_are_green_too(make, tmp_path):
    flow.create(tmp_path / "acme", hostile(CATALOG.axes["modeling"].default[0]), git=False)
    assert make(tmp_path / "acme", "run", "check").returncode == 0
