"""The job of the table `page_views`."""

from __future__ import annotations

from stream.jobs.web__page_views import STREAM
from stream.parse import parse
from stream.tests.job import batch_of, rows_of

EVENT = {
    "viewId": "00000000-0000-0000-0000-000000000001",
    "viewedAt": "2026-01-05T09:00:00Z",
    "visitorId": "a",
    "customerId": 1,
    "productId": 1,
    "page": "home",
    "seconds": 0,
    "device": {
        "kind": "phone",
        "language": "a",
    },
    "campaigns": ["a"],
}


def test_an_event_of_the_spec_is_valid(messages):
    assert parse(messages([EVENT]), STREAM.topic).first().reason is None


def test_the_job_drops_no_message(messages, tmp_path, monkeypatch):
    batches = batch_of(STREAM, messages(["broken", EVENT]), tmp_path, monkeypatch)

    assert batches.dead.rows().count() == 1
    assert batches.table.rows().count() == 1
    assert batches.progress.before(1).next == {0: 2}


def test_the_rows_are_those_of_the_table(messages):
    rows = rows_of(STREAM, messages([EVENT, EVENT]))

    assert rows.dtypes == [(field.name, field.dataType.simpleString()) for field in STREAM.schema]
    assert rows.count() == 2
