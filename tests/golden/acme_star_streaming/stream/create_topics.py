"""Creates the topics of the spec at the broker, and brings those that are there in line with it.

    GITHUB_URL=broker:9092 python -m stream.create_topics github

Running it again changes nothing. A topic is never deleted and never loses partitions or messages here.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
import sys

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
from stream.model import Topic

WAIT = 30


def main(sources: list[str]) -> int:
    """Create the topics of these sources, or of all; 0 if all went well, else 1."""
    try:
        for topic in all_topics():
            if not sources or topic.source in sources:
                print(f"{topic.source}.{topic.name}: {create(topic)}")
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def all_topics() -> list[Topic]:
    """Every topic of the spec."""
    names = sorted(module.name for module in pkgutil.iter_modules(topics.__path__))
    return [importlib.import_module(f"stream.topics.{name}").TOPIC for name in names]


def create(topic: Topic) -> str:
    """Create the topic or bring it in line; what was done, in words. Raises `StreamError` where that cannot be."""
    servers = os.environ.get(topic.variable)
    if not servers:
        raise StreamError(f"{topic.variable} is not set: it names the brokers, as host:port.")
    admin = AdminClient({"bootstrap.servers": servers})
    config = {"retention.ms": str(topic.retention * 1000)}
    there = admin.list_topics(timeout=WAIT).topics.get(topic.name)
    if there is None:
        new = NewTopic(topic.name, topic.partitions, topic.replication, config=config)
        admin.create_topics([new])[topic.name].result(WAIT)
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
        return "as it should be"
    admin.create_partitions([NewPartitions(topic.name, topic.partitions)])[topic.name].result(WAIT)
    return f"has {topic.partitions} partitions now; it had {partitions}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
