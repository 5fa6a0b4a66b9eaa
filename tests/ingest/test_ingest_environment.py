"""Runs the tests beside it where dlt is: in the environment of the generated repositories."""

from __future__ import annotations

import importlib.util
import os
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent


LONG = HERE / "test_ingest_renames.py"


@pytest.mark.parametrize("which", ["most", pytest.param("renames", marks=pytest.mark.exhaustive)])
@pytest.mark.proof
@pytest.mark.skipif(bool(importlib.util.find_spec("dlt")), reason="the tests beside it ran here already")
def test_ingestion_in_the_environment_of_generated_repositories(which: str, request: pytest.FixtureRequest) -> None:
    """Sample data, readers and loads do what their tests say."""
    python = request.getfixturevalue("environment") / "bin" / "python"
    others = {path for path in HERE.glob("test_ingest_*.py") if path != Path(__file__)}
    chosen = {LONG} if which == "renames" else others - {LONG}
    options = ["-q", "--noconftest", "-c", "/dev/null", "--rootdir", str(HERE), "-p", "no:cacheprovider"]
    # The servers of the tests are a module above.
    env = {**os.environ, "PYTHONPATH": str(HERE.parent)}
    done = subprocess.run(
        [python, "-m", "pytest", *options, *sorted(map(str, chosen))],
        cwd=HERE,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
