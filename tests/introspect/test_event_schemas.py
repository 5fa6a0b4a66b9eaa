"""Introspects schemas of events: JSON Schema and Avro files."""

from __future__ import annotations

import json

import pytest
from ruamel.yaml import YAML

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.introspect import introspect
from platform_new.spec.events.models import EventSource
from platform_new.spec.models import Platform, Spec
from platform_new.spec.rules import check
from platform_new.spec.write import source_yaml


def look(path, schema, **options):
    """The proposal, which must obey every rule and be the same when written and read."""
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema))
    sighting = introspect(str(path), **options)
    spec = Spec(platform=Platform(name="acme", processing="streaming"), event_sources=(sighting.source,))
    assert check(spec, load_catalog()) == []
    text = source_yaml(sighting.source, sighting.reasons)
    assert EventSource.model_validate(YAML(typ="safe").load(text)) == sighting.source
    comments = " ".join(" ".join(line.partition("# ")[2] for line in text.splitlines()).split())
    for reason in sighting.reasons.values():
        assert reason[:30] in comments
    return sighting


def described(fields):
    """Each field's type with its other properties, in a short notation."""
    return {
        field.name: " ".join(
            str(part)
            for part in (
                field.type,
                "repeated" if field.repeated else "",
                "required" if field.required else "",
                field.values or "",
                f"{field.min}…{field.max}" if (field.min, field.max) != (None, None) else "",
                field.pii or "",
                described(field.fields) if field.fields else "",
            )
            if part != ""
        )
        for field in fields
    }


AT = {"type": "string", "format": "date-time"}


def event(properties, required=("at",), **more):
    return {"type": "object", "required": list(required), "properties": {"at": AT, **properties}, **more}


def fields_of(tmp_path, properties, **more):
    topic = look(tmp_path / "orders.schema.json", event(properties, **more)).source.topics[0]
    found = described(topic.fields)
    assert found.pop("at").startswith("timestamptz")
    return found


def test_types_formats_limits_and_what_is_required(tmp_path):
    properties = {
        "orderId": {"type": "integer", "format": "int32", "minimum": 1},
        "count": {"type": "integer", "exclusiveMinimum": 0, "maximum": 9},
        "price": {"type": ["number", "null"], "exclusiveMaximum": 100},
        "ratio": {"type": "number", "format": "float"},
        "paid": {"type": "boolean"},
        "day": {"type": "string", "format": "date"},
        "token": {"type": "string", "format": "uuid"},
        "photo": {"type": "string", "contentEncoding": "base64"},
        "status": {"enum": ["open", "paid", None]},
        "version": {"const": 2},
        "mail": {"type": "string", "format": "email"},
        "host": {"type": "string", "format": "ipv4"},
        "tags": {"type": "array", "items": {"type": "string", "enum": ["a", "b"]}},
    }
    required = ("at", "orderId", "price", "status", "mail")

    assert fields_of(tmp_path, properties, required=required) == {
        "order_id": "integer required 1…None",
        "count": "bigint 1…9",
        "price": "double None…100",
        "ratio": "real",
        "paid": "boolean",
        "day": "date",
        "token": "uuid credential",
        "photo": "binary",
        "status": "text ('open', 'paid')",
        "version": "bigint (2,)",
        "mail": "text required email",
        "host": "text ip",
        "tags": "text repeated ('a', 'b')",
    }


def test_references_and_combined_schemas_are_followed(tmp_path):
    properties = {
        "buyer": {"$ref": "#/$defs/person"},
        "payer": {"anyOf": [{"$ref": "#/$defs/person"}, {"type": "null"}]},
        "line": {"allOf": [{"$ref": "#/$defs/priced"}, {"$ref": "#/$defs/counted"}]},
        "state": {"oneOf": [{"const": "on"}, {"const": "off"}]},
    }
    definitions = {
        "person": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        "counted": {"properties": {"count": {"type": "integer"}}, "required": ["count"]},
        "priced": {"type": "object", "properties": {"price": {"type": "number"}}, "required": ["price"]},
    }
    required = ("at", "buyer", "payer")
    found = fields_of(tmp_path, properties, required=required, **{"$defs": definitions})

    assert found == {
        "buyer": "object required {'city': 'text required'}",
        "payer": "object {'city': 'text required'}",
        "line": "object {'price': 'double required', 'count': 'bigint required'}",
        "state": "text ('on', 'off')",
    }


