"""What a case is made of: a template in versions, and the repository of a team that was generated from the first."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType

from repositories import Repository


@dataclass(frozen=True)
class Version:
    """What a template generates: texts by path, which of them are executable, and which were moved from where."""

    texts: Mapping[str, str]
    executable: frozenset[str] = frozenset()
    moves: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def put(self, path: str, text: str) -> Version:
        """The next version, with this text there."""
        return replace(self, texts={**self.texts, path: text})

    def first(self, path: str, line: str) -> Version:
        """The next version, with one more line at the beginning of a file."""
        return self.put(path, f"{line}\n{self.texts[path]}")

    def last(self, path: str, line: str) -> Version:
        """The next version, with one more line at the end of a file."""
        return self.put(path, f"{self.texts[path]}{line}\n")

    def drop(self, path: str) -> Version:
        """The next version, without a file."""
        return replace(self, texts={other: text for other, text in self.texts.items() if other != path})

    def move(self, old: str, new: str) -> Version:
        """The next version, with a file in another place."""
        return replace(self.put(new, self.texts[old]).drop(old), moves={new: old})


class Project(Repository):
    """A team's repository, kept up to date by one engine; `top` is that of git, `folder` lies in it."""

    def __init__(self, top: Path, prefix: str, engine):
        super().__init__(top / prefix)
        self.top, self.engine = top, engine

    def first(self, path: str, line: str) -> None:
        """Write one more line at the beginning of a file."""
        self.write(path, f"{line}\n{self.read(path)}")

    def last(self, path: str, line: str) -> None:
        """Write one more line at the end of a file."""
        self.write(path, f"{self.read(path)}{line}\n")

    def move(self, old: str, new: str) -> None:
        """Move a file or a folder, as `git mv` does."""
        self.path(new).parent.mkdir(parents=True, exist_ok=True)
        self.git("mv", old, new)

    def update_to(self, version: Version) -> None:
        """An update to another version, committed: on the way, not what a case is judged by."""
        self.engine.publish(version)
        answer = self.engine.update(self.folder)
        assert answer.code == 0, answer.output
        self.commit("Update")

    def become_shallow(self) -> None:
        """Become a clone of itself that has the last commit only."""
        clone = self.top.with_name("clone")
        Repository(self.top.parent).git("clone", "--quiet", "--depth=1", f"file://{self.top}", str(clone))
        shutil.rmtree(self.top)
        clone.rename(self.top)


@dataclass(frozen=True)
class Answer:
    """What an update said: its exit code and its output, errors included."""

    code: int
    output: str


Edit = Callable[[Project], None]
