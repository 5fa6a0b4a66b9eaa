"""Git, as far as we call it."""

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
"""What a hook or an enclosing command may have set to point git at another repository."""

HINTS_BY_WORDS = {os.strerror(number): hint for number, hint in HINTS.items()} | {
    "Out of diskspace": HINTS[errno.ENOSPC],
    signal.strsignal(signal.SIGXFSZ): HINTS[errno.EFBIG],
}
"""What to do when the system does not let git write, by what git (or its end by a signal) says."""


def is_inside_work_tree(folder: Path) -> bool:
    """Whether the folder lies in a git repository; False where git is not installed."""
    if shutil.which("git") is None:
        return False
    answer = run(folder, "rev-parse", "--is-inside-work-tree")
    return answer.returncode == 0 and answer.stdout.strip() == b"true"


def commit_all(folder: Path, message: str) -> bool:
    """Make the folder a git repository with one commit of all that is not ignored; False where git is not installed.

    Raises `PlatformNewError` with git's own words if the commit fails.
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
            raise failed(command, answer, "run with --no-git, or mend git")
    return True


def fallback_identity(folder: Path) -> tuple[str, ...]:
    """The arguments that give git a name to commit under, where nobody has configured one."""
    return () if run(folder, "config", "user.email").stdout.strip() else FALLBACK_IDENTITY


def git(folder: Path, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None) -> bytes:
    """What a git command prints. Raises `PlatformNewError` with git's own words if it fails."""
    answer = run(folder, *arguments, given=given, environment=environment)
    if answer.returncode:
        raise failed(arguments, answer, "see what git says; nothing of yours was changed")
    return answer.stdout


def run(
    folder: Path, *arguments: str, given: bytes = b"", environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run a git command in the folder, whatever comes of it.

    It inherits what files we hold open to be inherited, so that the lock of an update is held as long as its git lives.
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
    """The error that says which git command failed, and why."""
    said = answer.stderr.decode(errors="replace").strip()
    if not said and answer.returncode < 0:
        said = signal.strsignal(-answer.returncode) or ""
    hint = next((known for words, known in HINTS_BY_WORDS.items() if words in said), hint)
    name = next((word for word in command if word[0] != "-" and "=" not in word), command[0])
    return PlatformNewError(Problem(f"git {name} failed: {said}", hint))
