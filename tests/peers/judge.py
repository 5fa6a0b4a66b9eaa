"""One judgement for every engine: what became of the team's text and of the template's change."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from repositories import snapshot

from .project import Answer, Project

KEPT = "kept"
TOLD = "told"
CONFLICT = "conflict"
BESIDE = "left beside"
REFUSED = "refused"
NOT_DELIVERED = "not delivered silently"
ELSEWHERE = "in another file silently"
LOST = "lost silently"
CRASHED = "crashed"
WORDS = {
    KEPT: "the team's edit is there, and so is the template's change",
    TOLD: "something is not there, and the output names the file",
    CONFLICT: "both are in git's index or between conflict markers, for somebody to resolve",
    BESIDE: "what could not be applied is in a `.rej` file beside",
    REFUSED: "the command said why, changed nothing and ended with an error",
    NOT_DELIVERED: "the template's change is missing, and nothing says so",
    ELSEWHERE: "the team's edit is now in another file, and nothing says so",
    LOST: "the team's edit is gone from the working tree, and nothing says so",
    CRASHED: "the program ended with a traceback",
}
"""The words of the table, the better ones first."""
MARKER = re.compile(rb"^<<<<<<< ", re.MULTILINE)


@dataclass(frozen=True)
class State:
    """A repository at one moment: its files, and the stages of its unmerged paths, from the folder of the project."""

    files: Mapping[str, tuple[int, bytes]]
    unmerged: Mapping[str, bytes]
    index: str

    @classmethod
    def of(cls, project: Project) -> State:
        """How a project stands now."""
        unmerged: dict[str, bytes] = {}
        for line in project.git("ls-files", "--unmerged").splitlines():
            details, _, path = line.partition("\t")
            unmerged[path] = unmerged.get(path, b"") + project.git("cat-file", "blob", details.split()[1]).encode()
        return cls(snapshot(project.folder), unmerged, project.git("ls-files", "--stage"))

    def in_conflict(self, path: str) -> bool:
        """Whether somebody has to resolve this path, and can see it."""
        return path in self.unmerged or bool(MARKER.search(self.content(path)))

    def content(self, path: str) -> bytes:
        """A file's content, of a link where it points; empty if there is none."""
        return self.files.get(path, (0, b""))[1]

    def beside(self, text: bytes) -> bool:
        """Whether a text is in a rejected piece of a patch."""
        return any(text in content for path, (_, content) in self.files.items() if path.endswith(".rej"))


@dataclass(frozen=True)
class Text:
    """A text that has to stand in a file: in one of these paths."""

    text: str
    paths: tuple[str, ...]

    def seen(self, state: State) -> str:
        """The word for what became of it; `ELSEWHERE` and `LOST` are not yet known to be silent."""
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
    """A path that has to be gone: somebody removed it."""

    path: str

    @property
    def paths(self) -> tuple[str, ...]:
        """Where to look."""
        return (self.path,)

    def seen(self, state: State) -> str:
        """The word for what became of the removal."""
        if state.in_conflict(self.path):
            return CONFLICT
        if f"{self.path}.rej" in state.files:
            return BESIDE
        return LOST if self.path in state.files else KEPT


@dataclass(frozen=True)
class Mode:
    """A path that has to be executable."""

    path: str

    @property
    def paths(self) -> tuple[str, ...]:
        """Where to look."""
        return (self.path,)

    def seen(self, state: State) -> str:
        """The word for what became of the mode."""
        return KEPT if state.files.get(self.path, (0, b""))[0] & 0o100 else LOST


Sign = Text | Absent | Mode


def judge(
    before: State, after: State, answer: Answer, warnings: str, ours: tuple[Sign, ...], theirs: tuple[Sign, ...]
) -> str:
    """The worst word that is true, with the exit code where that says another thing.

    `warnings` is what the output says of things that were not done.
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
    return f"{worst}, exit {answer.code}" if worst in (KEPT, TOLD) and answer.code else worst


def _said(sign: Sign, after: State, warnings: str, word: str) -> str:
    """The word, or `TOLD` for what is missing if a warning names one of the sign's paths."""
    missing = word in (LOST, ELSEWHERE)
    return TOLD if missing and any(path in warnings for path in sign.paths) else word
