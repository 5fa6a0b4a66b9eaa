"""Properties of the repository of any valid spec, with any texts."""

from __future__ import annotations

import ast
import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import promises
import pytest
import sqlglot
import strategies
import yaml
from dbt_jinja import Project
from effort import rendered
from hypothesis import example, given
from hypothesis import strategies as st
from promises import Tree
from pydantic import BaseModel, ValidationError

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.merge import baseline
from platform_new.plan.streams import PlannedTopic
from platform_new.render import render
from platform_new.samples import sample_source
from platform_new.spec.defaults import complete
from platform_new.spec.events.models import EventField
from platform_new.spec.load import load_spec
from platform_new.spec.models import Platform, Source, Spec

CATALOG = load_catalog()
STYLES = list(CATALOG.axes["modeling"].choices)
each_style = pytest.mark.parametrize(
    "modeling", [pytest.param(style, marks=[pytest.mark.exhaustive] * (style != STYLES[0])) for style in STYLES]
)
"""The first modelling style; the others in depth."""
SYNTAX = (
    promises.files_are_those_planned,
    promises.yaml_parses,
    promises.json_parses,
    promises.lookml_parses,
    promises.python_compiles,
    promises.models_render,
    promises.properties_name_what_exists,
    promises.unit_tests_have_names_that_fit,
    promises.white_space_is_tidy,
    promises.links_lead_somewhere,
    promises.variables_are_documented,
)


@contextmanager
def repository(spec: Spec) -> Iterator[Tree]:
    """The repository of a spec."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "acme"
        flow.create(folder, spec, git=False)
        yield Tree(folder, flow.plan_for(spec))


def said(spec: Spec, text: str) -> Spec:
    """The spec with the text in every field that accepts a text."""
    sources = []
    for source in spec.sources:
        tables = []
        for table in source.tables:
            columns = [
                {**_given(column), "description": text, "source_type": text, "origin": f"{column.name}{text}"}
                for column in table.columns
            ]
            names = {"origin": f"{table.name}{text}", "schema": text or None}
            tables.append({**_given(table), "description": text, "columns": columns, **names})
        sources.append({**_given(source), "description": text, "owner": text or None, "tables": tables})
    events = []
    for source in spec.event_sources:
        topics = [
            {**_given(topic), "description": text, "fields": [_said(field, text) for field in topic.fields]}
            for topic in source.topics
        ]
        streams = [
            {
                **_given(stream),
                "description": text,
                "aggregates": [{**_given(figure), "description": text} for figure in stream.aggregates],
            }
            for stream in source.streams
        ]
        events.append(
            {**_given(source), "description": text, "owner": text or None, "topics": topics, "streams": streams}
        )
    platform = {**_given(spec.platform), "description": text, "owner": text or "nobody"}
    return Spec.model_validate({"platform": platform, "sources": sources, "event_sources": events})


def _said(field: EventField, text: str) -> dict[str, Any]:
    fields = [_said(each, text) for each in field.fields]
    values = {"values": [text, "another"]} if field.type == "text" and not field.repeated else {}
    return {**_given(field), "origin": f"{field.name}{text}", "description": text, "fields": fields, **values}


def _given(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(by_alias=True)


def small(**choices: str) -> Spec:
    """A platform with every role of table, small enough to be rendered often."""
    source = sample_source("shop")
    kept = [table for table in source.tables if table.name in ("customers", "addresses", "countries", "employees")]
    orders = source.table("orders").model_copy(update={"role": "fact"})
    return Spec(
        platform=Platform(name="acme", **choices), sources=(source.model_copy(update={"tables": (*kept, orders)}),)
    )


def with_events(spec: Spec) -> Spec:
    """The spec with a source of web events added."""
    source = sample_source("web")
    known = {f"{each.name}.{table.name}" for each in spec.sources for table in each.tables}
    topics = [
        topic.model_copy(
            update={
                "fields": tuple(
                    field
                    if (field.references or "").rpartition(".")[0] in known
                    else field.model_copy(update={"references": None})
                    for field in topic.fields
                )
            }
        )
        for topic in source.topics
    ]
    platform = spec.platform.model_copy(update={"processing": "streaming"})
    events = source.model_copy(update={"topics": tuple(topics)})
    return spec.model_copy(update={"platform": platform, "event_sources": (events,)})


def findings(tree: Tree) -> list[str]:
    """The syntax errors of the tree: only the first kind of error, since later checks rely on earlier checks."""
    for check in SYNTAX:
        if found := [f"{check.__name__}: {path}: {what}" for path, what in check(tree)]:
            return found
    return []


def assert_sql_parses(tree: Tree) -> None:
    """Every model is SQL once dbt has rendered it, on the first run and on later ones."""
    project = Project(tree.texts)
    for path, text in tree.models.items():
        for incremental in (False, True):
            sql = project.rendered(text, incremental=incremental)
            assert len(sqlglot.parse(sql, dialect="duckdb")) == 1, path


def assert_texts_are_intact(tree: Tree) -> None:
    """Descriptions and origins in dbt's YAML (after Jinja) and in the contracts equal those of the spec."""
    project = Project({})
    said = {entry["name"]: entry for _, content in tree.properties for entry in content.get("models", ())}
    for table in tree.plan.tables:
        model = said[table.model]
        assert not table.spec.description or project.rendered(model["description"]) == table.spec.description
        assert [column["name"] for column in model["columns"]] == [column.name for column in table.columns]
        for column, planned in zip(model["columns"], table.columns, strict=True):
            assert project.rendered(column.get("description", "")) == planned.description
            if planned.origin:
                assert project.rendered(column["config"]["meta"]["origin"] + "|") == planned.origin + "|"
        contract = yaml.safe_load(tree.texts[f"contracts/inbound/{table.source}/{table.table}.odcs.yaml"])
        assert contract["schema"][0].get("description", "") == (table.spec.description or "")
        loaded = [column for column in table.spec.columns if not column.exclude]
        for column, planned in zip(contract["schema"][0]["properties"], loaded, strict=True):
            assert (column["name"], column.get("description", "")) == (planned.name, planned.description or "")
    for topic in (topic for events in tree.plan.events for topic in events.topics):
        assert_topic_is_intact(tree, topic)
    for mart in tree.plan.marts:
        grain = f". {mart.granularity}." if mart.version_key else ""
        what = mart.description.rstrip(".") if grain else mart.description
        assert project.rendered(said[mart.name]["description"]) == f"{what}{grain}"
        for column, planned in zip(said[mart.name]["columns"], mart.columns, strict=True):
            assert column["name"] == planned.name
            assert project.rendered(column.get("description", "")) == planned.description


