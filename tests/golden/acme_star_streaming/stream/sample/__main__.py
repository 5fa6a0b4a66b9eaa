"""Sample events that fit the spec of their topics, as files that the jobs read like a topic: `python -m stream.sample`.

The same spec and size give the same events, on every machine and day. A few are late and a few are
broken, so that no table of the lake is empty.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import sys
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import yaml

from ingest.settings import DATA, ROOT
from ingest.spec import Column, Table
from sample import DEFAULT_ROWS
from sample.links import LINKED
from sample.streams import known
from sample.values import values_for

EVENTS = 5_000
BEGIN = datetime(2026, 1, 5, 9, tzinfo=timezone.utc)
EVENTS_A_SECOND = 2
LATE, BROKEN = 200, 500
"""One event in so many comes late, or is broken."""
LINES_A_FILE = 50_000


def main() -> int:
    """Write the sample events of every topic, or those of a file for one topic; 0 if all went well, else 1."""
    parser = argparse.ArgumentParser(prog="python -m stream.sample", description=__doc__)
    add = parser.add_argument
    add("--rows", type=int, default=EVENTS, help="the number of events of a topic")
    add(
        "--events",
        type=Path,
        help="take the events from this file of JSON lines (.jsonl, .jsonl.gz)",
    )
    add("--topic", help="only this topic, as source.topic")
    add("--lines", type=int, default=LINES_A_FILE, help="the number of messages of a batch")
    asked = parser.parse_args()
    known = {f"{source}.{topic['name']}": (source, topic) for source, topic in topics()}
    names = [asked.topic] if asked.topic else list(known)
    if unknown := {*names} - {*known}:
        return _refused(f"There is no topic {unknown.pop()}. There are: {', '.join(known)}.")
    if asked.events and len(names) > 1:
        return _refused(f"Set TOPIC=... to the topic of these events: {', '.join(known)}.")
    for name in names:
        source, topic = known[name]
        values = (
            _lines_of(asked.events) if asked.events else sample_events(source, topic, asked.rows)
        )
        folder = DATA / "events" / source / (topic.get("origin") or topic["name"])
        try:
            count = write(folder, topic, values, asked.lines)
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
            return _refused(f"{asked.events or folder}: {reason}.")
        print(f"{name}: {count:,} events in {folder}")
    return 0


def _refused(reason: str) -> int:
    print(reason, file=sys.stderr)
    return 1


def topics() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every topic as `sources/*.yml` describes it, with the name of its source."""
    for path in sorted((ROOT / "sources").glob("*.yml")):
        source = yaml.safe_load(path.read_text(encoding="utf-8"))
        for topic in source.get("topics", ()):
            yield path.stem, topic


def write(
    folder: Path,
    topic: dict[str, Any],
    values: Iterable[str | None],
    lines_a_file: int = LINES_A_FILE,
) -> int:
    """Replace the sample messages by ones with these values, in this order, partitioned by the key of the topic."""
    for earlier in folder.glob("*.jsonl"):
        earlier.unlink()
    folder.mkdir(parents=True, exist_ok=True)
    offsets = [0] * topic.get("partitions", 1)
    count = 0
    for number, lines in enumerate(_in_files(values, lines_a_file)):
        aside, path = folder / f".{number:05}.tmp", folder / f"{number:05}.jsonl"
        with aside.open("w", encoding="utf-8") as file:
            for value in lines:
                key = _key(topic, value)
                partition = zlib.crc32(key.encode()) % len(offsets) if key else count % len(offsets)
                file.write(
                    json.dumps(_message(topic, partition, offsets[partition], key, value)) + "\n"
                )
                offsets[partition] += 1
                count += 1
        # Spark reads files in the order of their modification times.
        moment = BEGIN.timestamp() + number
        os.utime(aside, (moment, moment))
        aside.replace(path)
    return count


