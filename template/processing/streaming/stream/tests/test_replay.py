"""Rows that are replayed from their messages."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

import pytest

from stream.batch import Batches
from stream.command import locked
from stream.errors import StreamError
from stream.replay import Span, moment, replay
from stream.tests.clicks import ALL, PAGES, allowing, click, commit, rows

MORNING = datetime(2026, 1, 5, 9, 5, tzinfo=timezone.utc)
SPAN = Span(MORNING, MORNING.replace(minute=15))
FIRST = [click("09:00:00"), click("09:06:00"), "{broken", click("09:07:00", "cart")]
SECOND = [click("09:12:00"), click("09:08:00"), click("09:13:00"), click("09:20:00")]


@pytest.fixture(scope="module")
def pages(spark, tmp_path_factory, messages) -> Iterator[Batches]:
    """A stream of windows after two batches, one event of which is late.

    Another keeps all events; but its contract knew no carts, so they are among its dead letters.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CLICKS_LAKE", str(tmp_path_factory.mktemp("lake")))
        patch.delenv("CLICKS_URL", raising=False)
        for stream in (allowing(ALL, "home"), PAGES):
            batches = Batches(spark, stream)
            batches.create_tables()
            commit(batches, messages(FIRST), 0)
            commit(batches, messages(SECOND, first=len(FIRST)), 1)
        yield batches


def aggregates(pages: Batches) -> list[tuple]:
    return rows(pages, "table", "window_start", "page", "clicks")


def test_a_replay_gives_the_same_rows_and_keeps_all_others(spark, pages, messages):
    late = rows(pages, "late", "kafka_offset", "window_start", "seen")
    pages(messages([click("09:21:00"), click("09:22:00")], first=8), 2)
    running = aggregates(pages)
    spark.sql(f"DELETE FROM delta.`{pages.table.path}` WHERE page = 'cart' OR batch = 1")
    spark.sql(f"DELETE FROM delta.`{pages.late.path}`")
    for _ in range(2):
        assert replay(spark, PAGES, Span(MORNING), [ALL, PAGES]).startswith("4 rows replayed")
        assert aggregates(pages) == running
        assert rows(pages, "late", "kafka_offset", "window_start", "seen") == late


def test_only_what_starts_in_the_span_is_replayed_and_loads_notice_it(spark, pages):
    spark.sql(f"UPDATE delta.`{pages.table.path}` SET batch = 0")
    replay(spark, PAGES, SPAN, [ALL, PAGES])

    found = rows(pages, "table", "window_start", "batch")
    assert [batch for _, batch in found if batch] == [1, 1, 1]


def test_a_replay_that_removes_rows_asks_for_a_full_load(spark, pages):
    spark.sql(f"UPDATE delta.`{pages.table.path}` SET page = 'gone' WHERE page = 'cart'")
    assert "Others were removed" in (said := replay(spark, PAGES, SPAN, [ALL, PAGES]))
    assert said.endswith(".venv/bin/python -m ingest clicks --full")
    assert "removed" not in replay(spark, PAGES, SPAN, [ALL, PAGES])


def test_a_replay_refuses_counted_messages_that_are_invalid_now(spark, pages):
    before = aggregates(pages)
    streams = [allowing(stream, "home") for stream in (PAGES, ALL)]
    with pytest.raises(StreamError, match="offset 3: unknown_value in page"):
        replay(spark, streams[0], SPAN, streams)
    assert aggregates(pages) == before


def test_a_replay_needs_the_messages(spark, pages):
    with pytest.raises(StreamError, match=r"CLICKS_URL is not set, .*replay-impossible.md"):
        replay(spark, PAGES, SPAN, [PAGES])


def test_a_stream_is_changed_by_one_process_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    being = pytest.raises(StreamError, match=r"clicks.pages is being replayed")
    with locked(PAGES), being, locked(PAGES):
        pytest.fail("two have it")
    with locked(PAGES):
        pass


@pytest.mark.parametrize(
    "text", ["2026-01-05T09:05Z", "2026-01-05T09:05", "2026-01-05T10:05+01:00"]
)
def test_a_timestamp_without_a_zone_is_in_utc(text):
    assert moment(text) == MORNING