def assert_topic_is_intact(tree: Tree, topic: PlannedTopic) -> None:
    """The names and values of fields in the Python and JSON of their topic equal those of the spec."""
    module = ast.parse(tree.texts[f"stream/topics/{topic.module}.py"])
    constants = {node.value for node in ast.walk(module) if isinstance(node, ast.Constant)}
    place = f"contracts/topics/{topic.events.name}/{topic.name}"
    contract = yaml.safe_load(tree.texts[f"{place}.odcs.yaml"])["schema"][0]
    assert contract.get("description", "") == (topic.spec.description or "")

    def check(fields: Sequence[EventField], schema: dict[str, Any], properties: list[dict[str, Any]]) -> None:
        assert list(schema["properties"]) == [field.source_name for field in fields]
        assert [each["name"] for each in properties] == [field.name for field in fields]
        for field, described in zip(fields, properties, strict=True):
            texts = {value for value in field.values or () if isinstance(value, str)}
            assert {field.name, field.source_name, *texts} <= constants
            assert described.get("description", "") == (field.description or "")
            inner = schema["properties"][field.source_name]
            inner, described = (inner["items"], described["items"]) if field.repeated else (inner, described)
            if field.fields:
                check(field.fields, inner, described["properties"])

    check(topic.spec.fields, json.loads(tree.texts[f"{place}.schema.json"]), contract["properties"])


@rendered
@given(strategies.specs())
def test_every_file_of_any_repository_is_valid(spec):
    with repository(spec) as tree:
        assert findings(tree) == []
        assert_sql_parses(tree)
        assert_texts_are_intact(tree)


