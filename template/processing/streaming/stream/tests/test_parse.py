"""Messages become events or dead letters."""

from __future__ import annotations

import json

import pytest
from pyspark.sql import functions as F
from pyspark.sql.types import (
    ArrayType,
    DoubleType,
    LongType,
    StringType,
    StructField,
    StructType,
    TimestampType,
)

from stream.model import Topic
from stream.parse import REASONS, events, parse

BUYER = StructType(
    [
        StructField("id", LongType(), nullable=False),
        StructField("email", StringType(), metadata={"origin": "E-Mail"}),
    ]
)
LINE = StructType(
    [
        StructField("sku", StringType(), nullable=False, metadata={"origin": "SKU"}),
        StructField("count", LongType(), metadata={"min": 1}),
    ]
)
TOPIC = Topic(
    source="shop",
    name="orders",
    schema=StructType(
        [
            StructField("order_id", LongType(), nullable=False, metadata={"origin": "orderId"}),
            StructField("at", TimestampType(), nullable=False),
            StructField("status", StringType(), metadata={"values": ["open", "paid"]}),
            StructField("amount", DoubleType(), metadata={"min": 0, "max": 1000}),
            StructField("buyer", BUYER),
            StructField("tags", ArrayType(StringType()), metadata={"values": ["new", "gift"]}),
            StructField("lines", ArrayType(LINE)),
        ]
    ),
    event_time="at",
    lateness=0,
    key=None,
    partitions=1,
    replication=1,
    retention=86400,
    variable="SHOP_URL",
)
GOOD = {
    "orderId": 1,
    "at": "2026-01-05T09:00:00Z",
    "status": "open",
    "amount": 9.5,
    "buyer": {"id": 7, "E-Mail": "a@example.com"},
    "tags": ["new", "gift"],
    "lines": [{"SKU": "a1", "count": 2}, {"SKU": "b2"}],
}

DEAD = "reason is not null"
BROKEN = [
    (None, "no_value", None),
    ("", "not_json", None),
    ('{"orderId": 1, "at": "2026-01', "not_json", None),
    ("not json", "not_json", None),
    ("[1, 2]", "not_json", None),
    (f"{json.dumps(GOOD)} and more", "not_json", None),
    (json.dumps(GOOD) * 2, "not_json", None),
    (f"{json.dumps(GOOD)}, {json.dumps(GOOD)}", "not_json", None),
    (f"{json.dumps(GOOD)}]", "not_json", None),
    (f"{json.dumps(GOOD)}]}} and more", "not_json", None),
    (f'{json.dumps(GOOD)}], "x": [1', "not_json", None),
    (f'{json.dumps(GOOD)}], "x": [{json.dumps(GOOD)}', "not_json", None),
    (f'{json.dumps(GOOD)}], "only": [{json.dumps(GOOD)}', "not_json", None),
    (f'{json.dumps(GOOD)}], "closed": []}}}} ', "not_json", None),
    (f"{json.dumps({**GOOD, 'orderId': 'one'})} and more", "not_json", None),
    (json.dumps(GOOD).replace('"', "'"), "not_json", None),
    (json.dumps(GOOD).replace("9.5", "NaN"), "not_json", None),
    ("null", "not_json", None),
    ('"text"', "not_json", None),
    ({**GOOD, "orderId": "one"}, "wrong_type", "order_id"),
    ({**GOOD, "orderId": 1.5}, "wrong_type", "order_id"),
    ({**GOOD, "at": "yesterday"}, "wrong_type", "at"),
    ({**GOOD, "amount": {"eur": 1}}, "wrong_type", "amount"),
    ({**GOOD, "buyer": {"id": "seven"}}, "wrong_type", "buyer.id"),
    ({**GOOD, "buyer": 7}, "wrong_type", "buyer"),
    ({**GOOD, "tags": "new"}, "wrong_type", "tags"),
    ({**GOOD, "lines": {"SKU": "a1"}}, "wrong_type", "lines"),
    ({**GOOD, "lines": [{"SKU": "a1", "count": "two"}]}, "wrong_type", "lines"),
    ({k: v for k, v in GOOD.items() if k != "orderId"}, "missing", "order_id"),
    ({**GOOD, "at": None}, "missing", "at"),
    ({**GOOD, "buyer": {"E-Mail": "a@example.com"}}, "missing", "buyer.id"),
    ({**GOOD, "lines": [{"SKU": "a1"}, {"count": 1}]}, "missing", "lines.sku"),
    ({**GOOD, "status": "lost"}, "unknown_value", "status"),
    ({**GOOD, "tags": ["new", "old"]}, "unknown_value", "tags"),
    ({**GOOD, "amount": -1}, "out_of_range", "amount"),
    ({**GOOD, "amount": 1000.5}, "out_of_range", "amount"),
    ({**GOOD, "lines": [{"SKU": "a1", "count": 0}]}, "out_of_range", "lines.count"),
    ({**GOOD, "at": "-290308-12-21T19:59:06Z"}, "out_of_range", "at"),
    ({**GOOD, "at": "2026-01-05T13:30:00Z"}, "from_the_future", "at"),
]


def test_every_reason_is_tested():
    assert {reason for _, reason, _ in BROKEN} == set(REASONS)


def test_an_event_has_the_names_and_types_of_the_platform(messages):
    row = (
        events(parse(messages([GOOD]), TOPIC))
        .select("*", F.date_format("at", "HH:mm").alias("time"))
        .first()
    )

    assert (row.kafka_partition, row.kafka_offset) == (0, 0)
    assert (row.order_id, row.time, row.status, row.amount) == (1, "09:00", "open", 9.5)
    assert (row.buyer.id, row.buyer.email, row.tags) == (7, "a@example.com", ["new", "gift"])
    assert [tuple(line) for line in row.lines] == [("a1", 2), ("b2", None)]


def test_missing_optional_fields_and_unknown_fields_are_accepted(messages):
    sparse = {"orderId": 2, "at": "2026-01-05T09:00:00+01:00", "colour": "red"}
    parsed = parse(messages([sparse]), TOPIC)

    assert events(parsed).select("order_id", "status", "buyer", "tags").collect() == [
        (2, None, None, None)
    ]
    assert parsed.where(DEAD).isEmpty()


def test_only_invalid_messages_are_dead_letters_each_with_its_reason(messages):
    values = [value for value, _, _ in BROKEN]
    parsed = parse(messages([*values, GOOD]), TOPIC)

    found = parsed.where(DEAD).orderBy("offset").select("reason", "field").collect()
    assert [tuple(row) for row in found] == [(reason, field) for _, reason, field in BROKEN]
    assert [row.kafka_offset for row in events(parsed).collect()] == [len(BROKEN)]


def test_a_dead_letter_is_kept_unchanged(messages):
    row = parse(messages(["{broken"]), TOPIC).first()

    assert (bytes(row.value), row.topic, row.partition, row.offset) == (b"{broken", "t", 0, 0)
    assert row.timestamp is not None


@pytest.mark.parametrize(
    "value", [b"\xff\xfe{}", b'{"orderId": 1, "at": "2026-01-05T09:00:00Z", "status": "\xff"}']
)
def test_bytes_that_are_not_utf_8_are_not_json(messages, value):
    broken = messages(["{}"]).withColumn("value", F.lit(value).cast("binary"))

    assert parse(broken, TOPIC).first().reason == "not_json"
