"""The test levels: repeatable cases, and the proof page of an exhaustive run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]


def run_tests(page: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run tests of this project that write the page."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--proof-page", page, *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_random_cases_are_the_same_on_each_run(request):
    if request.config.getoption("--proof-page"):
        pytest.skip("an exhaustive run draws other cases each time")
    assert settings.default.derandomize and settings.default.database is None


def test_a_run_writes_down_what_it_proved_unless_something_failed(tmp_path):
    page = tmp_path / "proof.md"
    passed = run_tests(page, "tests/spec/test_cron.py", "tests/spec/test_schema.py")
    count = passed.stdout.split(" passed")[0].split()[-1]
    assert passed.returncode == 0, passed.stdout
    assert f"| `spec` | {count} | 0 | 0 |" in page.read_text(encoding="utf-8")

    written = page.read_text(encoding="utf-8")
    failed = run_tests(page, "tests/spec/test_cron.py::no_such_test")
    assert failed.returncode and f"{page} was not written" in failed.stdout
    assert page.read_text(encoding="utf-8") == written
