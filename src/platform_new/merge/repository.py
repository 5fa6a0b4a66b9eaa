"""Calls of git."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from platform_new.errors import HINTS, PlatformNewError, Problem

FALLBACK_IDENTITY = ("-c", "user.name=platform-new", "-c", "user.email=platform-new@localhost")
ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY")
"""Variables with which a hook or an enclosing command may point git at another repository."""

HINTS_BY_MESSAGE = {os.strerror(number): hint for number, hint in HINTS.items()} | {
    "Out of diskspace": HINTS[errno.ENOSPC],
    signal.strsignal(signal.SIGXFSZ): HINTS[errno.EFBIG],
}
"""What to do when the system prevents git from writing, by git's message or the signal that ended it."""


def is_inside_work_tree(folder: Path) -> bool:
    """Whether the folder is in a git repository; False if git is not installed."""
    if shutil.which("git") is None:
        return False
    answer = run(folder, "rev-parse", "--is-inside-work-tree")
    return answer.returncode == 0 and answer.stdout.strip() == b"true"


def commit_all(folder: Path, message: str) -> bool:
    """Make the folder a git repository with one commit of all files but ignored ones; False if git is not installed.

    Raises `PlatformNewError` with git's message if the commit fails.
    """
    if shutil.which("git") is None:
        return False
    for command in (
        ("init", "--quiet", "--initial-branch=main"),
        ("add", "--all"),
        ("-c", "commit.gpgsign=false", "commit", "--quiet", "--no-verify", "--message", message),
    ):
        identity = fallback_identity(folder) if "commit" in command else ()
        answer = run(folder, *identity, *command)
        if answer.returncode:
            raise failed(command, answer, "fix the git setup, or run with --no-git")
    return True


def fallback_identity(folder: Path) -> tuple[str, ...]:
    """The arguments that give git an identity to commit with, if none is configured."""
    return () if run(folder, "config", "user.email").stdout.strip() else FALLBACK_IDENTITY


def git(folder: Path, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """The output of a git command. Raises `PlatformNewError` with git's message if it fails."""
    answer = run(folder, *arguments, given=given, environment=environment)
    if answer.returncode:
        raise failed(arguments, answer, "see git's message; none of your files was changed")
    return answer.stdout


def run(
    folder: Path, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a git command in the folder, and return its result even if it fails.

    It inherits inheritable open files, so that the lock of an update is held as long as its git process runs.
    """
    ours = {name: value for name, value in os.environ.items() if name not in ELSEWHERE}
    return subprocess.run(
        ["git", *arguments],
        cwd=folder,
        env={**ours, "LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", **(environment or {})},
        capture_output=True,
        check=False,
        input=given,
        close_fds=False,
    )


def failed(command: tuple[str, ...], answer: subprocess.CompletedProcess[bytes], hint: str) -> PlatformNewError:
    """The error for a failed git command, with git's message."""
    said = answer.stderr.decode(errors="replace").strip()
    if not said and answer.returncode < 0:
        said = signal.strsignal(-answer.returncode) or ""
    hint = next((known for text, known in HINTS_BY_MESSAGE.items() if text in said), hint)
    name = next((argument for argument in command if argument[0] != "-" and "=" not in argument), command[0])
    return PlatformNewError(Problem(f"git {name} failed: {said}", hint))
