"""The update of a generated repository: what would become of it, and doing it."""

from __future__ import annotations

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from platform_new import __version__
from platform_new.errors import Problem, Refused, writing_in
from platform_new.merge import apply, baseline, journal
from platform_new.merge.base import base_on_disk, committed_base, merged_bases
from platform_new.merge.moves import moved_by_the_user
from platform_new.merge.repository import run
from platform_new.merge.texts import merge_texts
from platform_new.merge.three_way import EXECUTABLE, REGULAR, Answer, File, Outcome, contents, decide
from platform_new.merge.work_tree import (
    LARGEST,
    WorkTree,
    check_finished,
    committed_files,
    open_work_tree,
    tracked_files,
    unmerged_paths,
)


@dataclass(frozen=True)
class FreshRender:
    """What is generated now: the baseline as a repository keeps it, and where files that moved may have been before."""

    name: str
    base: str
    moves: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class SpecEdit:
    """A change of the spec that an update brings along: what it does, in words, and the new contents of files.

    Paths are from the platform's folder; None stands for a file that goes.
    """

    deed: str
    files: Mapping[str, bytes | None]


@dataclass(frozen=True)
class UpdatePlan:
    """What an update would do: its answer, and what stands in its way. Nothing was written for it.

    `specs` are the texts of the spec that the repository was generated from, none where they are not known, and of
    today's. `edit` is the change of the spec that the answer was made for, if it is not in the spec's files yet.
    """

    name: str
    work_tree: WorkTree
    generated_by: str
    specs: tuple[Mapping[str, str], Mapping[str, str]]
    answer: Answer
    standing: apply.WorkTreeState
    edit: SpecEdit | None = None

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
        deed = self.edit.deed if self.edit else f"Update {self.name}"
        lines = [f"{deed} with platform-new {__version__}{since}", ""]
        edited = {self.work_tree.prefix + path for path in self.edit.files} if self.edit else set()
        if spec := sorted({*_changed_spec(self.work_tree), *edited}):
            lines += [f"The spec changed: {', '.join(spec)}", ""]
        for decision in self.answer.decisions:
            if decision.outcome is not Outcome.EDITED and decision.path != baseline.PATH:
                lines.append(f"- {decision.outcome.value} {decision.path}: {decision.reason}")
        return "\n".join(lines) + "\n"


def look(folder: Path, render_today: Callable[[Path], FreshRender], *, without_base: bool = False) -> UpdatePlan:
    """What an update of the repository in `folder` would do.

    `without_base` does without a baseline: every file that differs from what is generated now becomes a conflict. It is
    the way out where the baseline is lost. Raises `Refused` with a way out if it cannot be updated now.
    """
    work_tree = open_work_tree(folder)
    kept = journal.read(work_tree)
    if kept and kept.state == journal.APPLYING:
        hint = "run `platform-new update --abort`, or `platform-new update`, which undoes it first"
        raise Refused(Problem("an update was interrupted", hint, value=str(folder)))
    if _waits(work_tree, kept):
        hint = (
            "resolve them, `git add` them, and run `platform-new update --continue`; or `platform-new update --abort`"
        )
        raise Refused(Problem("an update has conflicts that are not resolved", hint, value=str(folder)))
    check_finished(work_tree)
    base = baseline.Baseline(__version__, {}) if without_base else committed_base(work_tree)
    _check_version(base.version)
    today = render_today(folder)
    generated = baseline.parse(today.base)
    theirs = _tree(generated) | {baseline.PATH: File(today.base.encode())}
    before = _tree(base)
    ours = committed_files(work_tree, before, theirs)
    if not without_base and (unknown := {path for path in theirs if path in ours and path not in before}):
        before |= _tree(merged_bases(work_tree, unknown - {baseline.PATH}))
    answer = decide(before, ours, theirs, merge_texts, today.moves)
    standing = apply.compare(work_tree, answer, ours)
    if kept:
        standing = _by_the_last_update(standing, kept)
    return UpdatePlan(today.name, work_tree, base.version, (base.spec, generated.spec), answer, standing)


@dataclass(frozen=True)
class Edit:
    """A generated file that its owners changed: its baseline, its text now (None if deleted), and where it is now."""

    path: str
    baseline: bytes
    present: bytes | None
    place: str


