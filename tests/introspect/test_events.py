"""Introspects files of sample events."""

from __future__ import annotations

import gzip
import json

import pytest

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.introspect import introspect
from platform_new.samples import sample_source
from platform_new.spec.load import parse_source
from platform_new.spec.models import Platform, Spec
from platform_new.spec.rules import check
from platform_new.spec.write import source_yaml


def look(path):
    """The proposal, which must obey every rule and be the same when written and read."""
    sighting = introspect(str(path))
    spec = Spec(platform=Platform(name="acme", processing="streaming"), event_sources=(sighting.source,))
    assert check(spec, load_catalog()) == []
    assert parse_source(source_yaml(sighting.source, sighting.reasons), "x.yml") == sighting.source
    return sighting


def written(path, events):
    with gzip.open(path, "wt") as file:
        file.writelines(json.dumps(event) + "\n" for event in events)
    return path


def test_nested_objects_lists_and_missing_fields_are_seen(tmp_path):
    first = {
        "orderId": 1,
        "at": "2026-01-05T09:00:00+01:00",
        "buyer": {"e-mail": "a@example.com"},
        "tags": ["a"],
        "lines": [{"n": 1}],
    }
    events = [first, {"orderId": 2, "at": "2026-01-05T08:00:01Z", "buyer": {"e-mail": "b@example.com", "age": 3}}]
    (topic,) = look(written(tmp_path / "orders.jsonl.gz", events)).source.topics

    assert topic.name == "orders"
    fields = {field.name: (field.origin, field.type, field.repeated, field.required) for field in topic.fields}
    assert fields == {
        "order_id": ("orderId", "bigint", False, True),
        "at": (None, "timestamptz", False, True),
        "buyer": (None, "object", False, True),
        "tags": (None, "text", True, False),
        "lines": (None, "json", False, False),
    }
    email, age = topic.field("buyer").fields
    assert (email.name, email.origin, email.required, email.pii) == ("e_mail", "e-mail", True, "email")
    assert (age.name, age.required) == ("age", False)


def test_the_event_time_is_the_timestamp_that_fits_the_order_of_the_file(tmp_path):
    events = [
        {"born": f"20{20 - n:02}-01-01T00:00:00Z", "sent": f"2026-01-05T09:00:{n + (n == 3) * 40:02}Z"}
        for n in range(10)
    ]
    sighting = look(written(tmp_path / "mails.ndjson.gz", events))
    (topic,) = sighting.source.topics

    assert (topic.event_time, topic.lateness) == ("sent", "1 minute")
    assert sighting.reasons["topics", "mails", "lateness"] == "events arrive up to 39 s after a later event"


def test_values_are_proposed_if_a_large_sample_has_few_values_and_none_is_rare(tmp_path):
    events = [
        {"at": f"2026-01-05T09:{n // 60:02}:{n % 60:02}Z", "kind": "ab"[n % 2], "rare": "x" if n == 5 else "y"}
        for n in range(1500)
    ]
    source = look(written(tmp_path / "clicks.jsonl.gz", events)).source

    assert source.topics[0].field("kind").values == ("a", "b")
    assert source.topics[0].field("rare").values is None
    assert source.streams[0].group_by == ("kind",)


@pytest.mark.parametrize("text", ["", "not json\n", '{"no": "time"}\n', "[1]\n"])
def test_a_file_without_events_is_refused(tmp_path, text):
    (tmp_path / "x.jsonl").write_text(text)

    with pytest.raises(Refused):
        introspect(str(tmp_path / "x.jsonl"))


def test_a_field_with_a_reserved_name_is_renamed(tmp_path):
    file = tmp_path / "visits.jsonl"
    event = '{"at": "2026-01-05T09:00:0%sZ", "batch": 1, "late": true, "id": "a"}\n'
    file.write_text("".join(event % second for second in range(5)))
    topic = introspect(str(file)).source.topics[0]
    assert [(field.name, field.origin) for field in topic.fields if field.origin] == [
        ("batch_", "batch"),
        ("late_", "late"),
    ]


def test_the_built_in_sample_refers_to_customers():
    assert sample_source("web").topics[0].field("customer_id").references == "shop.customers.customer_id"
