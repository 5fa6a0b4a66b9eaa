"""What a batch writes, and that it is written once."""

from __future__ import annotations

import random

import pytest

from stream.batch import Batches
from stream.errors import StreamError
from stream.progress import Progress
from stream.run import start
from stream.tests.clicks import FIGURES, PAGES, allowing, click, rows


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


def test_a_batch_in_one_pass_writes_what_it_writes_step_by_step(
    spark, tmp_path, monkeypatch, messages
):
    chance = random.Random(5)
    times = [30 * number - chance.choice([0] * 9 + [400]) for number in range(20, 160)]
    clicks = [click(f"{9 + time // 3600:02}:{time // 60 % 60:02}:{time % 60:02}") for time in times]
    values = [chance.choice([each] * 9 + ["{broken"]) for each in clicks]
    made = []
    for begun in (None, 1):
        monkeypatch.setenv("CLICKS_LAKE", str(tmp_path / str(begun)))
        batches = Batches(spark, PAGES)
        batches.create_tables()
        batches.begun = begun
        batches(messages(values[:40]), 0)
        batches(messages(values[40:], first=40), 1)
        late = rows(batches, "late", "window_end", "seen", "kafka_offset", "event", "batch")
        dead = rows(batches, "dead", "offset", "reason", "value", "batch")
        made.append((rows(batches, "table", *FIGURES.names, "batch"), late, dead))

    assert made[0] == made[1]
    assert all(made[0])


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


def test_a_stream_does_not_write_batches_that_its_tables_have(
    spark, tmp_path, monkeypatch, messages
):
    monkeypatch.setenv("CLICKS_LAKE", f"file://{tmp_path}")
    batches = Batches(spark, PAGES)
    batches.create_tables()
    batches(messages([click("09:00:00")]), 0)
    batches(messages(["{broken"], first=1), 1)

    lost = "{}. See docs/runbooks/checkpoint-lost.md"
    with pytest.raises(StreamError, match=lost.format("it is gone, but its tables have 2 batches")):
        start(spark, PAGES, messages([]), once=True)
    offsets = tmp_path / "_checkpoints/pages/offsets"
    offsets.mkdir(parents=True)
    (offsets / "0").write_text("v1\n{}", encoding="utf-8")
    with pytest.raises(
        StreamError, match=lost.format("it ends with batch 0, but its tables with batch 1")
    ):
        start(spark, PAGES, messages([]), once=True)
