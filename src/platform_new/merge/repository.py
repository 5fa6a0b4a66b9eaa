"""Git, as far as we call it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from platform_new.errors import PlatformNewError, Problem

FALLBACK_IDENTITY = ("-c", "user.name=platform-new", "-c", "user.email=platform-new@localhost")


def is_inside_work_tree(folder: Path) -> bool:
    """Whether the folder lies in a git repository; False where git is not installed."""
    if shutil.which("git") is None:
        return False
    answer = _git(folder, "rev-parse", "--is-inside-work-tree")
    return answer.returncode == 0 and answer.stdout.strip() == "true"


def commit_all(folder: Path, message: str) -> bool:
    """Make the folder a git repository with one commit of all that is not ignored; False where git is not installed.

    Raises `PlatformNewError` with git's own words if the commit fails.
    """
    if shutil.which("git") is None:
        return False
    identity = () if _git(folder, "config", "user.email").stdout.strip() else FALLBACK_IDENTITY
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        (*identity, "-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "--message", message),
    ):
        answer = _git(folder, *command)
        if answer.returncode:
            raise PlatformNewError(
                Problem(f"git {command[0]} failed: {answer.stderr.strip()}", "run with --no-git, or mend git")
            )
    return True


def _git(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    # A hook or an enclosing command may have pointed git at another repository.
    environment = {
        name: value for name, value in os.environ.items() if name not in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE")
    }
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
