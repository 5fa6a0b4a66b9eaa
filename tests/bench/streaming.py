"""Events from Kafka to Delta through a generated stream, against Spark by hand on the same topic."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from platform_new import flow
from tests import environment
from tests.bench.timing import table

ROOT = Path(__file__).parents[2]
SIZES = (100_000, 1_000_000)
BY_HAND = "job by hand"


def measure(runs: int = 3) -> str:
    """The table of results, as Markdown, or why there is none."""
    if missing := [command for command in environment.STREAMS_NEED if shutil.which(command) is None]:
        return f"Not measured: the streams need `{'` and `'.join(missing)}`, which this machine lacks."
    made = environment.stream_environment(ROOT / ".cache")
    with tempfile.TemporaryDirectory() as scratch:
        repository = flow.create(Path(scratch) / "bench", environment.sample_streams("bench"), git=False).folder
        for name in environment.STREAM_PARTS:
            (repository / name).symlink_to(made / name)
        medians = _contest(repository, runs)
    return _table(medians)


def _contest(repository: Path, runs: int) -> dict[int, dict[str, float]]:
    """The median seconds, by number of events and way."""
    command = [str(repository / ".venv-stream/bin/python"), "-m", "tests.bench.spark_jobs", str(runs)]
    done = subprocess.run(
        [*command, *map(str, SIZES)],
        cwd=repository,
        env=environment.clean({"PYTHONPATH": f"{ROOT}:{repository}"}),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return {int(size): medians for size, medians in json.loads(done.stdout.splitlines()[-1]).items()}


def _table(medians: dict[int, dict[str, float]]) -> str:
    headings = ["way"]
    for size in SIZES:
        headings += [f"{size:,} events", "rows a second", "an event", "against the job by hand"]
    headings += ["each further event", "against the job by hand"]
    rows = []
    for way in medians[SIZES[0]]:
        row = [way]
        for size in SIZES:
            taken, by_hand = medians[size][way], medians[size][BY_HAND]
            row += [
                f"{taken:.1f} s",
                f"{size / taken / 1000:.0f} k",
                f"{1_000_000 * taken / size:.0f} µs",
                f"{100 * by_hand / taken:.0f} %",
            ]
        further = _further(medians, way)
        row += [f"{1_000_000 * further:.1f} µs", f"{100 * _further(medians, BY_HAND) / further:.0f} %"]
        rows.append(row)
    return table(headings, rows)


def _further(medians: dict[int, dict[str, float]], way: str) -> float:
    """The seconds of an event beyond those of the smaller size: without what every run takes, however short."""
    few, many = SIZES
    return (medians[many][way] - medians[few][way]) / (many - few)


if __name__ == "__main__":
    print(measure())
