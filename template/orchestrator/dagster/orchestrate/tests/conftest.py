"""The definitions, with a current manifest."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def defs():
    """All definitions, loaded as Dagster loads them."""
    dbt = Path(sys.executable).with_name("dbt")
    options = ["--project-dir", "transform", "--profiles-dir", "transform"]
    environment = {**os.environ, "PLATFORM_ROOT": str(ROOT)}
    subprocess.run([dbt, "--quiet", "parse", *options], cwd=ROOT, env=environment, check=True)
    from orchestrate.definitions import defs

    return defs


@pytest.fixture(scope="session")
def jobs(defs):
    """The jobs by name, without Dagster's own."""
    jobs = {job.name: job for job in defs.get_repository_def().get_all_jobs()}
    return {name: job for name, job in jobs.items() if not name.startswith("__")}
