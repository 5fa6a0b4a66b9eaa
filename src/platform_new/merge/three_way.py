"""The three-way merge: decide what happens to each generated file. Pure; nothing is read or written here.

base = the generated baseline · ours = the owners' current file · theirs = the file as generated now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cached_property

from platform_new.merge import baseline
from platform_new.merge.moves import moved_by_the_user

REGULAR, EXECUTABLE, LINK = "100644", "100755", "120000"
"""Modes of files, as git writes them."""

Merge = Callable[[str, bytes, bytes, bytes], tuple[bytes, bool]]
"""From a path, base, ours and theirs to the merged content, and whether it contains conflict markers."""


@dataclass(frozen=True)
class File:
    """A file's content (for a link: its target) and mode."""

    content: bytes
    mode: str = REGULAR


Tree = Mapping[str, File]
"""Files by path."""


class Outcome(str, Enum):
    """What happens to a file."""

    ADDED = "added"
    UPDATED = "updated"
    MERGED = "merged"
    MOVED = "moved"
    REMOVED = "removed"
    CONFLICT = "conflict"
    ORPHANED = "orphaned"
    DELETED = "deleted"
    EDITED = "edited"


@dataclass(frozen=True)
class Decision:
    """What happens to one file, and why.

    `before` is its previous path, if it differs. `result` is the new file at `path`; None if the file is removed, or if
    it stays as it is (then `writes` is false). `stages` are base, ours and theirs of a conflict.
    """

    path: str
    outcome: Outcome
    reason: str
    before: str = ""
    result: File | None = None
    stages: tuple[File | None, File | None, File | None] | None = None

    @property
    def writes(self) -> bool:
        """Whether this decision changes the repository."""
        return self.outcome not in (Outcome.ORPHANED, Outcome.DELETED, Outcome.EDITED)


@dataclass(frozen=True)
class Answer:
    """All decisions, sorted by path; files that stay as generated have none."""

    decisions: tuple[Decision, ...]

    def of(self, *outcomes: Outcome) -> tuple[Decision, ...]:
        """The decisions with one of these outcomes."""
        return tuple(decision for decision in self.decisions if decision.outcome in outcomes)

    @cached_property
    def changes(self) -> dict[str, File | None]:
        """The new file at each changed path; None for a removed file."""
        changes: dict[str, File | None] = {}
        for decision in self.decisions:
            if decision.writes:
                changes[decision.path] = decision.result
                if decision.before:
                    changes.setdefault(decision.before, None)
        return changes

    @property
    def conflicts(self) -> tuple[Decision, ...]:
        """The conflicts that the user has to resolve."""
        return self.of(Outcome.CONFLICT)


def decide(base: Tree, ours: Tree, theirs: Tree, merge: Merge, template_moves: Mapping[str, Sequence[str]]) -> Answer:
    """Decide about every generated file.

    `ours` includes the user's own files where a generated file may have been moved. `template_moves` has the current
    paths of moved files, each with its possible previous paths.
    """
    moves = _moved_by_the_template(template_moves, base, ours, theirs)
    homes = moved_by_the_user(contents(base), contents(ours), theirs.keys())
    homes |= {old: new for new, old in moves.items() if new in ours}
    decisions = []
    for path in sorted((base.keys() | theirs.keys()) - set(moves.values())):
        before = moves.get(path, path)
        home = homes.get(before, before)
        sides = base.get(before), ours.get(home), theirs.get(path)
        if path == baseline.PATH:
            decisions += _replaced(path, sides[1], sides[2])
        elif home != before:
            decisions += _moved_by_the_user(home, before, *sides, merge)
        elif before != path:
            decisions += _moved(path, before, *sides, merge)
        else:
            decisions += _decided(path, *sides, merge)
    return Answer(tuple(sorted(decisions, key=lambda decision: decision.path)))


def _moved_by_the_template(
    template_moves: Mapping[str, Sequence[str]], base: Tree, ours: Tree, theirs: Tree
) -> dict[str, str]:
    """The current paths of moved files with their paths in the base; the user may have moved a file already."""
    moves: dict[str, str] = {}
    taken: set[str] = set()
    for new in sorted(template_moves.keys() & theirs.keys() - base.keys()):
        known = (old for old in template_moves[new] if old in base and old not in theirs and old not in taken)
        old = next(known, None)
        if old is not None and (new not in ours or old not in ours):
            moves[new] = old
            taken.add(old)
    return moves


def _replaced(path: str, ours: File | None, theirs: File | None) -> Iterator[Decision]:
    if theirs is not None and ours != theirs:
        yield Decision(path, Outcome.UPDATED if ours else Outcome.ADDED, "the generated baseline", result=theirs)


