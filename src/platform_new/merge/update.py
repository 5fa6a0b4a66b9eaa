"""The update of a generated repository: plan it, and carry it out."""

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
    """The current generation: the baseline as a repository stores it, and the previous paths of files that moved."""

    name: str
    base: str
    moves: Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class SpecEdit:
    """An edit of the spec that is part of an update: a summary, and the new contents of files.

    Paths start at the platform's folder; None stands for a removed file.
    """

    summary: str
    files: Mapping[str, bytes | None]


@dataclass(frozen=True)
class UpdatePlan:
    """The plan of an update: its answer and its obstacles. Nothing has been written yet.

    `specs` are the texts of the spec that the repository was generated from (empty if unknown) and of the current spec.
    `edit` is the edit of the spec that the answer includes, if the spec files do not have it yet.
    """

    name: str
    work_tree: WorkTree
    generated_by: str
    specs: tuple[Mapping[str, str], Mapping[str, str]]
    answer: Answer
    state: apply.WorkTreeState
    edit: SpecEdit | None = None

    @property
    def obstacles(self) -> tuple[Problem, ...]:
        """The obstacles to the update."""
        return self.state.obstacles

    @property
    def up_to_date(self) -> bool:
        """Whether the last commit matches the current generation, apart from edits."""
        return not self.answer.changes

    @property
    def uncommitted(self) -> bool:
        """Whether the update is applied but not committed."""
        return bool(self.answer.changes) and self.state.done == self.answer.changes.keys()

    @property
    def message(self) -> str:
        """The commit message of this update: what changed, and why."""
        since = "" if self.generated_by == __version__ else f", from {self.generated_by}"
        summary = self.edit.summary if self.edit else f"Update {self.name}"
        lines = [f"{summary} with platform-new {__version__}{since}", ""]
        edited = {self.work_tree.prefix + path for path in self.edit.files} if self.edit else set()
        if spec := sorted({*_changed_spec(self.work_tree), *edited}):
            lines += [f"The spec changed: {', '.join(spec)}", ""]
        for decision in self.answer.decisions:
            if decision.outcome is not Outcome.EDITED and decision.path != baseline.PATH:
                lines.append(f"- {decision.outcome.value} {decision.path}: {decision.reason}")
        return "\n".join(lines) + "\n"


def plan_update(folder: Path, render: Callable[[Path], FreshRender], *, without_base: bool = False) -> UpdatePlan:
    """Plan the update of the repository in `folder`.

    `without_base` plans without a baseline: every file that differs from the current generation becomes a conflict. It
    is the way to recover from a lost baseline. Raises `Refused`, with a hint, if the repository cannot be updated now.
    """
    work_tree = open_work_tree(folder)
    kept = journal.read(work_tree)
    if kept and kept.state == journal.APPLYING:
        hint = "run `platform-new update --abort`, or `platform-new update`, which rolls it back first"
        raise Refused(Problem("an update was interrupted", hint, value=str(folder)))
    if _has_conflicts(work_tree, kept):
        hint = (
            "resolve them, `git add` them, and run `platform-new update --continue`; or `platform-new update --abort`"
        )
        raise Refused(Problem("an update has unresolved conflicts", hint, value=str(folder)))
    check_finished(work_tree)
    base = baseline.Baseline(__version__, {}) if without_base else committed_base(work_tree)
    _check_version(base.version)
    current = render(folder)
    generated = baseline.parse(current.base)
    theirs = _tree(generated) | {baseline.PATH: File(current.base.encode())}
    before = _tree(base)
    ours = committed_files(work_tree, before, theirs)
    if not without_base and (unknown := {path for path in theirs if path in ours and path not in before}):
        before |= _tree(merged_bases(work_tree, unknown - {baseline.PATH}))
    answer = decide(before, ours, theirs, merge_texts, current.moves)
    state = apply.compare(work_tree, answer, ours)
    if kept:
        state = _with_last_update(state, kept)
    return UpdatePlan(current.name, work_tree, base.version, (base.spec, generated.spec), answer, state)


@dataclass(frozen=True)
class Edit:
    """A generated file that its owners changed: its baseline, its current text (None if deleted) and current path."""

    path: str
    baseline: bytes
    present: bytes | None
    place: str


def edits(folder: Path) -> list[Edit]:
    """The differences between the working tree and its baseline. Raises `Refused` if the baseline is lost."""
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
    """The generated files of the last commit. Raises `Refused` if the baseline is lost."""
    return frozenset(committed_base(open_work_tree(folder)).texts)


