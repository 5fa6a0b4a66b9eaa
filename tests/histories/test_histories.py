"""After any events at a source and a run, each table has the expected rows, or the run names it and the fix."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from effort import cases
from hypothesis import HealthCheck, Phase, given

from histories import databases
from histories.history import History
from histories.play import play
from histories.repository import Runner
from histories.strategies import histories

pytestmark = pytest.mark.proof
KEPT = Path(__file__).parents[2] / ".cache" / "histories"
"""The failed histories of this machine."""
WHOLE_RUNS = {"suppress_health_check": list(HealthCheck), "phases": (Phase.explicit, Phase.generate, Phase.shrink)}
"""A history takes some seconds for each of its days."""


@pytest.fixture(scope="module")
def runner(environment: Path) -> Iterator[Runner]:
    """Runs the repositories of all histories."""
    runner = Runner(environment)
    yield runner
    runner.close()


@cases(1, in_depth=8, **WHOLE_RUNS)
@given(history=histories("sqlite"))
def test_a_platform_of_a_sqlite_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=4, **WHOLE_RUNS)
@given(history=histories("postgres"))
def test_a_platform_of_a_postgresql_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=2, **WHOLE_RUNS)
@given(history=histories("mariadb"))
def test_a_platform_of_a_mariadb_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=2, **WHOLE_RUNS)
@given(history=histories("duckdb"))
def test_a_platform_of_a_duckdb_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@cases(1, in_depth=3, **WHOLE_RUNS)
@given(history=histories("sqlite", target="prod"))
def test_a_production_warehouse_in_postgresql_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=4, **WHOLE_RUNS)
@given(history=histories("sqlite", target="lake", accidents=True))
def test_a_lake_is_right_after_runs_that_were_killed_or_met_another_load(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=4, **WHOLE_RUNS)
@given(history=histories("sqlite", accidents=True))
def test_a_platform_is_right_after_runs_that_were_killed_or_met_another_load(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=6, **WHOLE_RUNS)
@given(history=histories("sqlite", facts="incremental", accidents=True))
def test_incremental_facts_are_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=3, **WHOLE_RUNS)
@given(history=histories("sqlite", target="prod", facts="incremental"))
def test_incremental_facts_in_postgresql_are_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=4, **WHOLE_RUNS)
@given(history=histories("sqlite", modeling="data_vault"))
def test_a_star_on_a_vault_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=2, **WHOLE_RUNS)
@given(history=histories("sqlite", target="prod", modeling="data_vault", accidents=True))
def test_a_star_on_a_vault_in_postgresql_is_right_after_killed_runs_too(runner: Runner, history: History) -> None:
    right(history, runner)


@cases(2, in_depth=48, **WHOLE_RUNS)
@given(history=histories("sqlite", builds=False))
def test_what_is_landed_of_a_sqlite_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@cases(1, in_depth=24, **WHOLE_RUNS)
@given(history=histories("postgres", builds=False))
def test_what_is_landed_of_a_postgresql_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@cases(1, in_depth=12, **WHOLE_RUNS)
@given(history=histories("mariadb", builds=False))
def test_what_is_landed_of_a_mariadb_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@cases(1, in_depth=12, **WHOLE_RUNS)
@given(history=histories("duckdb", builds=False))
def test_what_is_landed_of_a_duckdb_source_is_right_after_every_day(runner: Runner, history: History) -> None:
    right(history, runner)


@pytest.mark.exhaustive
@cases(1, in_depth=16, **WHOLE_RUNS)
@given(history=histories("sqlite", builds=False, accidents=True))
def test_what_is_landed_is_right_after_loads_that_were_killed_or_met_another(runner: Runner, history: History) -> None:
    right(history, runner)


def right(history: History, runner: Runner) -> None:
    """Fail with the differences, if any, and the history as a script to replay.

    The script is written to a file at once, because pytest reports failures only at the end of a long run.
    """
    with tempfile.TemporaryDirectory() as folder:
        if wrong := play(history, Path(folder), runner, databases.fresh):
            KEPT.mkdir(parents=True, exist_ok=True)
            kept = KEPT / f"{hashlib.sha256(history.script().encode()).hexdigest()[:12]}.json"
            kept.write_text(history.script(), encoding="utf-8")
            replay = f"Replay it with `python -m histories.play {kept}` in tests/:"
            pytest.fail("\n".join([*wrong, "", replay, history.script()]), pytrace=False)
