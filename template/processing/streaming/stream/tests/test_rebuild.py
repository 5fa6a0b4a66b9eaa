"""A table with rows of an earlier definition is left alone until it is rebuilt."""

from __future__ import annotations

import dataclasses

import pytest
from pyspark.sql.types import LongType, StructField, StructType

from stream.batch import Batches
from stream.definition import changes, definition
from stream.errors import StreamError
from stream.maintain import maintain
from stream.model import Window
from stream.repair import repair
from stream.replay import differs, rebuild
from stream.run import start
from stream.tests.clicks import (
    AGGREGATES,
    ALL,
    PAGES,
    TOPIC,
    allowing,
    click,
    commit,
    count_all,
    rows,
)

WIDER = dataclasses.replace(PAGES, window=Window(600, 600))
NO_GROUPS = dataclasses.replace(
    WIDER,
    schema=StructType([each for each in AGGREGATES.fields if each.name != "page"]),
    process=count_all,
    groups=(),
)
FIRST = [click("09:00:00"), click("09:06:00"), click("09:07:00", "cart"), click("09:12:00")]
LATE = [click("09:08:00"), click("09:13:00")]


@pytest.fixture(scope="module")
def pages(spark, tmp_path_factory, messages):
    """A stream of windows and one of all events, after two batches; the second had been killed before it ended."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLICKS_LAKE", str(tmp_path_factory.mktemp("lake")))
        patch.delenv("CLICKS_URL", raising=False)
        for stream in (ALL, allowing(PAGES, "home")):
            batches = Batches(spark, stream)
            batches.create_tables()
            commit(batches, messages(FIRST), 0)
            batches(messages(LATE, first=len(FIRST)), 1)
        yield batches


def aggregates(stream: Batches) -> list[tuple]:
    found = rows(stream, "table", "window_start", "window_end", "clicks")
    return [(f"{start:%H:%M}", f"{end:%H:%M}", clicks) for start, end, clicks in found]


def test_nothing_is_added_to_a_table_with_other_windows(spark, pages, messages):
    before = aggregates(pages)
    for work in (
        lambda: start(spark, WIDER, messages([]), once=True),
        lambda: repair(spark, WIDER),
        lambda: maintain(spark, WIDER),
    ):
        with pytest.raises(
            StreamError, match=r"window is 300 .* 600 .*make rebuild.*stream-changed.md"
        ):
            work()
    assert aggregates(pages) == before


def test_a_table_is_rebuilt_and_the_batch_that_was_killed_counts_once(spark, pages, messages):
    assert repair(spark, PAGES).startswith("1 dead letters repaired")
    assert differs(spark, NO_GROUPS)
    for stream, count in ((WIDER, 3), (NO_GROUPS, 2)):
        assert rebuild(spark, stream, [ALL]).startswith(
            f"{count} rows rebuilt from the table of clicks.all"
        )
    assert not differs(spark, NO_GROUPS)

    again = Batches(spark, NO_GROUPS)
    again.create_tables()
    assert aggregates(again) == [("09:00", "09:10", 3), ("09:10", "09:20", 1)]
    assert "page" not in again.table.rows().columns
    repair(spark, NO_GROUPS)
    for _ in range(2):
        again(messages(LATE, first=len(FIRST)), 1)
    assert aggregates(again) == [
        ("09:00", "09:10", 3),
        ("09:10", "09:20", 1),
        ("09:10", "09:20", 1),
    ]
    assert rows(again, "late", "kafka_offset") == [(len(FIRST),)]


def test_a_table_is_not_rebuilt_from_another_topic(spark, pages):
    another = dataclasses.replace(NO_GROUPS, topic=dataclasses.replace(TOPIC, name="visits"))
    with pytest.raises(StreamError, match=r"has read topic clicks.*stream-changed.md"):
        rebuild(spark, another, [ALL])


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (PAGES, []),
        (dataclasses.replace(PAGES, made_of={}), []),
        (WIDER, ["window"]),
        (NO_GROUPS, ["window", "groups"]),
        (dataclasses.replace(PAGES, made_of={"clicks": "count(page)"}), ["column clicks"]),
        (dataclasses.replace(PAGES, window=Window(300, 60)), ["window"]),
        (ALL, ["event time", "window", "groups"]),
    ],
)
def test_changes_of_the_definition(wanted, found):
    assert [
        name
        for said in changes(definition(PAGES), definition(wanted))
        for name in [said.partition(" is ")[0]]
    ] == found


def test_a_new_aggregate_changes_the_definition():
    more = {**PAGES.made_of, "last": "max(at)"}
    new = dataclasses.replace(PAGES, made_of=more)
    assert list(changes(definition(PAGES), definition(new))) == [
        "column last is nothing there, and max(at) in the spec"
    ]


def test_a_join_of_another_column_changes_the_definition():
    before, after = (
        dataclasses.replace(ALL, made_of={"kind": f"shop.pages.{column} by page"})
        for column in ("kind", "section")
    )
    assert list(changes(definition(before), definition(after))) == [
        "column kind is shop.pages.kind by page there, and shop.pages.section by page in the spec"
    ]


def test_a_new_field_of_an_event_keeps_the_definition():
    field = StructField("visits", LongType())
    more = dataclasses.replace(ALL, schema=StructType([*ALL.schema.fields, field]))
    assert definition(more) == definition(ALL)
