"""A job that never ends, when its broker goes away and comes back, and when it is told to stop."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable

import pytest
from github_events import replay
from github_repository import batches, outcome_of, outcome_query

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("broker")]

TOPIC = "hours_in_four"
TABLE = f"{TOPIC}_by_type"
PATIENCE = 300


def test_a_job_outlives_its_broker_and_ends_its_batch_when_told_to_stop(
    github, kafka, environment, lake_rows, tmp_path
):
    lake = tmp_path / "lake"

    def wait(job: subprocess.Popen[str], condition: Callable[[], bool]) -> None:
        until = time.monotonic() + PATIENCE
        while not condition():
            assert job.poll() is None and time.monotonic() < until, (tmp_path / "output.log").read_text()
            time.sleep(0.02)

    def ended() -> int:
        return batches(lake, TABLE)[1]

    job = github.start(f"github.{TABLE}", lake=lake)
    wait(job, lambda: ended() > 1)
    for end in (kafka.stop, kafka.kill):
        end()
        time.sleep(5)
        before = ended()
        kafka.start()
        wait(job, lambda before=before: ended() > before + 1)
    wait(job, lambda: batches(lake, TABLE)[0] > ended())
    begun = batches(lake, TABLE)[0]
    job.send_signal(signal.SIGTERM)
    assert job.wait() == 0
    assert ended() >= begun
    assert github.start(f"github.{TABLE}", "--once", lake=lake).wait() == 0

    found = outcome_of(lake_rows(environment, lake, outcome_query(lake / TABLE)))
    assert found == replay(github.messages(TOPIC), lateness=0)
