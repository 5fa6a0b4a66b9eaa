"""A source of events is read, checked and written like any other; an invalid source is refused with its line."""

from __future__ import annotations

import pytest

from platform_new.catalog import load_catalog
from platform_new.errors import Refused
from platform_new.samples import sample_source, sample_text
from platform_new.spec.events.lake import lake_source
from platform_new.spec.load import load_spec, parse_source
from platform_new.spec.write import source_yaml

EVENTS = """\
name: web
kind: kafka
topics:
  - name: clicks
    event_time: at
    lateness: 10 minutes
    retention: 1 day
    fields:
      - {name: at, type: timestamptz, required: true}
      - {name: page, type: text, required: true}
      - {name: user_id, type: bigint}
      - {name: price, type: "numeric(8, 2)"}
      - name: device
        type: object
        fields:
          - {name: kind, type: text, values: [phone, computer]}
streams:
  - name: clicks_by_page
    topic: clicks
    window: {length: 10 minutes, slide: 5 minutes}
    group_by: [page]
    aggregates:
      - {name: clicks, function: count}
      - {name: price_sum, function: sum, field: price}
"""


@pytest.fixture
def load(tmp_path):
    """A function from a source of events (and other files) to the loaded spec, or to the report of its errors."""

    def load(web: str = EVENTS, platform: str = "name: acme\nprocessing: streaming\n", **others: str) -> object:
        (tmp_path / "platform.yml").write_text(platform)
        (tmp_path / "sources").mkdir(exist_ok=True)
        for name, text in {"web": web, **others}.items():
            (tmp_path / f"sources/{name}.yml").write_text(text)
        try:
            return load_spec(tmp_path, load_catalog())
        except Refused as refusal:
            return str(refusal)

    return load


def changed(old: str, new: str) -> str:
    assert old in EVENTS
    return EVENTS.replace(old, new, 1)


def test_a_source_with_topics_is_a_source_of_events(load):
    spec = load()

    assert spec.sources == ()
    (source,) = spec.event_sources
    assert source.topic("clicks").field("device").fields[0].values == ("phone", "computer")
    assert source.streams[0].window.seconds == (600, 300)


def test_a_source_of_events_is_written_and_read_back(load):
    for source in (load().event_sources[0], sample_source("web")):
        assert parse_source(source_yaml(source), "web.yml") == source


def test_the_sample_of_events_is_valid(load):
    assert not isinstance(load(sample_text("web"), shop=sample_text("shop")), str)


@pytest.mark.parametrize(
    ("web", "line", "reason"),
    [
        (changed("length: 10 minutes, slide", "length: 1 minute, slide"), 20, "leave gaps between them"),
        (changed("field: price", "field: prise"), 24, "no such field (`prise`)"),
        (changed("function: sum, field: price", "function: sum, field: page"), 24, "`sum` does not apply to a field"),
        (changed("function: sum, field: price", "function: max"), 24, "`max` needs a field"),
        (changed("name: price_sum", "name: page"), 24, "another column of the table has this name"),
        (
            changed("name: price_sum, function: sum", "name: click, function: avg").replace(
                "name: clicks,", "name: click__count,"
            ),
            24,
            "and another column has the name `click__count`",
        ),
        (changed("  - name: clicks_by_page", "  - name: _checkpoints"), 18, "a lake already has a folder of this name"),
        (changed("    topic: clicks\n", "    topic: clicks\n    version: two\n"), 20, "is not a version"),
        (changed("lateness: 10 minutes", "lateness: 2 days"), 6, "longer than the broker keeps events"),
        (changed("length: 10 minutes", "length: 2 days"), 20, "longer than the broker keeps events"),
        (changed("topic: clicks", "topic: klicks"), 19, "no such topic"),
        (changed("group_by: [page]", "group_by: [user_id]"), 21, "would have no group"),
        (changed("group_by: [page]", "group_by: [device]"), 21, "cannot be grouped by"),
        (changed("    window: {length: 10 minutes, slide: 5 minutes}\n", ""), 22, "without a window,"),
        (changed("event_time: at", "event_time: page"), 5, "not a timestamp"),
        (changed("type: timestamptz", "type: time"), 5, "of type time, not a timestamp"),
        (changed("event_time: at", "event_time: when"), 5, "no such field"),
        (changed("name: user_id", "name: page"), 11, "duplicate field name"),
        (changed("name: user_id", "name: window_start"), 11, "already have a column of this name"),
        (changed("name: user_id", "name: batch"), 11, "already have a column of this name"),
        (changed("name: user_id", "name: late"), 11, "already have a column of this name"),
        (changed("name: user_id", "name: user_id, origin: Page"), 11, "the same field of the event"),
        (
            changed("streams:\n", "streams:\n  - {name: clicks_by_page__late, topic: clicks}\n"),
            19,
            "already has a table of this name in the lake",
        ),
        (changed("type: object", "type: text"), 16, "has no fields"),
        (changed("values: [phone", "values: [1"), 16, "not a value of type text"),
        (changed("retention: 1 day", "retention: a day"), 7, "not a duration"),
        (changed("function: count", "function: median"), 23, "has to be one of"),
        (changed("kind: kafka", "kind: postgres"), 2, "a source of this kind has no `topics`"),
        (changed("type: bigint}", "type: bigint, references: shop.customers.id}"), 11, "no other source has"),
    ],
    ids=lambda value: None if isinstance(value, str) and "\n" in value else str(value),
)
def test_an_invalid_source_is_refused_with_its_line(load, web, line, reason):
    report = load(web)

    assert isinstance(report, str)
    assert f"sources/web.yml:{line}:" in report
    assert reason in report
    assert report.count("→") == report.count("sources/web.yml:") == 1


def test_events_need_a_platform_that_processes_them(load):
    report = load(platform="name: acme\nprocessing: batch\n")

    assert "platform.yml:2:" in report
    assert "write `processing: streaming`" in report


def test_a_reference_leads_to_a_column_of_the_same_type(load):
    shop = "name: shop\nkind: postgres\ntables:\n  - name: users\n    columns: [{name: id, type: TYPE}]\n"
    web = changed("user_id, type: bigint", "user_id, type: bigint, references: shop.users.id")

    assert not isinstance(load(web, shop=shop.replace("TYPE", "integer")), str)
    assert "and `shop.users.id` of type text" in load(web, shop=shop.replace("TYPE", "text"))


def test_every_error_is_reported_at_once(load):
    report = load(changed("topic: clicks", "topic: klicks").replace("event_time: at", "event_time: when"))

    assert "no such topic" in report
    assert "no such field" in report


def test_a_stream_is_a_table_with_windows_groups_and_aggregates():
    table = lake_source(parse_source(EVENTS, "web.yml"), ()).table("clicks_by_page")

    assert table.key == ("window_start", "page")
    assert {column.name: column.type for column in table.columns} == {
        "window_start": "timestamptz",
        "window_end": "timestamptz",
        "page": "text",
        "clicks": "bigint",
        "price_sum": "numeric(38, 2)",
        "last_batch": "bigint",
    }
