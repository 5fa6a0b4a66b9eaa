"""Produces the sample events (`python -m stream.sample`) to the topics, in their order and partitions."""

from __future__ import annotations

import json

from confluent_kafka import Producer

from stream.broker import offsets
from stream.connection import client_options, servers
from stream.errors import StreamError
from stream.model import Topic
from stream.settings import SAMPLE_EVENTS

WAIT = 30


def produce(topic: Topic) -> int:
    """Produce the sample events of the topic, unless it has had messages already; how many were produced.

    Raises `StreamError` if the broker does not take all of them.
    """
    if any(place.high for place in offsets(topic).values()):
        return 0
    producer = Producer({**client_options(topic), "enable.idempotence": True, "linger.ms": 50})
    count = 0
    for path in sorted((SAMPLE_EVENTS / topic.source / topic.name).glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                message = json.loads(line)
                while not _put(producer, topic.name, message):
                    producer.poll(0.1)
                count += 1
    if left := producer.flush(WAIT):
        reason = f"{left:,} of {count:,} messages were not taken"
        raise StreamError.unreachable(servers(topic), reason)
    return count


def _put(producer: Producer, topic: str, message: dict) -> bool:
    """Whether there was room for the message in the producer's queue."""
    try:
        producer.produce(topic, message["value"], message["key"], message["partition"])
    except BufferError:
        return False
    return True
