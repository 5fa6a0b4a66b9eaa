"""The page that compares updates shows the measurements of platform-new, and of other tools if installable."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from . import kill, page
from .engines import ENGINES, PEERS, Git, Ours
from .run import peers_environment, verdicts

ROOT = Path(__file__).parents[2]
STALE = "run: .venv/bin/python -m tests.peers"
KILLED = (kill.RIGHT_AFTER, kill.ONCE_MORE)


@pytest.mark.exhaustive
@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_the_page_says_what_is_measured(engine):
    """Without the kills of the other tools, whose results differ between machines."""
    environment = Path(sys.prefix) if engine in (Ours, Git) else peers_environment(ROOT / ".cache")
    if environment is None:
        pytest.skip(f"{', '.join(PEERS)} cannot be installed")
    today = verdicts(engine, environment)
    written = {title: word for title, word in page.said()[engine.name].items() if title not in KILLED}
    assert today == written, STALE


@pytest.mark.exhaustive
def test_a_killed_update_of_ours_loses_nothing_at_any_moment():
    today = kill.verdicts(Ours, Path(sys.prefix))
    assert today == {title: page.said()[Ours.name][title] for title in KILLED}, STALE


def test_nothing_of_ours_is_lost_or_left_out_silently():
    """Every change that is not in place is in conflict, reported or refused."""
    words = set(page.said()[Ours.name].values())
    assert words <= {"kept", "reported", "conflict", "refused"}
