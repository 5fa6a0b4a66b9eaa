"""Newer events of a topic against the spec: what they have, what would become of them, and how the spec follows."""

from __future__ import annotations

import json

import pytest

from platform_new.refresh.events import compare
from platform_new.refresh.sample import measure
from platform_new.spec.load import parse_source
from platform_new.spec.streams import EventField, Topic


def topic(web):
    """The topic as the spec says it now."""
    return parse_source(web.read("sources/web.yml"), "web.yml").topics[0]


AT = EventField(name="at", type="timestamptz")
REFRESH = "refresh web --from ../views.jsonl"


def test_without_newer_events_nothing_is_looked_at_and_nobody_pretends(web):
    """A check in CI passes, and says so; who names the source has to say where newer events are."""
    checked = web.run("refresh --check")
    assert (checked.code, checked.out) == (0, "")
    assert "web was not looked at" in checked.err
    assert json.loads(web.run("refresh --json").out)["sources"][0]["outcome"] == "passed over"
    refused = web.run("refresh web")
    assert (refused.code, "--from newer.jsonl.gz" in refused.err) == (2, True)


def test_events_as_before_are_no_drift(web):
    """Nor are fewer of them, in which not every value and field occurs: a sample shows what there is."""
    assert web.run(f"{REFRESH} --check").code == 0
    web.change(lambda number, each: each.update(page="home", device={"kind": "phone"}))
    said = web.run(f"{REFRESH} --check")
    assert (said.code, said.out) == (0, "web is as the spec says.\n")
    assert web.git("status", "--porcelain") == ""


def test_what_changed_is_said_with_how_many_events_it_kills(web):
    """New and missing fields, new values, wider and other types: each with its verdict and what it touches."""

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
    assert "compatible  views.campaign: field new (object)" in said.out
    assert "compatible  views.device.screen: field new (bigint)" in said.out
    assert "views.page: values added, basket, home → basket, home, search" in said.out
    assert "events with search would be dead letters" in said.out
    assert "breaking    views.price: type widened, double → text" in said.out
    assert "600 of 1,200 events have another type" in said.out
    assert "views.device.kind: optional" in said.out and "400 of 1,200 events come without it" in said.out
    checked = web.run(f"{REFRESH} --check --json")
    assert checked.code == 4
    values = checked.changes["views.page: values added"]
    assert "contracts/topics/web/views.odcs.yaml" in values["contracts"]
    assert "stg_web__views_by_page" in values["models"]
    assert web.git("status", "--porcelain") == ""


def test_compatible_changes_are_applied_and_are_no_news_afterwards(web):
    """New fields come in as optional ones, since older events lack them; the jobs and contracts follow."""

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


def test_a_field_that_the_owners_leave_out_is_no_news(web):
    """What the last look has seen, and the spec does not have, is theirs to leave out."""
    web.change(lambda number, each: each.update(campaign="a"))
    assert web.run(f"{REFRESH} --apply --commit").code == 0
    text = web.read("sources/web.yml")
    line = next(line for line in text.splitlines(keepends=True) if "name: campaign" in line)
    web.edit(line, "", "sources/web.yml")
    assert web.run("update --commit").code == 0
    said = web.run(f"{REFRESH} --check")
    assert said.code == 0
    assert "your spec overrules the source: views.campaign (field new)" in said.out


def test_what_breaks_is_refused_until_it_is_accepted(web):
    """A type that older events and the lake cannot follow: with its line, and another way."""
    web.change(lambda number, each: each.update(items="many" if number % 2 else number))
    refused = web.run(f"{REFRESH} --apply")
    assert refused.code == 2
    assert "sources/web.yml:" in refused.err and "--accept-breaking" in refused.err
    assert web.git("status", "--porcelain") == ""
    assert "platform-new add topic" in web.run(REFRESH).out


def test_what_a_stream_stands_on_is_not_taken_from_it(web):
    """A field that makes groups comes without values: that is for people to decide, and the rule is named."""
    web.change(lambda number, each: each.pop("page") if number % 5 == 0 else None)
    said = web.run(REFRESH)
    assert "breaking    views.page: optional" in said.out
    assert "events without a value would have no group" in said.out
    assert web.run(f"{REFRESH} --apply --accept-breaking").code == 2
    assert web.git("status", "--porcelain") == ""


def test_of_which_topic_the_events_are(web, tmp_path):
    """The one that the file is named after, the only one, or the one that is named; else it is asked."""
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
