"""Produces the sample events (`python -m stream.sample`) to the topics, in their order and partitions."""

from __future__ import annotations

import json

from confluent_kafka import Producer

from stream.errors import StreamError
from stream.kafka import client_options, offsets, servers
from stream.model import Topic
from stream.settings import SAMPLE_EVENTS

WAIT = 30


def produce(topic: Topic) -> int:
    """Produce the sample events of the topic, unless it already has messages; returns their number.

    Raises `StreamError` if the broker does not accept all of them.
    """
    if any(partition.high for partition in offsets(topic).values()):
        return 0
    producer = Producer({**client_options(topic), "enable.idempotence": True, "linger.ms": 50})
    count = 0
    for path in sorted((SAMPLE_EVENTS / topic.source / topic.name).glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                count += 1
                message = json.loads(line)
                while not _enqueued(producer, topic.name, message):
                    producer.poll(0.1)
    if left := producer.flush(WAIT):
        raise StreamError.unreachable(
            servers(topic), f"{left:,} of {count:,} messages not accepted"
        )
    return count


def _enqueued(producer: Producer, topic: str, message: dict) -> bool:
    try:
        producer.produce(topic, message["value"], message["key"], message["partition"])
    except BufferError:
        return False
    return True
