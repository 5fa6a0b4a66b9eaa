"""The one way of saying that something is wrong: a list of problems, each with its place and its cure.

PlatformNewError
└── Refused       the input cannot be used; exit code 2, nothing was written
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One finding: what is wrong, where, and what to do about it."""

    reason: str
    cure: str = ""
    file: str = ""
    line: int | None = None
    value: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.file and self.line else self.file
        value = f" (`{self.value}`)" if self.value else ""
        cure = f"\n    → {self.cure}" if self.cure else ""
        return f"{place}: {self.reason}{value}{cure}" if place else f"{self.reason}{value}{cure}"


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
