"""What a batch writes, and that it is written once."""

from __future__ import annotations

import pytest

from stream.batch import Batches
from stream.errors import StreamError
from stream.progress import Progress
from stream.run import start
from stream.tests.clicks import PAGES, click, rows


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


def test_a_stream_does_not_begin_anew_over_what_it_has_written(spark, batches, messages):
    batches(messages([click("09:00:00")]), 0)

    with pytest.raises(StreamError, match=r"docs/runbooks/checkpoint-lost.md"):
        start(spark, PAGES, messages([]), once=True)
