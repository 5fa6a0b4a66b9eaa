"""Errors: each is a list of problems with place and hint.

PlatformNewError
└── Refused       the input cannot be used; exit code 2, nothing was written
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOM = "free up disk space, then run the command again"
WRITABLE = "make it writable, then run the command again"
HINTS = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: "raise the file size limit (`ulimit -f`), then run the command again",
    errno.EROFS: WRITABLE,
    errno.EACCES: WRITABLE,
    errno.EPERM: WRITABLE,
}
"""What to do when the system refuses a write, by error number."""


@dataclass(frozen=True)
class Problem:
    """A problem: what is wrong, where, and what to do."""

    reason: str
    hint: str = ""
    file: str = ""
    line: int | None = None
    value: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        value = f" (`{self.value}`)" if self.value else ""
        hint = f"\n    → {self.hint}" if self.hint else ""
        return f"{place}: {self.reason}{value}{hint}" if place else f"{self.reason}{value}{hint}"


class PlatformNewError(Exception):
    """Base of all expected errors."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem] | Problem | str):
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Refused(PlatformNewError):
    """The input cannot be used as it is. Nothing was written."""

    exit_code = 2


def counted(number: int, noun: str) -> str:
    """The number with its noun, for messages: `1 problem`, `2 problems`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


@contextlib.contextmanager
def writing_in(folder: Path) -> Iterator[None]:
    """Within the block, turn lack of disk space or permission into an error with place and hint."""
    try:
        yield
    except OSError as error:
        if error.errno not in HINTS:
            raise
        place = str(error.filename or folder)
        raise PlatformNewError(Problem(f"cannot be written: {error.strerror}", HINTS[error.errno], place)) from error
