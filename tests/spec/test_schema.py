"""The JSON Schemas and the reference page say what the models say."""

from __future__ import annotations

import json

from platform_new.catalog import SOURCE_AXIS, load_catalog, template_root
from platform_new.spec.models import Column, Platform, Source, Table
from platform_new.spec.reference import COMMAND, reference_page
from platform_new.spec.schema import event_source_schema, platform_schema, schema_files, source_schema


def keys(model):
    return {field.alias or name for name, field in model.model_fields.items()}


def test_the_schemas_have_every_key_and_allow_no_other():
    platform, source = platform_schema(load_catalog()), source_schema(load_catalog())
    for schema, model in (
        (platform, Platform),
        (source, Source),
        (source["$defs"]["Table"], Table),
        (source["$defs"]["Column"], Column),
    ):
        assert set(schema["properties"]) == keys(model)
        assert schema["additionalProperties"] is False


def test_editors_offer_the_choices_of_the_catalog_with_their_summaries():
    catalog = load_catalog()
    platform = platform_schema(catalog)["properties"]
    for axis in catalog.questions:
        offered = platform[axis.name]["anyOf"][0] if axis.many else platform[axis.name]
        assert offered["enum"] == [*axis.choices, *([] if axis.many else [None])]
        for choice, description in zip(axis.choices.values(), offered["enumDescriptions"], strict=False):
            assert choice.summary in description
    kinds = catalog.axes[SOURCE_AXIS].choices
    offered = [schema(catalog)["properties"]["kind"]["enum"] for schema in (source_schema, event_source_schema)]
    assert offered[0] + offered[1] == list(kinds)
    assert all(kinds[name].carries_events for name in offered[1])


def test_schema_files_are_json():
    assert {name: json.loads(text)["type"] for name, text in schema_files(load_catalog()).items()} == {
        "event_source.json": "object",
        "platform.json": "object",
        "source.json": "object",
    }


def test_the_reference_page_is_up_to_date():
    page = template_root() / "docs/reference/spec.md"
    assert page.is_file() and page.read_text(encoding="utf-8") == reference_page(), f"run: {COMMAND}"