def _decided(path: str, base: File | None, ours: File | None, theirs: File | None, merge: Merge) -> Iterator[Decision]:
    if base is None:
        if ours is None:
            yield Decision(path, Outcome.ADDED, "new in the template or the spec", result=theirs)
        elif ours != theirs:
            yield _conflict(path, "you and the template both added it", None, ours, theirs, merge)
    elif ours is None:
        if theirs is not None:
            although = "" if theirs == base else ", although the template changed it"
            yield Decision(path, Outcome.DELETED, f"you deleted it, so it stays deleted{although}")
    elif theirs is None:
        if _as_generated(ours, base) == ours:
            yield Decision(path, Outcome.REMOVED, "no longer in the template or the spec, and you had not edited it")
        else:
            yield Decision(path, Outcome.ORPHANED, "no longer generated; you edited it, so it is kept and now yours")
    else:
        yield from _merged(path, base, ours, theirs, merge)


def _merged(path: str, base: File, ours: File, theirs: File, merge: Merge) -> Iterator[Decision]:
    base, theirs = _as_generated(ours, base), _as_generated(ours, theirs)
    if ours == theirs:
        return
    if ours == base:
        yield Decision(path, Outcome.UPDATED, "changed in the template or the spec", result=theirs)
    elif theirs == base:
        yield Decision(path, Outcome.EDITED, "edited by you, unchanged in the template and the spec")
    elif LINK in (ours.mode, theirs.mode):
        yield _conflict(path, "you replaced the file, and the template changed it", base, ours, theirs, merge)
    else:
        content, unclear = _three_way(path, base.content, ours.content, theirs.content, merge)
        result = File(content, theirs.mode if ours.mode == base.mode else ours.mode)
        if unclear:
            yield _conflict(path, "you and the template changed the same lines", base, ours, theirs, merge)
        elif result != ours:
            yield Decision(path, Outcome.MERGED, "your edits and the template's changes are merged", result=result)
        else:
            yield Decision(path, Outcome.EDITED, "edited by you; already contains the template's changes")


def _moved(
    path: str, before: str, base: File | None, ours: File | None, theirs: File | None, merge: Merge
) -> Iterator[Decision]:
    """A file that the template or the spec moved."""
    assert base is not None and theirs is not None
    if ours is None:
        yield Decision(path, Outcome.DELETED, f"you deleted it as {before}, so it stays deleted")
        return
    decision = next(_merged(path, base, ours, theirs, merge), None)
    if decision is None or not decision.writes:
        yield Decision(path, Outcome.MOVED, "moved by the template or the spec", before, ours)
    elif decision.outcome is Outcome.UPDATED:
        yield replace(decision, outcome=Outcome.MOVED, before=before, reason="moved by the template or the spec")
    else:
        yield replace(decision, before=before, reason=f"moved by the template or the spec; {decision.reason}")


def _moved_by_the_user(
    home: str, before: str, base: File | None, ours: File | None, theirs: File | None, merge: Merge
) -> Iterator[Decision]:
    """A file that the user moved: it is updated at its current path."""
    assert base is not None and ours is not None
    if theirs is None:
        yield Decision(home, Outcome.ORPHANED, f"no longer generated; you moved it from {before}, so it is kept")
        return
    for decision in _merged(home, base, ours, theirs, merge):
        yield replace(decision, reason=f"{decision.reason}; you moved it from {before}")


def _conflict(path: str, reason: str, base: File | None, ours: File, theirs: File | None, merge: Merge) -> Decision:
    """A conflict; for links and binary files, which cannot have markers, the user's version stays in the tree."""
    result = ours
    if theirs is not None and LINK not in (ours.mode, theirs.mode) and not _binary(ours, theirs):
        content, _ = merge(path, base.content if base else b"", ours.content, theirs.content)
        result = replace(ours, content=content)
    return Decision(path, Outcome.CONFLICT, reason, result=result, stages=(base, ours, theirs))


def _three_way(path: str, base: bytes, ours: bytes, theirs: bytes, merge: Merge) -> tuple[bytes, bool]:
    if ours in (base, theirs):
        return theirs, False
    if theirs == base:
        return ours, False
    if any(b"\0" in content for content in (base, ours, theirs)):
        return ours, True
    return merge(path, base, ours, theirs)


def _binary(*files: File) -> bool:
    return any(b"\0" in file.content for file in files)


def _as_generated(ours: File, generated: File) -> File:
    """The generated file with the user's line endings: keeping CRLF in git is not an edit of every line."""
    ends = ours.content.count(b"\n")
    if ends and ours.content.count(b"\r\n") == ends and b"\r" not in generated.content:
        return replace(generated, content=generated.content.replace(b"\n", b"\r\n"))
    return generated


def contents(tree: Tree) -> dict[str, bytes]:
    """The contents of the files of a tree, without links."""
    return {path: file.content for path, file in tree.items() if file.mode != LINK}
