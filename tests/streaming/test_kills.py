"""A job that is killed at any moment, and run again, makes the tables that one makes that nobody disturbed."""

from __future__ import annotations

import os
import random
import signal
import time
from pathlib import Path

import pytest
from github_events import replay
from github_repository import outcome_of, outcome_query

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("broker")]

TOPIC = "late_in_four"
KILLS = 10
FILES = 30
"""A kill comes after one to so many new files; a batch makes about 25."""


def test_a_job_killed_at_random_moments_loses_nothing_and_counts_nothing_twice(
    github, environment, lake_rows, tmp_path
):
    """In batches of 2,500 messages, with dead letters and late events in most of them."""
    lake, table = tmp_path / "lake", f"{TOPIC}_by_type"
    _leave_half_an_offset(lake / "_checkpoints" / table)
    moments = [random.randint(1, FILES) for _ in range(KILLS)]
    print("killed after so many new files:", moments)
    for moment in moments:
        before = _files(lake)
        job, made = github.start(f"github.{table}", "--once", lake=lake), set()
        while len(made) < moment:
            assert job.poll() is None, (tmp_path / "output.log").read_text()
            time.sleep(0.05)
            made |= _files(lake) - before
        os.killpg(job.pid, signal.SIGKILL)
        job.wait()
    assert github.start(f"github.{table}", "--once", lake=lake).wait() == 0, (tmp_path / "output.log").read_text()

    found = outcome_of(lake_rows(environment, lake, outcome_query(lake / table)))
    assert found == replay(github.messages(TOPIC), lateness=0)


def _leave_half_an_offset(checkpoint: Path) -> None:
    """What is there after a kill while the first batch is begun, a moment that is too short to be met by chance."""
    (checkpoint / "offsets").mkdir(parents=True)
    (checkpoint / "offsets/.0.0d1c2b3a-0000-4000-8000-000000000000.tmp").write_text("v1\n{")


def _files(lake: Path) -> set[str]:
    return {f"{folder}/{name}" for folder, _, names in os.walk(lake) for name in names}
