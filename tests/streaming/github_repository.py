"""A generated repository whose streams read the public GitHub events from a broker, in several ways."""

from __future__ import annotations

import base64
import functools
import json
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import environment as environments
import github_events
from github_events import Message, Outcome
from local_kafka import LocalKafka

from platform_new import flow
from platform_new.introspect import introspect
from platform_new.spec.models import Platform, Spec

HOURS, LATE = "events.jsonl.gz", "events_2018-06-18-00.jsonl.gz"
TOPICS = {"hours_in_one": (HOURS, 1), "hours_in_four": (HOURS, 4), "late_in_one": (LATE, 1), "late_in_four": (LATE, 4)}
"""The topics: of which file, and in how many partitions."""
A_BATCH = {HOURS: 5_000, LATE: 2_500}
"""How many messages of a file the spec has a batch take."""
PROGRAM = Path(__file__).parent / "drive.py"


class GithubRepository:
    """The repository, whose stream of each topic is called `<topic>_by_type`."""

    def __init__(self, folder: Path, datasets: Path, parts: Path, kafka: LocalKafka) -> None:
        self.folder = folder
        self._events = datasets / "github_events"
        self._env = {"GITHUB_URL": kafka.servers, "PYTHONPATH": os.pathsep.join((str(folder), str(PROGRAM.parent)))}
        source = introspect(str(self._events / HOURS), name="github").source
        topics = tuple(
            source.topics[0].model_copy(update={"name": name, "partitions": partitions, "lateness": "0 seconds"})
            for name, (_, partitions) in TOPICS.items()
        )
        streams = tuple(
            source.streams[0].model_copy(
                update={"name": f"{name}_by_type", "topic": name, "max_offsets": A_BATCH[file], "trigger": "1 second"}
            )
            for name, (file, _) in TOPICS.items()
        )
        spec = Spec(
            platform=Platform(name="events", processing="streaming"),
            event_sources=(source.model_copy(update={"topics": topics, "streams": streams}),),
        )
        flow.create(folder, spec, git=False)
        for name in environments.STREAM_PARTS:
            (folder / name).symlink_to(parts / name)
        self._drive("produce", {name: str(self._events / file) for name, (file, _) in TOPICS.items()})

    def messages(self, topic: str) -> list[Message]:
        """What the topic holds."""
        file, partitions = TOPICS[topic]
        return _messages(self._events / file, partitions)

    def run(self, runs: Iterable[Mapping[str, object]]) -> None:
        """Run streams with other settings than those of the spec; see `drive.run`."""
        self._drive("run", list(runs), **environments.WITH_CODE)

    def start(self, *arguments: str, lake: Path) -> subprocess.Popen[str]:
        """Start `python -m stream` with these arguments; the process has a group of its own."""
        output = (lake.parent / "output.log").open("a")
        return subprocess.Popen(
            [self._python, "-m", "stream", *arguments],
            cwd=self.folder,
            env=environments.clean(self._env | {"GITHUB_LAKE": str(lake)}),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            text=True,
        )

    @property
    def _python(self) -> Path:
        return self.folder / ".venv-stream/bin/python"

    def _drive(self, verb: str, asked: object, **env: str) -> None:
        file = self.folder / "asked.json"
        file.write_text(json.dumps(asked))
        command = [self._python, PROGRAM, verb, file]
        subprocess.run(command, cwd=self.folder, env=environments.clean(self._env | env), check=True)


@functools.cache
def _messages(file: Path, partitions: int) -> list[Message]:
    return list(github_events.messages(file, partitions))


def outcome_query(table: Path) -> str:
    """Asks for what a stream has made of its messages."""
    return (
        "select 'counted', epoch(window_start)::bigint, sum(event_count)::bigint, sum(commits_sum)::bigint, type, "
        f"null, null from delta_scan('{table}') group by all "
        "union all select 'late', kafka_partition, kafka_offset, epoch(window_start)::bigint, null, null, null "
        f"from delta_scan('{table}__late') "
        "union all select 'dead', partition, \"offset\", null, reason, field, base64(value) "
        f"from delta_scan('{table}__dead_letters')"
    )


def outcome_of(rows: Iterable[tuple]) -> Outcome:
    """What the answer to `outcome_query` says."""
    outcome = Outcome()
    for kind, first, second, third, text, at_fault, value in rows:
        if kind == "counted":
            outcome.counted[first, text] += second
            outcome.commits[first, text] += third or 0
        elif kind == "late":
            outcome.late[first, second, third] += 1
        else:
            raw = None if value is None else base64.b64decode(value)
            outcome.dead[first, second, text, at_fault, raw] += 1
    return outcome


def batches(lake: Path, stream: str) -> tuple[int, int]:
    """How many batches the stream has begun, and how many it has ended."""
    begun, ended = ((lake / "_checkpoints" / stream / part).glob("[0-9]*") for part in ("offsets", "commits"))
    return _count(begun), _count(ended)


def _count(batches: Iterable[Path]) -> int:
    """Spark deletes the files of batches that are long over."""
    return max((int(batch.name) for batch in batches), default=-1) + 1