def sample_events(source: str, topic: dict[str, Any], rows: int) -> Iterator[str | None]:
    """The values of the messages, in the order of their arrival."""
    chance = random.Random(f"{source}.{topic['name']}")
    moments = sorted(
        BEGIN + timedelta(seconds=chance.random() * rows / EVENTS_A_SECOND) for _ in range(rows)
    )
    for number in range(0, rows, LATE):
        moments[number] -= timedelta(hours=chance.random())
    made = list(_objects(f"{source}.{topic['name']}", topic["fields"], moments))
    event_time = next(field for field in topic["fields"] if field["name"] == topic["event_time"])
    for number, (moment, event) in enumerate(zip(moments, made, strict=True)):
        event[_origin(event_time)] = moment.isoformat().replace("+00:00", "Z")
        text = json.dumps(event, default=_as_json, ensure_ascii=False)
        yield text if number % BROKEN else _broken(text, number // BROKEN)


def _broken(text: str, number: int) -> str | None:
    return (text[: len(text) // 2], None, "[]", text.replace("{", "", 1))[number % 4]


def _objects(
    seed: str, fields: list[dict[str, Any]], moments: list[datetime]
) -> Iterator[dict[str, Any]]:
    columns = {_origin(field): list(_values(seed, field, moments)) for field in fields}
    for row in zip(*columns.values(), strict=True):
        yield {name: value for name, value in zip(columns, row, strict=True) if value is not None}


def _values(seed: str, field: dict[str, Any], moments: list[datetime]) -> Iterator[Any]:
    here = f"{seed}.{field['name']}"
    chance = random.Random(here)
    if field["type"] == "object":
        made: Iterator[Any] = _objects(here, field["fields"], moments)
    else:
        column = Column(
            name=field["name"],
            origin=_origin(field),
            type=field["type"],
            required=bool(field.get("required")),
            values=tuple(field.get("values") or ()),
            min=field.get("min"),
            max=field.get("max"),
            pii=field.get("pii"),
        )
        if reference := field.get("references"):
            values = known(reference, DEFAULT_ROWS)
            made = iter(
                [
                    chance.choice(values) if values and chance.random() < LINKED else None
                    for _ in moments
                ]
            )
            yield from made
            return
        naive = [moment.replace(tzinfo=None) for moment in moments]
        made = iter(values_for(_table(seed, column), column, naive, seed, unique=False))
    for value in made:
        if field.get("repeated"):
            yield [value] * chance.randint(0, 3)
        else:
            yield value


def _table(name: str, column: Column) -> Table:
    return Table(
        name=name,
        schema=None,
        origin=name,
        role="fact",
        key=(),
        unique=(),
        references=(),
        columns=(column,),
        excluded=frozenset(),
        cursor=None,
        lag=0,
        marks_deletes=False,
    )


def _origin(field: dict[str, Any]) -> str:
    return str(field.get("origin") or field["name"])


def _as_json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat() + ("" if value.tzinfo else "Z")
    if isinstance(value, Decimal):
        return float(value)
    return str(value)


def _message(
    topic: dict[str, Any], partition: int, offset: int, key: str | None, value: str | None
) -> dict[str, Any]:
    return {
        "topic": topic.get("origin") or topic["name"],
        "partition": partition,
        "offset": offset,
        "timestamp": (BEGIN + timedelta(days=1)).isoformat(),
        "key": key,
        "value": value,
    }


def _key(topic: dict[str, Any], value: str | None) -> str | None:
    try:
        event = json.loads(value or "")
        field = next(field for field in topic["fields"] if field["name"] == topic["key"])
        return str(event[_origin(field)])
    except (ValueError, KeyError, TypeError, StopIteration):
        return None


def _in_files(values: Iterable[str | None], size: int) -> Iterator[list[str | None]]:
    lines: list[str | None] = []
    for value in values:
        lines.append(value)
        if len(lines) == size:
            yield lines
            lines = []
    if lines:
        yield lines


def _lines_of(path: Path) -> Iterator[str | None]:
    """The lines; an empty one is a message without a value."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield line.rstrip("\n") or None


if __name__ == "__main__":
    sys.exit(main())
