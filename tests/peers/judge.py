"""Judges every engine in the same way: what became of the team's text and the template's change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from repositories import snapshot

from .project import Answer, Project

KEPT = "kept"
REPORTED = "reported"
CONFLICT = "conflict"
BESIDE = "rejected to a file"
REFUSED = "refused"
NOT_DELIVERED = "silently not delivered"
ELSEWHERE = "silently in another file"
LOST = "silently lost"
CRASHED = "crashed"
WORDS = {
    KEPT: "both the team's edit and the template's change are in place",
    REPORTED: "something is missing, and the output names the file",
    CONFLICT: "both are in git's index or between conflict markers, for the team to resolve",
    BESIDE: "the part that could not be applied is in a `.rej` file",
    REFUSED: "the command gave a reason, changed nothing and exited with an error",
    NOT_DELIVERED: "the template's change is missing, and the output does not say so",
    ELSEWHERE: "the team's edit is now in another file, and the output does not say so",
    LOST: "the team's edit is gone from the working tree, and the output does not say so",
    CRASHED: "the program exited with a traceback",
}
"""The outcomes in the table, best first."""
MARKER = re.compile(rb"^<<<<<<< ", re.MULTILINE)


@dataclass(frozen=True)
class State:
    """A repository at one point in time: its files, and the stages of its unmerged paths, below the folder."""

    files: Mapping[str, tuple[int, bytes]]
    unmerged: Mapping[str, bytes]
    index: str

    @classmethod
    def of(cls, project: Project) -> State:
        """The current state of a project."""
        unmerged: dict[str, bytes] = {}
        for line in project.git("ls-files", "--unmerged").splitlines():
            details, _, path = line.partition("\t")
            unmerged[path] = unmerged.get(path, b"") + project.git("cat-file", "blob", details.split()[1]).encode()
        return cls(snapshot(project.folder), unmerged, project.git("ls-files", "--stage"))

    def in_conflict(self, path: str) -> bool:
        """Whether this path has a visible conflict to resolve."""
        return path in self.unmerged or bool(MARKER.search(self.content(path)))

    def content(self, path: str) -> bytes:
        """A file's content, or the target of a symlink; empty if there is no file."""
        return self.files.get(path, (0, b""))[1]

    def beside(self, text: bytes) -> bool:
        """Whether a text is in a rejected hunk of a patch."""
        return any(text in content for path, (_, content) in self.files.items() if path.endswith(".rej"))


@dataclass(frozen=True)
class Text:
    """A text that must be in one of these files."""

    text: str
    paths: tuple[str, ...]

    def seen(self, state: State) -> str:
        """The outcome of the text; `ELSEWHERE` and `LOST` may still have been reported."""
        text = self.text.encode()
        for path in self.paths:
            if text in state.content(path):
                return CONFLICT if state.in_conflict(path) else KEPT
            if text in state.unmerged.get(path, b""):
                return CONFLICT
        if state.beside(text):
            return BESIDE
        return ELSEWHERE if any(text in content for _, content in state.files.values()) else LOST


@dataclass(frozen=True)
class Absent:
    """A path that must not exist, because it was removed."""

    path: str

    @property
    def paths(self) -> tuple[str, ...]:
        """Where to look."""
        return (self.path,)

    def seen(self, state: State) -> str:
        """The outcome of the removal."""
        if state.in_conflict(self.path):
            return CONFLICT
        if f"{self.path}.rej" in state.files:
            return BESIDE
        return LOST if self.path in state.files else KEPT


@dataclass(frozen=True)
class Mode:
    """A path that must be executable."""

    path: str

    @property
    def paths(self) -> tuple[str, ...]:
        """Where to look."""
        return (self.path,)

    def seen(self, state: State) -> str:
        """The outcome of the mode."""
        return KEPT if state.files.get(self.path, (0, b""))[0] & 0o100 else LOST


Sign = Text | Absent | Mode


def judge(
    before: State, after: State, answer: Answer, warnings: str, ours: tuple[Sign, ...], theirs: tuple[Sign, ...]
) -> str:
    """The worst outcome that applies, with the exit code if that contradicts it.

    `warnings` holds the lines of the output about skipped changes.
    """
    if "Traceback (most recent call last)" in answer.output or answer.code < 0:
        return CRASHED
    if answer.code and (after.files, after.index) == (before.files, before.index):
        return REFUSED
    found = [_said(sign, after, warnings, sign.seen(after)) for sign in ours]
    for sign in theirs:
        word = _said(sign, after, warnings, sign.seen(after))
        found.append(NOT_DELIVERED if word in (LOST, ELSEWHERE) else word)
    worst = max(found, key=list(WORDS).index)
    if worst in (CONFLICT, BESIDE) and answer.code == 0:
        return f"{worst}, exit 0"
    return f"{worst}, exit {answer.code}" if worst in (KEPT, REPORTED) and answer.code else worst


def _said(sign: Sign, after: State, warnings: str, word: str) -> str:
    """The outcome, or `REPORTED` if the sign is missing and a warning names one of its paths."""
    missing = word in (LOST, ELSEWHERE)
    return REPORTED if missing and any(path in warnings for path in sign.paths) else word
