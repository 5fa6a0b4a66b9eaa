"""Produces to and runs streams of a generated repository; run in that repository, in the environment of its streams.

python drive.py produce TOPICS.json    create the topics of the spec and produce the public events to them
python drive.py run STREAMS.json       run streams with other settings than those of the spec, all at a time
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import Any

import github_events

WAIT = 300


def main() -> None:
    """Do what the arguments ask for."""
    asked = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
    {"produce": produce, "run": run}[sys.argv[1]](asked)


def produce(topics: dict[str, str]) -> None:
    """Produce a file of events, with broken ones between them, to each of the topics."""
    from confluent_kafka import Producer
    from stream.create_topics import all_topics, create

    for topic in all_topics():
        create(topic)
        producer = Producer(
            {"bootstrap.servers": os.environ[topic.variable], "enable.idempotence": True, "log_level": 0}
        )
        for message in github_events.messages(Path(topics[topic.name]), topic.partitions):
            while True:
                try:
                    producer.produce(topic.name, message.value, message.key, message.partition)
                    break
                except BufferError:
                    producer.poll(0.1)
        if producer.flush(WAIT):
            raise SystemExit(f"{topic.name}: not every message was delivered")


def run(asked: list[dict[str, Any]]) -> None:
    """Run each stream over all that its topic has, in a lake of its own."""
    from stream.jobs import streams
    from stream.read import messages
    from stream.run import run, start
    from stream.session import session

    known = streams()
    chosen = []
    for each in asked:
        stream = known[each["stream"]]
        topic = dataclasses.replace(stream.topic, lateness=each["lateness"])
        chosen.append(dataclasses.replace(stream, source=each["lake"], topic=topic, max_offsets=each["max_offsets"]))
    spark = session("tests")
    run(spark, [start(spark, stream, messages(spark, stream), once=True) for stream in chosen])
    spark.stop()


if __name__ == "__main__":
    main()