def _on_disk(work_tree: WorkTree, path: str) -> bytes | None:
    """The content of a file (for a link: its target) in the working tree; None if there is no such file."""
    place = work_tree.place(path)
    if place.is_symlink():
        return os.fsencode(place.readlink())
    return place.read_bytes() if place.is_file() and place.stat().st_size <= LARGEST else None


@contextlib.contextmanager
def ready(folder: Path) -> Iterator[bool]:
    """Lock the repository for an update; a killed update is rolled back first (then the value is True)."""
    work_tree = open_work_tree(folder)
    with writing_in(work_tree.top), journal.locked(work_tree):
        interrupted = journal.interrupted(work_tree)
        for platform, kept in interrupted:
            journal.restore(platform, kept)
        yield bool(interrupted)


def carry_out(planned: UpdatePlan, *, commit: bool = False, branch: str = "") -> None:
    """Carry out a planned update, within `ready`: in the working tree, as a commit, or as a commit on a new branch.

    Raises `Refused` if there are obstacles; then nothing was written.
    """
    if branch:
        _check_branch(planned, branch)
    elif planned.obstacles:
        raise Refused(planned.obstacles)
    if not planned.edit and (planned.up_to_date or (planned.uncommitted and not (commit or branch))):
        return
    edited = planned.edit.files if planned.edit else {}
    if branch:
        apply.commit_to_branch(planned.work_tree, planned.answer, branch, planned.message, edited)
    else:
        apply.apply(planned.work_tree, planned.answer, planned.message if commit else "", edited)


def abort(folder: Path) -> list[tuple[str, str]]:
    """Restore the state before the last update, unless the update is committed.

    Later changes to its files are saved in git's object store: returns their paths with the object ids.
    Raises `Refused` if there is no update to abort.
    """
    work_tree = open_work_tree(folder)
    with writing_in(work_tree.top), journal.locked(work_tree):
        kept = journal.read(work_tree)
        if kept is None:
            hint = "to undo a committed update, use `git revert`"
            raise Refused(Problem("there is no update to abort", hint, value=str(folder)))
        saved = [] if kept.state == journal.APPLYING else apply.save(work_tree, kept)
        journal.restore(work_tree, kept)
        return saved


def finish(folder: Path) -> tuple[str, ...]:
    """Finish an update with resolved conflicts, with a commit if requested; otherwise return the unresolved paths."""
    work_tree = open_work_tree(folder)
    with writing_in(work_tree.top), journal.locked(work_tree):
        kept = journal.read(work_tree)
        if kept is None or kept.state != journal.CONFLICTS:
            hint = "see `platform-new status`"
            raise Refused(Problem("there is no update to continue", hint, value=str(folder)))
        unresolved = tuple(path for path in unmerged_paths(work_tree) if path in kept.files)
        if not unresolved:
            if kept.message:
                apply.commit_resolved(work_tree, kept)
            journal.drop(work_tree)
        return unresolved


def _with_last_update(state: apply.WorkTreeState, kept: journal.Journal) -> apply.WorkTreeState:
    """Replace all obstacles that come from an uncommitted last update by a single one."""
    others = tuple(problem for problem in state.obstacles if problem.file not in kept.files)
    if len(others) == len(state.obstacles):
        return state
    hint = "commit it, or undo it with `platform-new update --abort`; then run this again"
    return replace(state, obstacles=(Problem("the last update is not committed", hint), *others))


def _has_conflicts(work_tree: WorkTree, kept: journal.Journal | None) -> bool:
    if kept is None or kept.state != journal.CONFLICTS:
        return False
    return any(path in kept.files for path in unmerged_paths(work_tree))


def _check_version(version: str) -> None:
    if _numbers(version) > _numbers(__version__):
        reason = f"the repository was generated by a newer platform-new ({version}; this is {__version__})"
        raise Refused(Problem(reason, "upgrade platform-new", baseline.PATH, 1))


def _numbers(version: str) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", version)[:3]]


def _check_branch(planned: UpdatePlan, branch: str) -> None:
    if run(planned.work_tree.top, "check-ref-format", "--branch", branch).returncode:
        raise Refused(Problem("invalid branch name", "use letters, digits and `-`", value=branch))
    if not run(planned.work_tree.top, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}").returncode:
        raise Refused(Problem("the branch already exists", "choose another name, or delete the branch", value=branch))
    if planned.answer.conflicts:
        problems = [
            Problem(
                f"conflict: {decision.reason}",
                "run the update without --branch, and resolve the conflict",
                decision.path,
            )
            for decision in planned.answer.conflicts
        ]
        raise Conflicts(problems)


class Conflicts(Refused):
    """The update has conflicts, which cannot be resolved on a new branch. Nothing was written."""

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
