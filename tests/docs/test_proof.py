"""docs/proof.md shows what was proved for a recent commit."""

from __future__ import annotations

import re
import subprocess

import pytest
from pages import ROOT

PAGE = ROOT / "docs/proof.md"
STALE = "run `make prove`, which writes it"
MOST_COMMITS = 100


def git(*arguments: str) -> str | None:
    """The output of git in this repository, or None if git fails."""
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def test_what_was_proved_is_at_most_a_hundred_commits_old(request):
    if request.config.getoption("--proof-page"):
        pytest.skip("this run writes the page")
    assert PAGE.is_file(), f"docs/proof.md is missing: {STALE}"
    text = PAGE.read_text(encoding="utf-8")
    commit, day = (re.search(rf"^\| {what} \| `?([0-9a-f-]+)`? \|$", text, re.MULTILINE) for what in ("commit", "date"))
    assert commit and day, f"docs/proof.md has no commit or no date: {STALE}"
    if git("rev-parse", "--is-shallow-repository") != "false":
        pytest.skip("the git history is missing or incomplete")
    # The commits of a rewritten history have other hashes but the same dates.
    since = git("rev-list", "--count", f"{commit[1]}..HEAD") or git("rev-list", "--count", f"--since={day[1]}", "HEAD")
    assert int(since) <= MOST_COMMITS, f"docs/proof.md is {since} commits old: {STALE}"
