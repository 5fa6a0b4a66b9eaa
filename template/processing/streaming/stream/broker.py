"""What a topic has at the broker."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.connection import client_options, servers
from stream.errors import StreamError
from stream.model import Topic
from stream.progress import Position

WAIT = 15
"""How many seconds the broker may take to answer."""
QUIET = {"log_level": 0, "enable.auto.commit": False}
SETTLING = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
"""What a broker says while a partition is new or changes its leader."""


@dataclass(frozen=True)
class Offsets:
    """Of a partition: its first offset, the first of a message from some time on, and where it ends."""

    low: int
    since: int
    high: int


def offsets(topic: Topic, since: datetime | None = None) -> dict[int, Offsets]:
    """The offsets of each partition of a topic. Raises `StreamError` if nobody answers, or has the topic."""
    consumer = Consumer({**client_options(topic), "group.id": "offsets", **QUIET})
    moment = max(0, int(since.timestamp() * 1000)) if since else 0
    until = time.monotonic() + WAIT
    try:
        while True:
            try:
                return _offsets(consumer, topic.name, moment)
            except KafkaException as error:
                if error.args[0].code() not in SETTLING or time.monotonic() > until:
                    raise
                time.sleep(0.2)
    except KafkaException as error:
        raise meant(error, topic) from error
    finally:
        consumer.close()


def meant(error: KafkaException, topic: Topic) -> StreamError:
    """What an error of a client means for the topic."""
    code, said = error.args[0].code(), error.args[0].str()
    if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return StreamError.no_topic(topic.name)
    # Those of the client itself are negative: nobody answered.
    if code < 0:
        return StreamError.unreachable(servers(topic), said)
    return StreamError(f"The broker at {servers(topic)} refuses what {topic.name} needs: {said}.")


def _offsets(consumer: Consumer, topic: str, moment: int) -> dict[int, Offsets]:
    known = consumer.list_topics(topic, timeout=WAIT).topics[topic]
    if known.error:
        raise KafkaException(known.error)
    found = {}
    asked = [TopicPartition(topic, part, moment) for part in known.partitions]
    for place in consumer.offsets_for_times(asked, timeout=WAIT):
        end = TopicPartition(topic, place.partition)
        low, high = consumer.get_watermark_offsets(end, timeout=WAIT)
        found[place.partition] = Offsets(low, place.offset if place.offset >= 0 else high, high)
    return found


def check(topic: Topic, position: Position | None) -> None:
    """Raise `StreamError` if the topic is not there, or is not the one that a query has read so far.

    Whether it has lost messages that are to be read next, only who reads them can tell: an offset may
    hold a mark of a transaction and no message.
    """
    there = offsets(topic)
    for part, offset in (position.next if position else {}).items():
        high = there[part].high if part in there else 0
        if offset > high:
            raise StreamError.anew(topic.name, part, high, offset)
