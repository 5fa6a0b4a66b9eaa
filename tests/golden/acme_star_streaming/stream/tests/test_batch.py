"""What a batch writes, and that it is written once."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from stream.batch import Batches
from stream.definition import definition, kept
from stream.errors import StreamError
from stream.lake import NEWEST
from stream.model import Window
from stream.progress import Progress
from stream.run import start
from stream.tests.clicks import PAGES, allowing, click, rows


@pytest.fixture
def batches(spark, tmp_path, monkeypatch) -> Batches:
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    batches = Batches(spark, PAGES)
    batches.create_tables()
    return batches


def test_each_message_is_counted_or_late_or_dead(batches, messages):
    batches(
        messages(
            [click("09:00:00"), "{broken", click("09:05:00"), click("09:01:00"), click("09:06:00")]
        ),
        0,
    )

    assert rows(batches, "table", "page", "clicks") == [("home", 1), ("home", 2)]
    assert rows(batches, "late", "kafka_offset", "event") == [
        (3, '{"at":"2026-01-05T09:01:00.000Z","page":"home"}')
    ]
    assert rows(batches, "dead", "offset", "reason") == [(1, "not_json")]


def test_a_message_is_one_of_its_batch_in_however_many_windows_its_event_is(
    spark, tmp_path, monkeypatch, messages
):
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    said = []
    monkeypatch.setattr("stream.batch.record", lambda _, *figures: said.append(figures[:3]))
    batches = Batches(spark, dataclasses.replace(PAGES, window=Window(length=600, slide=240)))
    batches.create_tables()
    values = [click("09:00:00"), click("09:09:00"), click("08:59:00"), "{broken"]
    batches(messages(values), 0)
    batches(messages([click("09:05:00"), click("08:30:00")], first=len(values)), 1)

    begin = F.date_format("window_start", "HH:mm").alias("begin")
    assert rows(batches, "table", begin, "clicks", "batch") == [
        ("08:52", 1, 0),
        ("08:56", 1, 0),
        ("09:00", 1, 1),
        ("09:00", 2, 0),
        ("09:04", 1, 0),
        ("09:04", 1, 1),
        ("09:08", 1, 0),
    ]
    assert rows(batches, "late", begin, "kafka_offset") == [
        ("08:24", 5),
        ("08:28", 5),
        ("08:52", 2),
        ("08:56", 2),
        ("08:56", 4),
    ]
    assert said == [(3, {"not_json": 1}, 1), (2, {}, 2)]


def test_a_batch_that_is_repeated_changes_nothing(spark, batches, messages):
    first = messages([click("09:00:00"), "{broken"])
    second = messages([click("09:05:00"), click("09:01:00")], first=2)
    batches(first, 0)
    for again in (batches, Batches(spark, PAGES), Batches(spark, PAGES)):
        again(second, 1)

    assert rows(batches, "table", "clicks", "batch") == [(1, 0), (1, 1)]
    assert rows(batches, "late", "kafka_offset", "batch") == [(3, 1)]
    assert rows(batches, "dead", "offset", "batch") == [(1, 0)]


def test_a_memory_that_is_gone_is_an_error_that_names_its_page(spark, tmp_path):
    with pytest.raises(StreamError, match=r"docs/runbooks/checkpoint-lost.md"):
        Progress(spark, str(tmp_path)).before(3)


def test_a_batch_that_is_repeated_under_another_contract_counts_or_buries_each_message_once(
    spark, batches, messages
):
    all_ = messages([click("09:00:00", page) for page in ("home", "cart", "sale")])
    before = Batches(spark, allowing(PAGES, "home", "sale"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(before.table, "append", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            before(all_, 0)
    for pages in (("home", "cart"), ("cart", "sale")):
        after = Batches(spark, allowing(PAGES, *pages))
        after.begun = 0
        after(all_, 0)
        assert rows(batches, "table", "page", "clicks") == [("home", 1)]
        assert rows(batches, "dead", "offset") == [(1,), (2,)]


def test_a_batch_that_is_repeated_allows_what_it_allowed_when_it_began(spark, batches, messages):
    all_ = messages([click("09:00:00"), click("09:06:00"), click("09:01:00")])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batches.table, "append", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            batches(all_, 0)
    patient = dataclasses.replace(PAGES.topic, lateness=600)
    after = Batches(spark, dataclasses.replace(PAGES, topic=patient))
    after.begun = 0
    after(all_, 0)
    after(messages([click("09:02:00")], first=3), 1)

    assert rows(batches, "late", "kafka_offset") == [(2,)]
    assert rows(batches, "table", "clicks", "batch") == [(1, 0), (1, 0), (1, 1)]


def test_a_stream_does_not_write_batches_that_its_tables_have(
    spark, tmp_path, monkeypatch, messages
):
    monkeypatch.setenv("CLICKS_LAKE", f"file://{tmp_path}")
    batches = Batches(spark, PAGES)
    batches.create_tables()
    batches(messages([click("09:00:00")]), 0)
    batches(messages(["{broken"], first=1), 1)

    lost = "{}. See docs/runbooks/checkpoint-lost.md"
    # The newest entries of the log tell, else the rows.
    for entries in (NEWEST, 0):
        monkeypatch.setattr("stream.lake.NEWEST", entries)
        with pytest.raises(
            StreamError, match=lost.format("it is gone, but its tables have 2 batches")
        ):
            start(spark, PAGES, messages([]), once=True)
    offsets = tmp_path / "_checkpoints/pages/offsets"
    offsets.mkdir(parents=True)
    (offsets / "0").write_text("v1\n{}", encoding="utf-8")
    with pytest.raises(
        StreamError, match=lost.format("it ends with batch 0, but its tables with batch 1")
    ):
        start(spark, PAGES, messages([]), once=True)


def test_tables_are_made_where_somebody_was_killed_who_began_to(spark, tmp_path, monkeypatch):
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    batches = Batches(spark, dataclasses.replace(PAGES, made_of={"clicks": "it's \\ here"}))
    for table in batches.tables:
        log = Path(table.path, "_delta_log")
        log.mkdir(parents=True)
        (log / ".00000000000000000000.json.0d1c.tmp").write_text('{"commit')
    batches.create_tables()

    assert [table.rows().count() for table in batches.tables] == [0, 0, 0]
    assert kept(spark, batches.table.path).definition == definition(batches.stream)
