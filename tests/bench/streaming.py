"""Events from Kafka to Delta with a generated stream, compared with a handwritten Spark job on the same topic."""

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
BY_HAND = "handwritten job"


def measure(runs: int = 3) -> str:
    """The table of results, as Markdown, or the reason why there is none."""
    if missing := [command for command in environment.STREAMS_NEED if shutil.which(command) is None]:
        return f"Not measured: streams need `{'` and `'.join(missing)}`, which are not installed on this machine."
    made = environment.stream_environment(ROOT / ".cache")
    with tempfile.TemporaryDirectory() as scratch:
        repository = flow.create(Path(scratch) / "bench", environment.sample_streams("bench"), git=False).folder
        for name in environment.STREAM_PARTS:
            (repository / name).symlink_to(made / name)
        medians = _contest(repository, runs)
    return _table(medians)


def _contest(repository: Path, runs: int) -> dict[int, dict[str, float]]:
    """The median seconds, by number of events and method."""
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
    headings = ["method"]
    for size in SIZES:
        headings += [f"{size:,} events", "rows/s", "per event", "vs. handwritten job"]
    headings += ["per additional event", "vs. handwritten job"]
    rows = []
    for method in medians[SIZES[0]]:
        row = [method]
        for size in SIZES:
            taken, by_hand = medians[size][method], medians[size][BY_HAND]
            row += [
                f"{taken:.1f} s",
                f"{size / taken / 1000:.0f} k",
                f"{1_000_000 * taken / size:.0f} µs",
                f"{100 * by_hand / taken:.0f} %",
            ]
        further = _further(medians, method)
        row += [f"{1_000_000 * further:.1f} µs", f"{100 * _further(medians, BY_HAND) / further:.0f} %"]
        rows.append(row)
    return table(headings, rows)


def _further(medians: dict[int, dict[str, float]], method: str) -> float:
    """The seconds per event beyond the smaller size, which excludes the fixed cost of a run."""
    few, many = SIZES
    return (medians[many][method] - medians[few][method]) / (many - few)


if __name__ == "__main__":
    print(measure())