@rendered
@given(strategies.specs(max_sources=2))
def test_what_is_rendered_is_what_is_planned_and_the_same_each_time(spec):
    plan = flow.plan_for(spec)
    with tempfile.TemporaryDirectory() as scratch:
        folders = [Path(scratch) / name for name in ("one", "other")]
        for folder in folders:
            render(plan, CATALOG, folder)
        one, other = (
            {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
            for folder in folders
        )
    assert one.keys() == {file.path for file in plan.files}
    assert one == other
    assert one == {path: text.encode() for path, text in render(plan, CATALOG).items()}


@rendered
@given(strategies.specs(max_sources=2))
def test_the_spec_in_a_repository_is_the_spec_that_it_was_generated_from(spec):
    with repository(spec) as tree:
        loaded = load_spec(tree.folder, CATALOG)
        assert (loaded.sources, loaded.event_sources) == (spec.sources, spec.event_sources)
        assert loaded.platform == complete(spec.platform, CATALOG, (*spec.sources, *spec.event_sources))
        texts = baseline.parse(tree.texts[baseline.PATH]).texts
        assert {path: tree.texts[path] for path in texts} == dict(texts)


@pytest.mark.proof
@each_style
@rendered
@given(text=strategies.texts.map(str.strip))
@example(text=" ".join(strategies.HOSTILE).strip())
@example(text="\n".join(strategies.HOSTILE).strip())
def test_a_hostile_text_is_safe_in_every_field(modeling, text):
    with repository(said(with_events(small(modeling=modeling)), text)) as tree:
        assert findings(tree) == []
        assert_sql_parses(tree)
        assert_texts_are_intact(tree)


CONTROLS = [chr(code) for code in (0, 7, 8, 11, 12, 27, 127, 0x85, 0x2028, 0xFEFF, 0xFFFE, 0xD800)]


@pytest.mark.proof
@pytest.mark.parametrize("control", CONTROLS, ids=lambda control: f"U+{ord(control):04X}")
def test_a_control_character_is_kept_or_refused(control):
    try:
        with repository(said(small(), f"a{control}b")) as tree:
            assert findings(tree) == []
            assert_texts_are_intact(tree)
            assert load_spec(tree.folder, CATALOG).sources[0].description == f"a{control}b"
    except (Refused, ValidationError) as refusal:
        assert str(refusal)


WORDS = (
    "on off yes no y n true false null none select from order group table user key value values class def return "
    "import lambda self async match type final source renamed joined present unknown_member model this ref config var "
    "valid_from valid_to is_current is_deleted changed_at dbt_valid_from date_key row_count"
).split()


@each_style
@rendered
@given(words=st.lists(st.sampled_from(WORDS), min_size=6, max_size=6, unique=True), name=st.sampled_from(WORDS))
def test_reserved_words_are_good_names(modeling, words, name):
    fact, dimension, key, other, number, time = words
    source = Source.model_validate(
        {
            "name": name,
            "kind": next(iter(CATALOG.axes["source"].choices)),
            "tables": [
                {
                    "name": fact,
                    "role": "fact",
                    "event_time": time,
                    "load": {"mode": "incremental", "cursor": time, "deletes": "mark"},
                    "key": [key],
                    "columns": [
                        {"name": key, "type": "bigint"},
                        {"name": other, "type": "bigint", "references": f"{dimension}.{key}"},
                        {"name": number, "type": "numeric(10,2)"},
                        {"name": time, "type": "timestamptz"},
                    ],
                },
                {
                    "name": dimension,
                    "load": {"mode": "incremental", "cursor": time},
                    "key": [key],
                    "columns": [
                        {"name": key, "type": "bigint"},
                        {"name": other, "type": "bigint", "references": f"{dimension}.{key}"},
                        {"name": number, "type": "text", "values": ["it's", "{{ x }}"]},
                        {"name": time, "type": "timestamp"},
                    ],
                },
            ],
        }
    )
    with repository(Spec(platform=Platform(name="acme", modeling=modeling), sources=(source,))) as tree:
        assert findings(tree) == []
        assert_sql_parses(tree)
        assert_texts_are_intact(tree)
