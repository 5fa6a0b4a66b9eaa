"""What a topic has at the broker."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.errors import StreamError
from stream.model import Topic
from stream.progress import Position

WAIT = 15
"""How many seconds the broker may take to answer."""
QUIET = {"log_level": 0, "enable.auto.commit": False}


@dataclass(frozen=True)
class Offsets:
    """Of a partition: its first offset, the first of a message from some time on, and where it ends."""

    low: int
    since: int
    high: int


def servers(topic: Topic) -> str:
    """The address of the brokers. Raises `StreamError` where its variable is not set."""
    address = os.environ.get(topic.variable)
    if not address:
        raise StreamError(f"{topic.variable} is not set: it names the brokers, as host:port.")
    return address


def offsets(topic: Topic, since: datetime | None = None) -> dict[int, Offsets]:
    """The offsets of each partition of a topic. Raises `StreamError` if nobody answers, or has the topic."""
    address = servers(topic)
    consumer = Consumer({"bootstrap.servers": address, "group.id": "offsets", **QUIET})
    moment = max(0, int(since.timestamp() * 1000)) if since else 0
    found = {}
    try:
        known = consumer.list_topics(topic.name, timeout=WAIT).topics[topic.name]
        if known.error:
            raise KafkaException(known.error)
        asked = [TopicPartition(topic.name, part, moment) for part in known.partitions]
        for place in consumer.offsets_for_times(asked, timeout=WAIT):
            low, high = consumer.get_watermark_offsets(
                TopicPartition(topic.name, place.partition), timeout=WAIT
            )
            found[place.partition] = Offsets(low, place.offset if place.offset >= 0 else high, high)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise StreamError.no_topic(topic.name) from error
        raise StreamError.unreachable(address, error.args[0].str()) from error
    finally:
        consumer.close()
    return found


def check(topic: Topic, position: Position | None) -> None:
    """Raise `StreamError` if a query could not go on from its position in the topic, or not begin."""
    there = offsets(topic)
    for part, offset in (position.next if position else {}).items():
        place = there.get(part, Offsets(0, 0, 0))
        if offset > place.high:
            raise StreamError.anew(topic.name, part, place.high, offset)
        if offset < place.low:
            raise StreamError.messages_gone(
                f"partition {part} of {topic.name} begins at offset {place.low}, and {offset} is next"
            )
