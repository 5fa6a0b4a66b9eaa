"""The table `page_traffic`, from messages of the topic to rows."""

from __future__ import annotations

from stream.jobs.web__page_traffic import STREAM
from stream.lateness import in_windows
from stream.parse import events, parse

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


def test_an_event_as_the_spec_has_it_is_no_dead_letter(messages):
    assert parse(messages([EVENT]), STREAM.topic).first().reason is None


def test_the_rows_are_those_of_the_table(messages):
    read = events(parse(messages([EVENT, EVENT]), STREAM.topic))
    rows = STREAM.transform(in_windows(read, STREAM.topic.event_time, STREAM.window))

    assert rows.dtypes == [(field.name, field.dataType.simpleString()) for field in STREAM.schema]
    assert rows.count() == 1
    assert rows.where("view_count != 2").isEmpty()
