"""docs/proof.md says what was proved of this code, or of code that is not much older."""

from __future__ import annotations

import re
import subprocess

import pytest
from pages import ROOT

PAGE = ROOT / "docs/proof.md"
STALE = "`make prove` runs everything and writes it"
MOST_COMMITS = 100


def git(*arguments: str) -> str | None:
    """What git says of this repository, or None where it knows nothing."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def test_what_was_proved_is_at_most_a_hundred_commits_old(request):
    if request.config.getoption("--proof-page"):
        pytest.skip("this run writes the page")
    assert PAGE.is_file(), f"docs/proof.md is missing: {STALE}"
    text = PAGE.read_text(encoding="utf-8")
    commit, day = (re.search(rf"^\| {what} \| `?([0-9a-f-]+)`? \|$", text, re.MULTILINE) for what in ("commit", "date"))
    assert commit and day, f"docs/proof.md names no commit and no date: {STALE}"
    if git("rev-parse", "--is-shallow-repository") != "false":
        pytest.skip("there is no git history here, or not all of it")
    # The commits of a history that was rewritten have other names, but the same dates.
    since = git("rev-list", "--count", f"{commit[1]}..HEAD") or git("rev-list", "--count", f"--since={day[1]}", "HEAD")
    assert int(since) <= MOST_COMMITS, f"docs/proof.md is {since} commits old: {STALE}"
