"""The table `segment_traffic`, from messages of the topic to rows."""

from __future__ import annotations

import dataclasses

from stream.jobs.web__segment_traffic import BY_CUSTOMER_ID, BY_PRODUCT_ID, STREAM, joined
from stream.lateness import in_windows
from stream.parse import events, parse
from stream.tests.rows import rows_of

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
ROW_BY_CUSTOMER_ID = {
    "customer_id": 1,
    "segment": "consumer",
}
ROW_BY_PRODUCT_ID = {
    "product_id": 1,
    "product_price": 0,
}


def test_an_event_as_the_spec_has_it_is_no_dead_letter(messages):
    assert parse(messages([EVENT]), STREAM.topic).first().reason is None


def test_the_rows_are_those_of_the_table(spark, messages):
    rows = with_rows(
        rows_of(spark, BY_CUSTOMER_ID, ROW_BY_CUSTOMER_ID),
        rows_of(spark, BY_PRODUCT_ID, ROW_BY_PRODUCT_ID),
    ).transform(seen(messages))

    assert rows.dtypes == [(field.name, field.dataType.simpleString()) for field in STREAM.schema]
    assert rows.count() == 1
    assert rows.where("view_count != 2").isEmpty()
    assert rows.where("segment = 'unknown'").isEmpty()


def test_an_event_without_a_row_to_join_is_kept(spark, messages):
    rows = with_rows(
        rows_of(spark, BY_CUSTOMER_ID),
        rows_of(spark, BY_PRODUCT_ID),
    ).transform(seen(messages))

    assert rows.count() == 1
    assert rows.where("view_count != 2").isEmpty()
    assert rows.where("segment != 'unknown'").isEmpty()


def with_rows(*lookups):
    """The stream that joins these rows."""
    return dataclasses.replace(STREAM, joined=lambda events: joined(events, *lookups))


def seen(messages):
    """The example event, twice, as the stream gets it."""
    read = events(parse(messages([EVENT, EVENT]), STREAM.topic))
    return in_windows(read, STREAM.topic.event_time, STREAM.window)