def test_a_value_without_a_type_in_the_spec_is_kept_as_json_with_the_reason(tmp_path):
    schema = event(
        {
            "any": {},
            "several": {"type": ["string", "object"]},
            "either": {"oneOf": [{"type": "string"}, {"type": "array"}]},
            "map": {"type": "object", "additionalProperties": {"type": "string"}},
            "matrix": {"type": "array", "items": {"type": "array"}},
            "tree": {"$ref": "#/$defs/tree"},
        },
        **{"$defs": {"tree": {"type": "object", "properties": {"parent": {"$ref": "#/$defs/tree"}}}}},
    )
    sighting = look(tmp_path / "events.schema.json", schema)
    (topic,) = sighting.source.topics

    kept = ("any", "several", "either", "map", "matrix")
    assert {topic.field(name).type for name in kept} == {"json"}
    assert described(topic.field("tree").fields) == {"parent": "json"}
    for path in [(name,) for name in kept] + [("tree", "fields", "parent")]:
        assert "kept as JSON" in sighting.reasons[("topics", "events", "fields", *path, "type")]


@pytest.mark.parametrize(
    ("times", "required", "chosen"),
    [
        (["updated", "occurredAt"], ["updated", "occurredAt"], "occurred_at"),
        (["updated", "occurredAt"], ["updated"], "updated"),
        (["first", "second"], [], "first"),
    ],
)
def test_the_event_time_is_a_required_timestamp_with_a_fitting_name(tmp_path, times, required, chosen):
    schema = {"type": "object", "properties": dict.fromkeys(times, AT), "required": required}
    sighting = look(tmp_path / "things.schema.json", schema)

    assert sighting.source.topics[0].event_time == chosen
    assert sighting.reasons["topics", "things", "event_time"].startswith("a guess")


def test_the_topic_is_named_after_the_file(tmp_path):
    source = look(tmp_path / "shop.Orders-v1.schema.json", event({"user_email": {"type": "string"}})).source

    (topic,) = source.topics
    assert (topic.name, topic.origin, source.name) == ("shop_orders_v1", "shop.Orders-v1", "shop_orders_v1")
    assert topic.field("user_email").pii == "email"


RECORD = {
    "type": "record",
    "name": "Order",
    "namespace": "com.acme",
    "doc": "An order.",
    "fields": [
        {"name": "orderId", "type": "long", "doc": "Its number"},
        {"name": "at", "type": {"type": "long", "logicalType": "timestamp-millis"}},
        {"name": "status", "type": {"type": "enum", "name": "Status", "symbols": ["OPEN", "PAID"]}},
        {"name": "before", "type": ["null", "Status"], "default": None},
        {"name": "price", "type": {"type": "bytes", "logicalType": "decimal", "precision": 9, "scale": 2}},
        {"name": "day", "type": ["null", {"type": "int", "logicalType": "date"}]},
        {"name": "hash", "type": {"type": "fixed", "name": "Hash", "size": 16}},
        {"name": "labels", "type": {"type": "map", "values": "string"}},
        {"name": "amount", "type": ["int", "string"]},
        {"name": "tags", "type": {"type": "array", "items": "string"}},
        {
            "name": "lines",
            "type": {
                "type": "array",
                "items": {
                    "type": "record",
                    "name": "Line",
                    "fields": [{"name": "SKU", "type": "string"}, {"name": "n", "type": ["null", "int"]}],
                },
            },
        },
        {"name": "gift", "type": ["null", "com.acme.Line"]},
        {"name": "parent", "type": ["null", "Order"]},
        {"name": "nothing", "type": {"type": "record", "name": "Nothing", "fields": []}},
        {"name": "nothings", "type": {"type": "array", "items": "Nothing"}},
    ],
}


