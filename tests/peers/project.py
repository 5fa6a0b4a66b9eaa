"""The parts of a case: template versions, and a team's repository generated from the first version."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from repositories import Repository


@dataclass(frozen=True)
class Version:
    """A version of a template's output: texts by path, executable paths, and moves from new to old path."""

    texts: Mapping[str, str]
    executable: frozenset[str] = frozenset()
    moves: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def put(self, path: str, text: str) -> Version:
        """The next version, with this text at the path."""
        return replace(self, texts={**self.texts, path: text})

    def first(self, path: str, line: str) -> Version:
        """The next version, with a line prepended to a file."""
        return self.put(path, f"{line}\n{self.texts[path]}")

    def last(self, path: str, line: str) -> Version:
        """The next version, with a line appended to a file."""
        return self.put(path, f"{self.texts[path]}{line}\n")

    def drop(self, path: str) -> Version:
        """The next version, without a file."""
        return replace(self, texts={other: text for other, text in self.texts.items() if other != path})

    def move(self, old: str, new: str) -> Version:
        """The next version, with a file moved."""
        return replace(self.put(new, self.texts[old]).drop(old), moves={new: old})


class Project(Repository):
    """A team's repository, updated by one engine; `top` is the git root, and `folder` is the project's folder in it."""

    def __init__(self, top: Path, prefix: str, engine):
        super().__init__(top / prefix)
        self.top, self.engine = top, engine

    def first(self, path: str, line: str) -> None:
        """Prepend a line to a file."""
        self.write(path, f"{line}\n{self.read(path)}")

    def last(self, path: str, line: str) -> None:
        """Append a line to a file."""
        self.write(path, f"{self.read(path)}{line}\n")

    def move(self, old: str, new: str) -> None:
        """Move a file or a folder, as `git mv` does."""
        self.path(new).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", old, new)

    def update_to(self, version: Version) -> None:
        """Update to another version and commit; a step of an edit, not the judged update."""
        self.engine.publish(version)
        answer = self.engine.update(self.folder)
        assert answer.code == 0, answer.output
        self.commit("Update")

    def become_shallow(self) -> None:
        """Replace the repository by a shallow clone of itself."""
        clone = self.top.with_name("clone")
        Repository(self.top.parent).git("clone", "--quiet", "--depth=1", f"file://{self.top}", str(clone))
        shutil.rmtree(self.top)
        clone.rename(self.top)


@dataclass(frozen=True)
class Answer:
    """The result of an update: its exit code and its output, including errors."""

    code: int
    output: str


Edit = Callable[[Project], None]
