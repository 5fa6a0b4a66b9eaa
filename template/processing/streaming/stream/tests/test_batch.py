"""What a batch writes, and that it is written once."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from stream.batch import Batches
from stream.definition import definition, kept
from stream.errors import StreamError
from stream.lake import NONE, LakeTable
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


def test_each_message_is_counted_late_or_dead_lettered(batches, messages):
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


def test_a_message_counts_once_in_however_many_windows_its_event_is(
    spark, tmp_path, monkeypatch, messages
):
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    said = []
    monkeypatch.setattr("stream.batch.record", lambda _, *counts: said.append(counts[:3]))
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


def test_a_repeated_batch_changes_nothing(spark, batches, messages):
    first = messages([click("09:00:00"), "{broken"])
    second = messages([click("09:05:00"), click("09:01:00")], first=2)
    batches(first, 0)
    for again in (batches, Batches(spark, PAGES), Batches(spark, PAGES)):
        again(second, 1)

    assert rows(batches, "table", "clicks", "batch") == [(1, 0), (1, 1)]
    assert rows(batches, "late", "kafka_offset", "batch") == [(3, 1)]
    assert rows(batches, "dead", "offset", "batch") == [(1, 0)]


def test_a_lost_position_is_an_error_that_names_its_page(spark, tmp_path):
    with pytest.raises(StreamError, match=r"docs/runbooks/checkpoint-lost.md"):
        Progress(spark, str(tmp_path)).before(3)


def test_a_batch_repeated_under_another_contract_counts_or_dead_letters_each_message_once(
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


def test_a_repeated_batch_keeps_its_first_lateness(spark, batches, messages):
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


def test_a_stream_refuses_a_checkpoint_that_is_older_than_its_tables(
    spark, tmp_path, monkeypatch, messages
):
    monkeypatch.setenv("CLICKS_LAKE", f"file://{tmp_path}")
    batches = Batches(spark, PAGES)
    batches.create_tables()
    batches(messages([click("09:00:00")]), 0)
    batches(messages(["{broken"], first=1), 1)

    lost = "{}. See docs/runbooks/checkpoint-lost.md"
    gone = lost.format("it is gone, but its tables have 2 batches")
    with pytest.raises(StreamError, match=gone):
        start(spark, PAGES, messages([]), once=True)
    offsets = tmp_path / "_checkpoints/pages/offsets"
    offsets.mkdir(parents=True)
    (offsets / "0").write_text("v1\n{}", encoding="utf-8")
    with pytest.raises(
        StreamError, match=lost.format("it ends with batch 0, but its tables with batch 1")
    ):
        start(spark, PAGES, messages([]), once=True)


def test_tables_are_created_after_a_kill_in_their_creation(spark, tmp_path, monkeypatch):
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    batches = Batches(spark, dataclasses.replace(PAGES, made_of={"clicks": "it's \\ here"}))
    for table in batches.tables:
        log = Path(table.path, "_delta_log")
        log.mkdir(parents=True)
        (log / ".00000000000000000000.json.0d1c.tmp").write_text('{"commit')
    batches.create_tables()

    assert [table.rows().count() for table in batches.tables] == [0, 0, 0]
    assert kept(spark, batches.table.path).definition == definition(batches.stream)


def test_the_last_batch_of_a_table_is_known_after_a_copy_and_a_rebuild(spark, batches):
    table = batches.table
    assert table.last_batch() == NONE
    table.append(spark.createDataFrame([(None, None, "home", 1)], PAGES.schema), 4)
    for copied in (f"{table.path}_copied", f"{table.path}_rewritten"):
        if copied.endswith("copied"):
            shutil.copytree(table.path, copied)
        else:
            table.rows().write.format("delta").save(copied)
        assert LakeTable(spark, copied, PAGES.query).last_batch() == 4
    table.rebuild(PAGES.schema, None, {})
    table.rebuilds = 1
    assert table.last_batch() == 4
    table.append(spark.createDataFrame([], PAGES.schema), 5)
    table.append(spark.createDataFrame([], PAGES.schema), 5, repair=9)
    assert table.last_batch() == 5
