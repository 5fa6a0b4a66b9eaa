"""Real events through a real broker: each message is counted, late or dead, as an independent replay says."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime

import pytest
from github_events import Outcome, replay
from github_repository import TOPICS, outcome_of, outcome_query

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("broker")]

Run = tuple[str, int, int]
ALL_AT_ONCE = 500_000
LATENESSES = (0, 60, 300, 600, 1200, 1800)
BATCHES = (10_000,)
"""Beside one of all messages; those of `test_kills.py` are a quarter of it."""
RUNS = [
    *((topic, 0, size) for topic in TOPICS for size in (ALL_AT_ONCE, *BATCHES)),
    *(("late_in_one", lateness, ALL_AT_ONCE) for lateness in LATENESSES[1:]),
    ("late_in_four", 60, ALL_AT_ONCE),
]
"""Topic, lateness in seconds, messages in a batch."""


def parametrized(name: str, runs: Mapping[object, Run]):
    """Parametrize a test by values that each need the outcome of a run."""
    return pytest.mark.parametrize(
        name, [pytest.param(value, id="-".join(map(str, run))) for value, run in runs.items()]
    )


@pytest.fixture(scope="module")
def outcomes(github, environment, lake_rows) -> dict[Run, Outcome]:
    """What all runs, in one Spark session, have made of the messages."""
    lakes = {run: f"run_{number}" for number, run in enumerate(RUNS)}
    github.run(
        {"stream": f"github.{topic}_by_type", "lake": lake, "lateness": lateness, "max_offsets": size}
        for (topic, lateness, size), lake in lakes.items()
    )
    data = github.folder / "data/lake"
    queries = (
        f"select {number} as run, * from ({outcome_query(data / lake / f'{topic}_by_type')})"
        for number, ((topic, _, _), lake) in enumerate(lakes.items())
    )
    rows = {number: [] for number in range(len(RUNS))}
    for number, *row in lake_rows(environment, data, " union all ".join(queries)):
        rows[number].append(row)
    return {run: outcome_of(rows[number]) for number, run in enumerate(RUNS)}


@parametrized("run", {run: run for run in RUNS})
def test_what_becomes_of_each_message_follows_from_the_order_of_its_partition_alone(outcomes, run, github):
    topic, lateness, _ = run
    produced = github.messages(topic)

    assert outcomes[run] == replay(produced, lateness)
    assert outcomes[run].messages == len(produced)


@parametrized("run", {run: run for run in RUNS if run[0] in ("hours_in_one", "hours_in_four")})
def test_counts_by_type_and_window_are_the_true_ones(outcomes, datasets, run):
    truth = _truth(datasets, "truth.json")

    assert outcomes[run].counted == _counts(truth)
    assert not outcomes[run].late


@parametrized("lateness", {lateness: ("late_in_one", lateness, ALL_AT_ONCE) for lateness in LATENESSES})
def test_late_events_by_window_are_the_true_ones(outcomes, datasets, lateness):
    truth = _truth(datasets, "truth_2018-06-18-00.json")
    found = outcomes["late_in_one", lateness, ALL_AT_ONCE]
    late = Counter(window for _, _, window in found.late.elements())
    counted = Counter()
    for (window, _), count in found.counted.items():
        counted[window] += count

    by_window = truth["late_for_5min_window_by_watermark_delay_seconds"][str(lateness)]["by_window"]
    assert late == {_seconds(window): count for window, count in by_window.items()}
    assert counted + late == {_seconds(window["start"]): window["count"] for window in truth["windows_5min"]}


def test_one_message_in_fifty_is_dead_for_each_of_the_reasons(outcomes):
    reasons = Counter(reason for _, _, reason, _, _ in outcomes["hours_in_four", 0, ALL_AT_ONCE].dead.elements())

    assert reasons.keys() == {"no_value", "not_json", "wrong_type", "missing", "unknown_value", "from_the_future"}
    assert reasons.total() > 1_400


def _truth(datasets, name):
    return json.loads((datasets / "github_events" / name).read_text())


def _counts(truth):
    return {
        (_seconds(window["start"]), kind): count
        for window in truth["windows_5min"]
        for kind, count in window["by_type"].items()
    }


def _seconds(text):
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())
