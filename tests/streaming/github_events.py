"""The public GitHub events as messages of a topic, some of them broken, and what has to become of each.

Used by the tests and, in the environment of the streams, by `drive.py`; so it needs nothing but Python.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

BROKEN = 0.02
WINDOW = 300


@dataclass(frozen=True)
class Message:
    """A message, and what it is: an event, or a dead letter with the `reason` and the field at fault."""

    partition: int
    offset: int
    key: str
    value: bytes | None
    reason: str | None = None
    at_fault: str | None = None


@dataclass
class Outcome:
    """What a stream of counts by type and window makes of messages; times in seconds since 1970."""

    counted: Counter[tuple[int, str]] = field(default_factory=Counter)
    commits: Counter[tuple[int, str]] = field(default_factory=Counter)
    late: Counter[tuple[int, int, int]] = field(default_factory=Counter)
    """By partition, offset and beginning of the window."""
    dead: Counter[tuple[int, int, str, str | None, bytes | None]] = field(default_factory=Counter)
    """By partition, offset, reason, field, and the value itself."""

    @property
    def messages(self) -> int:
        """How many messages there were."""
        return self.counted.total() + self.late.total() + self.dead.total()


def messages(file: Path, partitions: int) -> Iterator[Message]:
    """The events of the file in its order, each repository's in one partition; one in fifty
    has a broken one before it.
    """
    chance = random.Random(f"{file.name} {partitions}")
    offsets = [0] * partitions

    def place(partition: int, *rest: Any) -> Message:
        offsets[partition] += 1
        return Message(partition, offsets[partition] - 1, *rest)

    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            event = json.loads(line)
            if chance.random() < BROKEN:
                value, reason, at_fault = chance.choice(BREAKS)(event, chance)
                yield place(chance.randrange(partitions), event["repo"], value, reason, at_fault)
            partition = zlib.crc32(event["repo"].encode()) % partitions
            yield place(partition, event["repo"], line.rstrip("\n").encode())


def replay(arrived: Iterable[Message], lateness: int) -> Outcome:
    """What has to become of the messages, one by one in the order of each partition; `lateness` in seconds."""
    outcome, seen = Outcome(), dict[int, int]()
    for message in arrived:
        place = (message.partition, message.offset)
        if message.reason:
            outcome.dead[(*place, message.reason, message.at_fault, message.value)] += 1
            continue
        event = json.loads(message.value or b"")
        time = int(datetime.fromisoformat(event["dt"].replace("Z", "+00:00")).timestamp())
        window = time - time % WINDOW
        if window + WINDOW <= seen.get(message.partition, time) - lateness:
            outcome.late[(*place, window)] += 1
        else:
            outcome.counted[window, event["type"]] += 1
            outcome.commits[window, event["type"]] += event.get("commits", 0)
        seen[message.partition] = max(time, seen.get(message.partition, time))
    return outcome


Break = Callable[[dict[str, Any], random.Random], tuple[bytes | None, str, str | None]]


def _text(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def _with(name: str, value: Any, reason: str) -> Break:
    return lambda event, _: (_text(event | {name: value}), reason, name)


def _without(name: str) -> Break:
    return lambda event, _: (_text({key: value for key, value in event.items() if key != name}), "missing", name)


def _not_json(make: Callable[[bytes, random.Random], bytes]) -> Break:
    return lambda event, chance: (make(_text(event), chance), "not_json", None)


BREAKS: tuple[Break, ...] = (
    lambda *_: (None, "no_value", None),
    _not_json(lambda text, chance: text[: chance.randrange(len(text))]),
    _not_json(lambda text, chance: chance.randbytes(len(text))),
    _not_json(lambda text, _: b"[" + text + b"]"),
    _not_json(lambda text, _: text + text),
    _not_json(lambda text, _: text.replace(b'"repo": "', b'"repo": "\xff')),
    _not_json(lambda text, _: text.replace(b'"', b"'")),
    _without("dt"),
    _without("type"),
    _with("repo", None, "missing"),
    _with("commits", "many", "wrong_type"),
    _with("commits", 1.5, "wrong_type"),
    _with("commits", 2**70, "wrong_type"),
    _with("commits", [1], "wrong_type"),
    _with("dt", "yesterday", "wrong_type"),
    _with("dt", {"year": 2015}, "wrong_type"),
    _with("type", "teleport", "unknown_value"),
    _with("action", "danced", "unknown_value"),
    _with("dt", "2099-01-01T00:00:00Z", "from_the_future"),
)
"""Each makes of an event the value of a message that must not be counted, with the reason and the field at fault."""
