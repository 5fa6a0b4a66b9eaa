"""Repaired dead letters count, and count once."""

from __future__ import annotations

import json
from datetime import datetime, timezone

import pytest

from stream import repair as module
from stream.batch import Batches
from stream.dead_letters import LettersFile, show
from stream.errors import StreamError
from stream.model import Stream
from stream.repair import check, repair
from stream.replay import Span, replay
from stream.tests.clicks import ALL, PAGES, allowing, click, commit, rows

DAY = Span(datetime(2026, 1, 5, tzinfo=timezone.utc))


@pytest.fixture
def pages(spark, tmp_path, monkeypatch, messages) -> Batches:
    """A stream that knows no carts, after a batch; its cart came when its window had been closed."""
    monkeypatch.setenv("CLICKS_LAKE", str(tmp_path))
    monkeypatch.delenv("CLICKS_URL", raising=False)
    return after_a_batch(spark, PAGES, messages)


def after_a_batch(spark, stream: Stream, messages) -> Batches:
    batches = Batches(spark, allowing(stream, "home"))
    batches.create_tables()
    commit(batches, messages([click("09:06:00"), click("09:01:00", "cart"), "{broken"]), 0)
    return batches


def test_repaired_letters_count_once_however_often_the_repair_is_killed(
    spark, pages, messages, monkeypatch
):
    after_a_batch(spark, ALL, messages)
    current = [allowing(stream, "home", "cart") for stream in (PAGES, ALL)]
    replay(spark, current[0], DAY, current)
    assert rows(pages, "table", "page", "clicks") == [("home", 1)]

    with monkeypatch.context() as patch:
        patch.setattr(module, "complete", killed_at_second_call(module.complete))
        with pytest.raises(KeyboardInterrupt):
            repair(spark, current[0])
    assert rows(pages, "table", "page", "clicks") == [("home", 1)]

    for again in (
        lambda: repair(spark, current[0]),
        lambda: repair(spark, current[0]),
        lambda: replay(spark, current[0], DAY, current),
    ):
        again()
        assert rows(pages, "table", "page", "clicks") == [("cart", 1), ("home", 1)]
    assert rows(pages, "late", "kafka_offset") == []


def test_letters_are_shown_written_corrected_and_counted(
    spark, pages, tmp_path, messages, monkeypatch
):
    known = allowing(PAGES, "home")
    assert show(spark, known).splitlines() == [
        "2 dead letters",
        "          1  not_json                        partition 0, offset 2: {broken",
        "          1  unknown_value page              partition 0, offset 1: "
        '{"at": "2026-01-05T09:01:00Z", "page": "cart"}',
    ]
    path = tmp_path / "letters.jsonl"
    with path.open("w") as file:
        letters = LettersFile(file)
        assert letters.write(spark, known).startswith("2 dead letters written")
        assert letters.write(spark, known).startswith("0 dead letters written")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[0]["value"]["page"] = "home"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    check(path)

    mark = module._mark

    def mark_beside_a_job(*arguments, **options):
        commit(pages, messages([]), 1)
        mark(*arguments, **options)

    monkeypatch.setattr(module, "_mark", mark_beside_a_job)
    said = repair(spark, known, path)
    assert said.startswith("1 dead letters repaired, 1 left\n  The job has gone on")
    assert said.endswith(" Load them in full once: .venv/bin/python -m ingest clicks --full")
    assert rows(pages, "table", "page", "clicks") == [("home", 1), ("home", 1)]
    assert show(spark, known).startswith("1 dead letters")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "line 1: it is not JSON"),
        ('{"topic": "t", "partition": 0, "offset": 1}', "line 1: it needs topic, partition"),
        ('{"topic": "t", "partition": 0, "offset": 1, "value": 1}\n' * 2, "line 2: an earlier"),
    ],
)
def test_an_invalid_file_of_letters_is_refused(tmp_path, text, problem):
    path = tmp_path / "letters.jsonl"
    path.write_text(text)
    with pytest.raises(StreamError, match=problem):
        check(path)


def killed_at_second_call(complete):
    calls = []

    def called(*arguments):
        calls.append(arguments)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return complete(*arguments)

    return called
