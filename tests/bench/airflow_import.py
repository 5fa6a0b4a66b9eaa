"""The import time that each generated DAG file adds to Airflow's own."""

from __future__ import annotations

import json
import statistics
import subprocess
import tempfile
from pathlib import Path

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec
from tests import environment
from tests.bench.timing import table

ROOT = Path(__file__).parents[2]
PROGRAM = """
import json, runpy, sys, time
started = time.perf_counter()
import airflow.sdk
from airflow.providers.standard.operators.bash import BashOperator
seconds = {"Airflow itself": time.perf_counter() - started}
sys.path.insert(0, "orchestrate/dags")
for path in sys.argv[1:]:
    started = time.perf_counter()
    runpy.run_path(path)
    seconds[path] = time.perf_counter() - started
print(json.dumps(seconds))
"""


def measure(runs: int = 5) -> str:
    """The table of results, as Markdown: the median over fresh processes."""
    python = environment.shared_environment(ROOT / ".cache") / "bin" / "python"
    spec = Spec(platform=Platform(name="bench", orchestrator="airflow"), sources=(sample_source("shop"),))
    with tempfile.TemporaryDirectory() as scratch:
        repository = flow.create(Path(scratch) / "bench", spec, git=False).folder
        dags = sorted(str(path.relative_to(repository)) for path in repository.glob("orchestrate/dags/*.py"))
        variables = environment.clean({"AIRFLOW_HOME": f"{repository}/data/airflow"})
        measured = [_seconds([str(python), "-c", PROGRAM, *dags], repository, variables) for _ in range(runs)]
    medians = {what: statistics.median(one[what] for one in measured) for what in measured[0]}
    return table(["imported", "median"], [[what, f"{1000 * taken:.0f} ms"] for what, taken in medians.items()])


def _seconds(command: list[str], repository: Path, variables: dict[str, str]) -> dict[str, float]:
    done = subprocess.run(command, cwd=repository, env=variables, check=True, capture_output=True, text=True)
    return json.loads(done.stdout.splitlines()[-1])
