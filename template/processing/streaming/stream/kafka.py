"""The brokers: how both clients, Python's and Spark's, connect to them, and what a topic has there.

`<SOURCE>_URL` holds their addresses. If they need TLS or a password, `<SOURCE>_KAFKA_PROPERTIES` names a
file with lines `key=value`. Its keys are those of librdkafka in `KEYS`; Java's names follow from them.
Paths in it are relative to it.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from stream.errors import StreamError
from stream.model import Topic
from stream.progress import Position
from stream.settings import ROOT

LOGIN = "org.apache.kafka.common.security"
LOGINS = {
    "PLAIN": f"{LOGIN}.plain.PlainLoginModule",
    "SCRAM-SHA-256": f"{LOGIN}.scram.ScramLoginModule",
    "SCRAM-SHA-512": f"{LOGIN}.scram.ScramLoginModule",
}
FILES = {
    "ssl.ca.location": ("ssl.truststore", "certificates"),
    "ssl.certificate.location": ("ssl.keystore", "certificate.chain"),
    "ssl.key.location": ("ssl.keystore", "key"),
}
"""PEM files, and Java's names for their content, which spares Spark's executors a copy of the files."""
LOGIN_KEYS = ("sasl.mechanism", "sasl.username", "sasl.password")
KEYS = ("security.protocol", *LOGIN_KEYS, *FILES)
WAIT = 15
"""How many seconds the broker may take to answer."""
QUIET = {"log_level": 0, "enable.auto.commit": False}
SETTLING = (KafkaError.NOT_LEADER_FOR_PARTITION, KafkaError.LEADER_NOT_AVAILABLE)
"""Errors of a partition that is new, or changes its leader."""


def servers(topic: Topic) -> str:
    """The addresses of the brokers. Raises `StreamError` if their variable is not set."""
    address = os.environ.get(topic.variable)
    if not address:
        raise StreamError(f"{topic.variable} is not set: it names the brokers, as host:port.")
    return address


def client_options(topic: Topic) -> dict[str, str]:
    """The options of a Python client. Raises `StreamError`, without any value, if the file has a mistake."""
    return {"bootstrap.servers": servers(topic), **_properties(topic)}


def spark_options(topic: Topic) -> dict[str, str]:
    """The options of a Spark reader. Raises `StreamError` as `client_options` does."""
    options, given = {"bootstrap.servers": servers(topic)}, _properties(topic)
    for key in ("security.protocol", "sasl.mechanism"):
        if key in given:
            options[key] = given[key]
    if mechanism := given.get("sasl.mechanism"):
        user, password = (_quoted(given[f"sasl.{name}"]) for name in ("username", "password"))
        login = f"{LOGINS[mechanism]} required username={user} password={password};"
        options["sasl.jaas.config"] = login
    for key, (store, content) in FILES.items():
        if key in given:
            options[f"{store}.type"] = "PEM"
            options[f"{store}.{content}"] = Path(given[key]).read_text(encoding="utf-8")
    return {f"kafka.{key}": value for key, value in options.items()}


@dataclass(frozen=True)
class Offsets:
    """The first offset of a partition, the first of a message since some time, and the end."""

    low: int
    since: int
    high: int


def offsets(topic: Topic, since: datetime | None = None) -> dict[int, Offsets]:
    """The offsets of each partition of a topic. Raises `StreamError` if no broker answers, or has the topic."""
    options = {**client_options(topic), "group.id": "offsets", **QUIET}
    moment = max(0, int(since.timestamp() * 1000)) if since else 0
    deadline = time.monotonic() + WAIT
    consumer = None
    try:
        consumer = Consumer(options)
        while True:
            try:
                return _offsets(consumer, topic.name, moment)
            except KafkaException as error:
                if error.args[0].code() not in SETTLING or time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
    except KafkaException as error:
        raise meant(error, topic) from error
    finally:
        if consumer:
            consumer.close()


def check(topic: Topic, position: Position | None) -> None:
    """Raise `StreamError` if the topic does not exist, or is not the one that a query has read so far.

    Only the reader can tell whether the next messages are lost: an offset may be a transaction marker.
    """
    there = offsets(topic)
    for part, offset in (position.next if position else {}).items():
        high = there[part].high if part in there else 0
        if offset > high:
            raise StreamError(
                f"Partition {part} of topic {topic.name} ends at offset {high}, and the stream has read "
                f"up to {offset}: the topic was deleted and created again",
                page="messages-gone",
            )


def meant(error: KafkaException, topic: Topic) -> StreamError:
    """The error of a client, in terms of the topic."""
    code, said = error.args[0].code(), error.args[0].str()
    if code == KafkaError.UNKNOWN_TOPIC_OR_PART:
        return StreamError.no_topic(topic.name)
    if code == KafkaError._INVALID_ARG:
        for value in _properties(topic).values():
            said = said.replace(value, "…")
        return StreamError(f"The Kafka client refuses the properties of {topic.source}: {said}.")
    # The other errors of the client itself are negative, too: no broker answered.
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


def _properties(topic: Topic) -> dict[str, str]:
    """The properties of the source's file, or none. The client validates them further."""
    variable = f"{topic.source.upper()}_KAFKA_PROPERTIES"
    if not os.environ.get(variable):
        return {}
    path = ROOT / os.environ[variable]
    given = {}
    for number, line in enumerate(map(str.strip, _text(path, variable).splitlines()), 1):
        if not line or line.startswith("#"):
            continue
        key, equals, value = (part.strip() for part in line.partition("="))
        if not equals or key not in KEYS:
            known = ", ".join(KEYS)
            raise StreamError(f"{path}, line {number} is not one of these with its value: {known}.")
        if key in FILES:
            value = str(path.parent / value)
            _text(Path(value), f"{path}, line {number}")
        given[key] = value
    for kind, keys in (("SASL", LOGIN_KEYS), ("SSL", FILES)):
        # The client would connect without: without TLS, it would send the password as plain text.
        if any(key in given for key in keys) and kind not in given.get("security.protocol", ""):
            raise StreamError(f"{path}: {kind.lower()}.* needs a security.protocol with {kind}.")
    if "SASL" in given.get("security.protocol", ""):
        if missing := [key for key in LOGIN_KEYS if key not in given]:
            raise StreamError(f"{path}: {missing[0]} is missing.")
        if given["sasl.mechanism"] not in LOGINS:
            raise StreamError(f"{path}: sasl.mechanism must be one of {', '.join(LOGINS)}.")
    return given


def _text(path: Path, named_by: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not text"
        raise StreamError(f"{named_by} names {path}, which cannot be read: {reason}.") from None


def _quoted(value: str) -> str:
    """As a value in Java's login configuration."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