def edits(folder: Path) -> list[Edit]:
    """What differs in the working tree from the baseline there. Raises `Refused` if it is lost."""
    work_tree = open_work_tree(folder)
    base = contents(_tree(base_on_disk(work_tree)))
    present = {path: content for path in tracked_files(work_tree) if (content := _on_disk(work_tree, path)) is not None}
    homes = moved_by_the_user(base, present, ())
    found = []
    for path, baseline_text in base.items():
        place = homes.get(path, path)
        text = present.get(place, _on_disk(work_tree, place))
        if text is not None and b"\r" not in baseline_text:
            text = text.replace(b"\r\n", b"\n")
        if text != baseline_text or place != path:
            found.append(Edit(path, baseline_text, text, place))
    return found


def generated_paths(folder: Path) -> frozenset[str]:
    """The files that the last commit knows as generated. Raises `Refused` if the baseline is lost."""
    return frozenset(committed_base(open_work_tree(folder)).texts)


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
    with writing_in(work_tree.top), journal.locked(work_tree):
        interrupted = journal.interrupted(work_tree)
        for platform, kept in interrupted:
            journal.restore(platform, kept)
        yield bool(interrupted)


def carry_out(prospect: UpdatePlan, *, commit: bool = False, branch: str = "") -> None:
    """Do what was looked at, within `ready`: in the working tree, as a commit, or as a commit on a new branch.

    Raises `Refused` if something is in the way; then nothing was written.
    """
    if branch:
        _check_branch(prospect, branch)
    elif prospect.obstacles:
        raise Refused(prospect.obstacles)
    if not prospect.edit and (prospect.up_to_date or (prospect.uncommitted and not (commit or branch))):
        return
    edited = prospect.edit.files if prospect.edit else {}
    if branch:
        apply.commit_to_branch(prospect.work_tree, prospect.answer, branch, prospect.message, edited)
    else:
        apply.apply(prospect.work_tree, prospect.answer, prospect.message if commit else "", edited)


def abort(folder: Path) -> list[tuple[str, str]]:
    """Restore what was before the last update, as long as that is not committed.

    What was written into its files since is kept in git's store: each such path comes with the id of its content.
    Raises `Refused` if there is nothing to go back to.
    """
    work_tree = open_work_tree(folder)
    with writing_in(work_tree.top), journal.locked(work_tree):
        kept = journal.read(work_tree)
        if kept is None:
            hint = "what an update did and you committed is undone by `git revert`"
            raise Refused(Problem("there is no update to abort", hint, value=str(folder)))
        saved = [] if kept.state == journal.APPLYING else apply.save(work_tree, kept)
        journal.restore(work_tree, kept)
        return saved


def finish(folder: Path) -> tuple[str, ...]:
    """End an update whose conflicts are resolved, with its commit if one was asked for; else the unresolved paths."""
    work_tree = open_work_tree(folder)
    with writing_in(work_tree.top), journal.locked(work_tree):
        kept = journal.read(work_tree)
        if kept is None or kept.state != journal.CONFLICTS:
            hint = "see `platform-new status`"
            raise Refused(Problem("there is no update that waits to be continued", hint, value=str(folder)))
        unresolved = tuple(path for path in unmerged_paths(work_tree) if path in kept.files)
        if not unresolved:
            if kept.message:
                apply.commit_resolved(work_tree, kept)
            journal.drop(work_tree)
        return unresolved


def _by_the_last_update(standing: apply.WorkTreeState, kept: journal.Journal) -> apply.WorkTreeState:
    """The same with one word for all that is in the way because the last update is not committed."""
    others = tuple(problem for problem in standing.obstacles if problem.file not in kept.files)
    if len(others) == len(standing.obstacles):
        return standing
    hint = "commit it, or go back with `platform-new update --abort`; then repeat this"
    return replace(standing, obstacles=(Problem("the last update is not committed", hint), *others))


def _waits(work_tree: WorkTree, kept: journal.Journal | None) -> bool:
    if kept is None or kept.state != journal.CONFLICTS:
        return False
    return any(path in kept.files for path in unmerged_paths(work_tree))


def _check_version(version: str) -> None:
    if _numbers(version) > _numbers(__version__):
        reason = f"it was generated by a newer platform-new ({version}; this is {__version__})"
        raise Refused(Problem(reason, "upgrade platform-new", baseline.PATH, 1))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _check_branch(prospect: UpdatePlan, branch: str) -> None:
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


def _tree(texts: baseline.Baseline) -> dict[str, File]:
    return {
        path: File(text.encode(), EXECUTABLE if path in texts.executable else REGULAR)
        for path, text in texts.texts.items()
    }
