"""The update of a generated repository: what would become of it, and doing it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from platform_new import __version__
from platform_new.errors import Problem, Refused
from platform_new.merge import apply, journal, pristine
from platform_new.merge.moves import moved_by_the_user
from platform_new.merge.repository import run
from platform_new.merge.texts import merge_texts
from platform_new.merge.three_way import EXECUTABLE, OWN, REGULAR, Answer, File, Outcome, contents, decide
from platform_new.merge.work_tree import (
    LARGEST,
    WorkTree,
    check_finished,
    committed_files,
    open_work_tree,
    tracked_files,
    unmerged_paths,
)

LAST_GOOD = 20
"""How many older versions of damaged pristine texts are tried, to name the last good one."""


@dataclass(frozen=True)
class Today:
    """What is generated today: the pristine texts as they are kept, and where files that moved were before."""

    name: str
    base: str
    moves: Mapping[str, str]


@dataclass(frozen=True)
class Prospect:
    """What an update would do: its answer, and what stands in its way. Nothing was written for it."""

    name: str
    work_tree: WorkTree
    generated_by: str
    answer: Answer
    standing: apply.Standing

    @property
    def obstacles(self) -> tuple[Problem, ...]:
        """What stands in the way."""
        return self.standing.obstacles

    @property
    def up_to_date(self) -> bool:
        """Whether the last commit is as it would be generated today, but for the edits."""
        return not self.answer.changes

    @property
    def uncommitted(self) -> bool:
        """Whether all is done but the commit."""
        return bool(self.answer.changes) and self.standing.done == self.answer.changes.keys()

    @property
    def message(self) -> str:
        """The message of a commit of this update: what changed, and why."""
        since = "" if self.generated_by == __version__ else f", from {self.generated_by}"
        lines = [f"Update {self.name} with platform-new {__version__}{since}", ""]
        if spec := _changed_spec(self.work_tree):
            lines += [f"The spec changed: {', '.join(spec)}", ""]
        for decision in self.answer.decisions:
            if decision.outcome is not Outcome.EDITED and not decision.path.startswith(OWN):
                lines.append(f"- {decision.outcome.value} {decision.path}: {decision.reason}")
        return "\n".join(lines) + "\n"


def look(folder: Path, render_today: Callable[[Path], Today], *, without_base: bool = False) -> Prospect:
    """What an update of the repository in `folder` would do.

    `without_base` takes nothing for pristine: every file that is not as generated today becomes a conflict. It is the
    way out where the pristine texts are lost. Raises `Refused` with a way out if it cannot be updated now.
    """
    work_tree = open_work_tree(folder)
    kept = journal.read(work_tree)
    if kept and kept.state == journal.APPLYING:
        cure = "run `platform-new update --abort`, or `platform-new update`, which undoes it first"
        raise Refused(Problem("an update was interrupted", cure, value=str(folder)))
    if _waits(work_tree, kept):
        cure = (
            "resolve them, `git add` them, and run `platform-new update --continue`; or `platform-new update --abort`"
        )
        raise Refused(Problem("an update has conflicts that are not resolved", cure, value=str(folder)))
    check_finished(work_tree)
    base = pristine.Pristine(__version__, {}) if without_base else _base(work_tree)
    _check_version(base.version)
    today = render_today(folder)
    theirs = _tree(pristine.parse(today.base)) | {pristine.PATH: File(today.base.encode())}
    before = _tree(base)
    ours = committed_files(work_tree, before.keys() | theirs.keys())
    answer = decide(before, ours, theirs, merge_texts, today.moves)
    return Prospect(today.name, work_tree, base.version, answer, apply.compare(work_tree, answer, ours))


@dataclass(frozen=True)
class Edit:
    """What the users made of a generated file: its pristine text, the present one (None if deleted), its place now."""

    path: str
    pristine: bytes
    present: bytes | None
    place: str


def edits(folder: Path) -> list[Edit]:
    """What differs in the working tree from the pristine texts there. Raises `Refused` if those are lost."""
    work_tree = open_work_tree(folder)
    base = contents(_tree(_base_on_disk(work_tree)))
    present = {path: content for path in tracked_files(work_tree) if (content := _on_disk(work_tree, path)) is not None}
    homes = moved_by_the_user(base, present, ())
    found = []
    for path, pristine_text in base.items():
        place = homes.get(path, path)
        text = present.get(place, _on_disk(work_tree, place))
        if text is not None and b"\r" not in pristine_text:
            text = text.replace(b"\r\n", b"\n")
        if text != pristine_text or place != path:
            found.append(Edit(path, pristine_text, text, place))
    return found


def _base_on_disk(work_tree: WorkTree) -> pristine.Pristine:
    try:
        return pristine.parse(work_tree.place(pristine.PATH).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Refused):
        return _base(work_tree)


def _on_disk(work_tree: WorkTree, path: str) -> bytes | None:
    """The content of a file (of a link: where it points) as it is in the working tree; None if there is none."""
    place = work_tree.place(path)
    if place.is_symlink():
        return os.fsencode(place.readlink())
    return place.read_bytes() if place.is_file() and place.stat().st_size <= LARGEST else None


@contextlib.contextmanager
def ready(folder: Path) -> Iterator[bool]:
    """Be the only update of the repository, for the block; what a killed one left is undone (then True)."""
    work_tree = open_work_tree(folder)
    with journal.locked(work_tree):
        kept = journal.read(work_tree)
        interrupted = kept is not None and kept.state == journal.APPLYING
        if kept and interrupted:
            journal.restore(work_tree, kept)
        yield interrupted


def carry_out(prospect: Prospect, *, commit: bool = False, branch: str = "") -> None:
    """Do what was looked at, within `ready`: in the working tree, as a commit, or as a commit on a new branch.

    Raises `Refused` if something is in the way; then nothing was written.
    """
    if branch:
        _check_branch(prospect, branch)
    elif prospect.obstacles:
        raise Refused(prospect.obstacles)
    if prospect.up_to_date or (prospect.uncommitted and not (commit or branch)):
        return
    if branch:
        apply.commit_to_branch(prospect.work_tree, prospect.answer, branch, prospect.message)
    else:
        apply.apply(prospect.work_tree, prospect.answer, prospect.message if commit else "")


def abort(folder: Path) -> list[tuple[str, str]]:
    """Restore what was before the last update, as long as that is not committed.

    What was written into its files since is kept in git's store: each such path comes with the id of its content.
    Raises `Refused` if there is nothing to go back to.
    """
    work_tree = open_work_tree(folder)
    with journal.locked(work_tree):
        kept = journal.read(work_tree)
        if kept is None:
            cure = "what an update did and you committed is undone by `git revert`"
            raise Refused(Problem("there is no update to abort", cure, value=str(folder)))
        saved = [] if kept.state == journal.APPLYING else apply.save(work_tree, kept)
        journal.restore(work_tree, kept)
        return saved


def finish(folder: Path) -> tuple[str, ...]:
    """End an update whose conflicts are resolved, with its commit if one was asked for; else the unresolved paths."""
    work_tree = open_work_tree(folder)
    with journal.locked(work_tree):
        kept = journal.read(work_tree)
        if kept is None or kept.state != journal.CONFLICTS:
            cure = "see `platform-new status`"
            raise Refused(Problem("there is no update that waits to be continued", cure, value=str(folder)))
        unresolved = tuple(path for path in unmerged_paths(work_tree) if path in kept.files)
        if not unresolved:
            if kept.message:
                apply.commit_resolved(work_tree, kept)
            journal.drop(work_tree)
        return unresolved


def _waits(work_tree: WorkTree, kept: journal.Journal | None) -> bool:
    if kept is None or kept.state != journal.CONFLICTS:
        return False
    return any(path in kept.files for path in unmerged_paths(work_tree))


def _base(work_tree: WorkTree) -> pristine.Pristine:
    try:
        return pristine.parse(_committed_base(work_tree, "HEAD"))
    except Refused as refusal:
        problem = refusal.problems[0]
        if "newer" in problem.reason:
            raise
        raise Refused(_with_way_out(work_tree, problem)) from None


def _committed_base(work_tree: WorkTree, commit: str) -> str:
    answer = run(work_tree.top, "cat-file", "blob", f"{commit}:{work_tree.prefix}{pristine.PATH}")
    if answer.returncode:
        raise Refused(Problem("the pristine texts are not in the last commit", file=pristine.PATH))
    try:
        return answer.stdout.decode()
    except UnicodeDecodeError:
        raise Refused(Problem("it is not UTF-8", file=pristine.PATH)) from None


def _with_way_out(work_tree: WorkTree, problem: Problem) -> Problem:
    """The problem with the command that brings back the last good pristine texts, if git has any."""
    path = work_tree.prefix + pristine.PATH
    commits = work_tree.git("log", f"-{LAST_GOOD}", "--format=%h", "--", path).decode().split()
    cure = "run `platform-new update --without-base`: each file that is not as generated today becomes a conflict"
    for commit in commits:
        with contextlib.suppress(Refused):
            pristine.parse(_committed_base(work_tree, commit))
            restore = f"git checkout {commit} -- :/{path} && git commit -m 'Restore the pristine texts'"
            cure = f"{restore}; or {cure}"
            break
    return Problem(problem.reason, cure, problem.file, problem.line, problem.value)


def _check_version(version: str) -> None:
    if _numbers(version) > _numbers(__version__):
        reason = f"it was generated by a newer platform-new ({version}; this is {__version__})"
        raise Refused(Problem(reason, "upgrade platform-new", pristine.PATH, 1))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _check_branch(prospect: Prospect, branch: str) -> None:
    if run(prospect.work_tree.top, "check-ref-format", "--branch", branch).returncode:
        raise Refused(Problem("this is no name for a branch", "take letters, digits and `-`", value=branch))
    if not run(prospect.work_tree.top, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").returncode:
        raise Refused(Problem("this branch exists", "take another name, or delete it", value=branch))
    if prospect.answer.conflicts:
        problems = [
            Problem(f"conflict: {decision.reason}", "run the update without --branch, and resolve it", decision.path)
            for decision in prospect.answer.conflicts
        ]
        raise Conflicts(problems)


class Conflicts(Refused):
    """The update has conflicts where there is no place to resolve them. Nothing was written."""

    exit_code = 3


def _changed_spec(work_tree: WorkTree) -> list[str]:
    paths = [work_tree.prefix + name for name in apply.SPEC]
    listing = work_tree.git("status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all", "--", *paths)
    return sorted(entry[3:].decode(errors="replace") for entry in listing.split(b"\0") if entry)


def _tree(texts: pristine.Pristine) -> dict[str, File]:
    return {
        path: File(text.encode(), EXECUTABLE if path in texts.executable else REGULAR)
        for path, text in texts.texts.items()
    }
