"""Whatever happens at a source: after each run a table is as it must be, or the run names it and the repair."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from histories import databases
from histories.history import History
from histories.play import play
from histories.repository import Runner
from histories.strategies import histories

pytestmark = pytest.mark.proof
PLAYED = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
)


@pytest.fixture(scope="module")
def runner(environment: Path) -> Iterator[Runner]:
    """Runs the repositories of all histories."""
    runner = Runner(environment)
    yield runner
    runner.close()


@PLAYED
@given(history=histories("sqlite"))
def test_a_platform_of_a_sqlite_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


def right(history: History, runner: Runner) -> None:
    """Fail with what is wrong and the history as a script that anybody can replay, if anything is."""
    with tempfile.TemporaryDirectory() as folder:
        if wrong := play(history, Path(folder), runner, databases.fresh):
            replay = "Replay it with `python -m histories.play FILE` in tests/:"
            pytest.fail("\n".join([*wrong, "", replay, history.script()]), pytrace=False)
