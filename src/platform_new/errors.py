"""The one way of saying that something is wrong: a list of problems, each with its place and a hint.

PlatformNewError
└── Refused       the input cannot be used; exit code 2, nothing was written
"""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOM = "make room on the disk, then run it again"
WRITABLE = "make it writable for you, then run it again"
HINTS = {
    errno.ENOSPC: ROOM,
    errno.EDQUOT: ROOM,
    errno.EFBIG: "raise the limit for the size of files (`ulimit -f`), then run it again",
    errno.EROFS: WRITABLE,
    errno.EACCES: WRITABLE,
    errno.EPERM: WRITABLE,
}
"""What to do when the system does not let us write, by its error number."""


@dataclass(frozen=True)
class Problem:
    """One finding: what is wrong, where, and what to do about it."""

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
    """Base of every error that this tool reports on purpose."""

    exit_code = 1

    def __init__(self, problems: Iterable[Problem] | Problem | str):
        if isinstance(problems, str):
            problems = Problem(problems)
        self.problems: tuple[Problem, ...] = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class Refused(PlatformNewError):
    """The input cannot be used as it is. Nothing was written."""

    exit_code = 2


@contextlib.contextmanager
def writing_in(folder: Path) -> Iterator[None]:
    """Within the block, no room or no permission to write is an error with place and hint, not a fault of ours."""
    try:
        yield
    except OSError as error:
        if error.errno not in HINTS:
            raise
        place = str(error.filename or folder)
        raise PlatformNewError(Problem(f"it cannot be written: {error.strerror}", HINTS[error.errno], place)) from error
