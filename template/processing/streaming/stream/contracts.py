"""The contracts of topics as they are in the working tree, and as a git commit has them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
FOLDER = "contracts/topics"
SUFFIX = ".schema.json"
MAIN = ("origin/main", "main", "origin/master", "master")


class NoHistory(Exception):
    """There is no commit to compare with."""


def contracts_here() -> dict[str, dict[str, Any]]:
    """The contracts of the working tree, by source and the broker's name of the topic."""
    return _by_topic(path.read_text("utf-8") for path in (ROOT / FOLDER).rglob(f"*{SUFFIX}"))


def contracts_at(commit: str) -> dict[str, dict[str, Any]]:
    """The contracts of a commit. Raises `NoHistory` if there is no such commit."""
    names = _git("ls-tree", "-r", "-z", "--name-only", commit, "--", FOLDER).split("\0")
    return _by_topic(_git("show", f"{commit}:./{name}") for name in names if name.endswith(SUFFIX))


def usual_base() -> tuple[str, str]:
    """The commit that changes are looked at from, and why that one.

    Where the branch left the main one; on the main one, the last commit if the contracts have
    changed since, else the one before it. Raises `NoHistory` if there is none.
    """
    try:
        head = _git("rev-parse", "--short", "HEAD")
    except NoHistory:
        raise NoHistory("there is no git history here") from None
    for main in MAIN:
        try:
            base = _git("rev-parse", "--short", _git("merge-base", "HEAD", main))
        except NoHistory:
            continue
        if base != head:
            return base, f"where this branch left {main}"
    if _git("status", "--porcelain", "--", FOLDER):
        return head, "the last commit"
    try:
        return _git("rev-parse", "--short", "HEAD^"), "the commit before the last"
    except NoHistory:
        raise NoHistory("the last commit is the only one here") from None


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    try:
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, encoding="utf-8", check=False
        )
    except FileNotFoundError:
        raise NoHistory("git is not installed") from None
    if done.returncode:
        raise NoHistory(f"git says `{done.stderr.strip().partition(chr(10))[0]}`")
    return done.stdout.strip()


def _by_topic(texts: Iterable[str]) -> dict[str, dict[str, Any]]:
    schemas = [json.loads(text) for text in texts]
    return {f"{schema['x-topic']['source']}/{schema['title']}": schema for schema in schemas}
