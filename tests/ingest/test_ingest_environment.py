"""Runs the tests of this folder in the environment of the generated repositories, which has dlt."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


CORE = {HERE / f"test_ingest_{name}.py" for name in ("casts", "flow", "readers")}


@pytest.mark.parametrize("which", ["core", pytest.param("others", marks=pytest.mark.exhaustive)])
@pytest.mark.proof
@pytest.mark.skipif(bool(importlib.util.find_spec("dlt")), reason="the tests of this folder already run here")
def test_ingestion_in_the_environment_of_generated_repositories(which: str, request: pytest.FixtureRequest) -> None:
    """The tests of sample data, readers and loads pass."""
    python = request.getfixturevalue("environment") / "bin" / "python"
    others = {*HERE.glob("test_ingest_*.py")} - CORE - {Path(__file__)}
    chosen = CORE if which == "core" else others
    options = ["-q", "--noconftest", "-c", "/dev/null", "--rootdir", str(HERE), "-p", "no:cacheprovider"]
    # The module with the test servers is one folder up.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    env = {**inherited, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(
        [python, "-m", "pytest", *options, *sorted(map(str, chosen))],
        cwd=HERE,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
