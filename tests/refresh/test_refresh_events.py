"""Newer events of a topic checked against the spec: what changed, its impact, and how the spec follows."""

from __future__ import annotations

import json

import pytest

from platform_new.refresh.events.compare import compare
from platform_new.refresh.events.sample import measure
from platform_new.spec.events.models import EventField, Topic
from platform_new.spec.load import parse_source


def topic(web):
    """The topic in the current spec."""
    return parse_source(web.read("sources/web.yml"), "web.yml").topics[0]


AT = EventField(name="at", type="timestamptz")
REFRESH = "refresh web --from ../views.jsonl"


def test_without_newer_events_a_source_of_events_is_reported_as_skipped(web):
    """A check in CI passes and says so; a command that names the source needs newer events."""
    checked = web.run("refresh --check")
    assert (checked.code, checked.out) == (0, "")
    assert "web was skipped" in checked.err
    assert json.loads(web.run("refresh --json").out)["sources"][0]["outcome"] == "skipped"
    refused = web.run("refresh web")
    assert (refused.code, "--from newer.jsonl.gz" in refused.err) == (2, True)


def test_events_as_before_are_no_drift(web):
    """Nor are events without some values and fields: a sample only shows what occurs."""
    assert web.run(f"{REFRESH} --check").code == 0
    web.change(lambda number, each: each.update(page="home", device={"kind": "phone"}))
    said = web.run(f"{REFRESH} --check")
    assert (said.code, said.out) == (0, "web matches the spec.\n")
    assert web.git("status", "--porcelain") == ""


def test_changes_are_reported_with_the_number_of_dead_letters(web):
    """New and missing fields, new values, wider and other types: each with its verdict and its impact."""

    def newer(number: int, each: dict) -> None:
        each["campaign"] = {"id": 1}
        each["page"] = ("home", "basket", "search")[number % 3]
        each["price"] = "12.50" if number % 2 else 12.5
        each["device"]["screen"] = 1080
        if number % 4 == 0:
            del each["items"]
        if number % 3 == 0:
            del each["device"]["kind"]

    web.change(newer)
    said = web.run(REFRESH)
    assert said.code == 0
    assert "compatible  views.campaign: field added (object)" in said.out
    assert "compatible  views.device.screen: field added (bigint)" in said.out
    assert "views.page: values added, basket, home → basket, home, search" in said.out
    assert "events with search would be dead letters" in said.out
    assert "breaking    views.price: type widened, double → text" in said.out
    assert "600 of 1,200 events have another type" in said.out
    assert "views.device.kind: optional" in said.out and "400 of 1,200 events lack it" in said.out
    checked = web.run(f"{REFRESH} --check --json")
    assert checked.code == 4
    values = checked.changes["views.page: values added"]
    assert "contracts/topics/web/views.odcs.yaml" in values["contracts"]
    assert "stg_web__views_by_page" in values["models"]
    assert web.git("status", "--porcelain") == ""


def test_compatible_changes_are_applied_and_not_reported_again(web):
    """New fields are added as optional, because older events lack them; the jobs and contracts follow."""

    def newer(number: int, each: dict) -> None:
        each["campaign"] = {"id": 1}
        each["device"]["screen"] = 1080
        each["page"] = ("home", "basket", "search")[number % 3]

    web.change(newer)
    applied = web.run(f"{REFRESH} --apply --commit")
    assert applied.code == 0, applied.err
    now = topic(web)
    assert (now.field("campaign").type, now.field("campaign").required) == ("object", False)
    assert [field.name for field in now.field("device").fields] == ["kind", "os", "screen"]
    assert now.field("page").values == ("basket", "home", "search")
    assert '"screen"' in web.read("stream/topics/web__views.py")
    assert web.run(f"{REFRESH} --check").code == 0
    assert "up to date" in web.run("update").out


def test_a_field_that_the_owners_removed_is_not_drift(web):
    """A field that was known at the last introspection and is not in the spec was removed by the owners."""
    web.change(lambda number, each: each.update(campaign="a"))
    assert web.run(f"{REFRESH} --apply --commit").code == 0
    text = web.read("sources/web.yml")
    line = next(line for line in text.splitlines(keepends=True) if "name: campaign" in line)
    web.edit(line, "", "sources/web.yml")
    assert web.run("update --commit").code == 0
    said = web.run(f"{REFRESH} --check")
    assert said.code == 0
    assert "your spec overrides the source: views.campaign (field added)" in said.out


def test_breaking_changes_are_refused_until_accepted(web):
    """A type change that older events and the lake cannot follow is reported with its line and an alternative."""
    web.change(lambda number, each: each.update(items="many" if number % 2 else number))
    refused = web.run(f"{REFRESH} --apply")
    assert refused.code == 2
    assert "sources/web.yml:" in refused.err and "--accept-breaking" in refused.err
    assert web.git("status", "--porcelain") == ""
    assert "platform-new add topic" in web.run(REFRESH).out


def test_a_change_that_a_stream_cannot_follow_is_not_applied(web):
    """A group-by field lacks values: the owners must decide, and the broken rule is named."""
    web.change(lambda number, each: each.pop("page") if number % 5 == 0 else None)
    said = web.run(REFRESH)
    assert "breaking    views.page: optional" in said.out
    assert "events without a value would have no group" in said.out
    assert web.run(f"{REFRESH} --apply --accept-breaking").code == 2
    assert web.git("status", "--porcelain") == ""


def test_the_topic_of_the_events_is_found(web, tmp_path):
    """The topic named like the file, the only topic, or the topic that --topic names; otherwise --topic is required."""
    (tmp_path / "newer.jsonl").write_text("".join((tmp_path / "views.jsonl").read_text().splitlines(True)[:10]))
    assert web.run("refresh web --from ../newer.jsonl").code == 0
    assert web.run("add", "topic", "logins", "--field", "at timestamptz required", "--commit").code == 0
    refused = web.run("refresh web --from ../newer.jsonl")
    assert (refused.code, "--topic" in refused.err) == (2, True)
    assert web.run("refresh web --from ../newer.jsonl --topic views").code == 0
    assert "did you mean `views`?" in web.run("refresh web --from ../newer.jsonl --topic view").err
    assert web.run("refresh web --from .").code == 2
    assert web.run("refresh --topic views").code == 2


@pytest.mark.parametrize(
    ("declared", "value", "needed"),
    [
        ("numeric(6, 2)", 12_345_678.5, "numeric(10, 2)"),
        ("numeric(6)", 12_345_678, "numeric(8, 0)"),
        ("numeric(38, 20)", 10**20, "double"),
        ("numeric", 10**30, "double"),
    ],
)
def test_a_decimal_that_is_too_narrow_gets_more_digits_and_loses_no_decimals(declared, value, needed):
    def topic(type_: str) -> Topic:
        return Topic(name="views", event_time="at", fields=(AT, EventField(name="price", type=type_)))

    fits = measure(topic(declared), [json.dumps({"at": "2026-01-05T09:00:00Z", "price": value})])
    (change,) = compare(topic(declared), topic("double"), fits)
    assert change.after == needed
