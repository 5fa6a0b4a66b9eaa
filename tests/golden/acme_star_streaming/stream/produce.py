"""Produces the sample events (`python -m stream.sample`) to the topics, in their order and partitions."""

from __future__ import annotations

import json
import os

from confluent_kafka import Consumer, Producer, TopicPartition

from stream.model import Topic
from stream.settings import SAMPLE_EVENTS

WAIT = 30


def produce(topic: Topic) -> int:
    """Produce the sample events of the topic, unless it has messages already; how many were produced."""
    servers = os.environ[topic.variable]
    if count_messages(servers, topic):
        return 0
    producer = Producer({"bootstrap.servers": servers, "enable.idempotence": True, "linger.ms": 50})
    count = 0
    for path in sorted((SAMPLE_EVENTS / topic.source / topic.name).glob("*.jsonl")):
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                message = json.loads(line)
                while not _put(producer, topic.name, message):
                    producer.poll(0.1)
                count += 1
    producer.flush(WAIT)
    return count


def count_messages(servers: str, topic: Topic) -> int:
    """How many messages the topic has ever had."""
    consumer = Consumer({"bootstrap.servers": servers, "group.id": "count"})
    try:
        places = (TopicPartition(topic.name, partition) for partition in range(topic.partitions))
        return sum(consumer.get_watermark_offsets(place, timeout=WAIT)[1] for place in places)
    finally:
        consumer.close()


def _put(producer: Producer, topic: str, message: dict) -> bool:
    """Whether there was room for the message in the producer's queue."""
    try:
        producer.produce(topic, message["value"], message["key"], message["partition"])
    except BufferError:
        return False
    return True