def test_an_avro_record_is_a_topic(tmp_path):
    source = look(tmp_path / "orders.avsc", RECORD).source
    (topic,) = source.topics

    assert (source.name, topic.name, topic.event_time, topic.description) == ("orders", "orders", "at", "An order.")
    line = "{'sku': 'text required', 'n': 'integer'}"
    assert described(topic.fields) == {
        "order_id": "bigint required",
        "at": "timestamptz required",
        "status": "text required ('OPEN', 'PAID')",
        "before": "text ('OPEN', 'PAID')",
        "price": "numeric(9, 2) required",
        "day": "date",
        "hash": "binary required",
        "labels": "json required",
        "amount": "json required",
        "tags": "text repeated required",
        "lines": f"object repeated required {line}",
        "gift": f"object {line}",
        "parent": "json",
        "nothing": "json required",
        "nothings": "json required",
    }
    assert topic.field("order_id").origin == "orderId"


def test_each_top_level_record_of_a_file_is_a_topic(tmp_path):
    at = {"name": "at", "type": {"type": "long", "logicalType": "timestamp-micros"}}
    schemas = [
        {"type": "record", "name": "Person", "fields": [{"name": "city", "type": "string"}]},
        {"type": "record", "name": "OrderPlaced", "fields": [at, {"name": "buyer", "type": "Person"}]},
        {"type": "record", "name": "OrderSent", "fields": [at]},
    ]
    source = look(tmp_path / "shop.avsc", schemas, name="web").source

    assert source.name == "web"
    assert [(topic.name, topic.origin) for topic in source.topics] == [
        ("order_placed", "OrderPlaced"),
        ("order_sent", "OrderSent"),
    ]
    assert [stream.topic for stream in source.streams] == ["order_placed", "order_sent"]


@pytest.mark.parametrize(
    ("name", "schema", "said"),
    [
        ("x.schema.json", "{", "this is not JSON"),
        ("x.schema.json", [], "not the JSON Schema of an object"),
        ("x.schema.json", {"type": "string"}, "not the JSON Schema of an object"),
        ("x.schema.json", {"properties": {"a": {"type": "string"}}}, "is a timestamp"),
        ("x.schema.json", event({"a": {"$ref": "other.json#/x"}}), "refers to another file"),
        ("x.schema.json", event({"a": {"$ref": "#/$defs/a"}}), "a reference that leads nowhere"),
        ("x.schema.json", event({}, **{"x-topic": {"lateness": "soon"}}), "is not a duration"),
        ("x.schema.json", event({"a": {"type": "string", "x-type": "varchar"}}), "is not a type"),
        ("x.schema.json", event({"a": {"type": "object", "properties": ["b"]}}), "is not well-formed"),
        ("x.avsc", {"type": "record", "name": "R", "fields": [{"name": "a"}]}, "is not well-formed"),
        ("x.avsc", "{", "this is not JSON"),
        ("x.avsc", {"type": "enum", "name": "E", "symbols": ["A"]}, "not the Avro schema of a record"),
        ("x.avsc", {"type": "record", "name": "R", "fields": [{"name": "a", "type": "string"}]}, "is a timestamp"),
        (
            "x.avsc",
            {"type": "record", "name": "R", "fields": [{"name": "a", "type": "B"}]},
            "a type that the file does",
        ),
    ],
)
def test_an_invalid_schema_is_refused_with_the_name_of_its_file(tmp_path, name, schema, said):
    path = tmp_path / name
    path.write_text(schema if isinstance(schema, str) else json.dumps(schema))

    with pytest.raises(Refused, match=said) as refused:
        introspect(str(path))
    assert str(path) in str(refused.value)
