"""Creates the topics of the spec at the broker, and updates the settings of existing ones.

Running it again changes nothing. It never deletes a topic, partitions or messages.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
import time

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    ResourceType,
)

from stream import topics
from stream.errors import StreamError
from stream.kafka import client_options, meant
from stream.model import Topic

WAIT = 30


def main() -> int:
    """Create the topics that the arguments ask for; 0 if all went well, else 1."""
    known = all_topics()
    parser = argparse.ArgumentParser(
        prog="python -m stream.create_topics", description=__doc__.splitlines()[0]
    )
    parser.add_argument(
        "sources",
        nargs="*",
        metavar="source",
        help=f"only topics of these sources: {', '.join(sorted({topic.source for topic in known}))}",
    )
    sources = parser.parse_args().sources
    if unknown := set(sources) - {topic.source for topic in known}:
        parser.error(f"there is no source of events {', '.join(sorted(unknown))}")
    try:
        for topic in known:
            if not sources or topic.source in sources:
                print(f"{topic.source}.{topic.name}: {create(topic)}")
    except StreamError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def all_topics() -> list[Topic]:
    """Every topic of the spec."""
    names = sorted(module.name for module in pkgutil.iter_modules(topics.__path__))
    return [importlib.import_module(f"stream.topics.{name}").TOPIC for name in names]


def create(topic: Topic) -> str:
    """Create or update the topic; returns what was done, in words. Raises `StreamError` if that is not possible."""
    options = {**client_options(topic), "log_level": 0}
    try:
        return _update(AdminClient(options), topic)
    except KafkaException as error:
        raise meant(error, topic) from error


def _update(admin: AdminClient, topic: Topic) -> str:
    config = {"retention.ms": str(topic.retention * 1000)}
    there = admin.list_topics(timeout=WAIT).topics.get(topic.name)
    if there is None:
        new = NewTopic(topic.name, topic.partitions, topic.replication, config=config)
        admin.create_topics([new])[topic.name].result(WAIT)
        _wait_for(admin, topic)
        return f"created with {topic.partitions} partitions"
    partitions = len(there.partitions)
    if partitions > topic.partitions:
        raise StreamError(
            f"{topic.name} has {partitions} partitions, and the spec says {topic.partitions}. A topic cannot "
            f"lose partitions: write `partitions: {partitions}` in sources/{topic.source}.yml."
        )
    entries = [
        ConfigEntry(key, value, incremental_operation=AlterConfigOpType.SET)
        for key, value in config.items()
    ]
    resource = ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=entries)
    admin.incremental_alter_configs([resource])[resource].result(WAIT)
    if partitions == topic.partitions:
        return "up to date"
    admin.create_partitions([NewPartitions(topic.name, topic.partitions)])[topic.name].result(WAIT)
    return f"extended to {topic.partitions} partitions from {partitions}"


def _wait_for(admin: AdminClient, topic: Topic) -> None:
    """Wait until all brokers know the topic, which takes longer than its creation."""
    until = time.monotonic() + WAIT
    while time.monotonic() < until:
        known = admin.list_topics(topic.name, timeout=WAIT).topics[topic.name]
        if not known.error and len(known.partitions) == topic.partitions:
            return
        time.sleep(0.1)
    raise StreamError(f"{topic.name} was created, but the brokers do not know it after {WAIT} s.")


if __name__ == "__main__":
    sys.exit(main())
