"""Find the baseline in git: in the last commit, in merged branches, or in the last good commit."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from platform_new.errors import Problem, Refused
from platform_new.merge import baseline
from platform_new.merge.repository import run
from platform_new.merge.work_tree import WorkTree

LAST = 20
"""The number of older versions and of merges to search."""


def committed_base(work_tree: WorkTree) -> baseline.Baseline:
    """The baseline of the last commit. Raises `Refused`, with a way to recover, if it is lost."""
    try:
        return _of(work_tree, "HEAD")
    except Refused as refusal:
        problem = refusal.problems[0]
        if "newer" in problem.reason:
            raise
        raise Refused(_with_recovery(work_tree, problem)) from None


def base_on_disk(work_tree: WorkTree) -> baseline.Baseline:
    """The baseline in the working tree; that of the last commit if it cannot be read."""
    try:
        return baseline.parse(work_tree.place(baseline.PATH).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Refused):
        return committed_base(work_tree)


def merged_bases(work_tree: WorkTree, paths: Collection[str]) -> baseline.Baseline:
    """The baseline of these paths on branches that have been merged.

    If you merge two branches and keep the baseline of one, it lacks the files that only the other generated.
    """
    texts: dict[str, str] = {}
    executable: frozenset[str] = frozenset()
    parents = work_tree.git("log", "--merges", f"-{LAST}", "--format=%P").decode().split() if paths else []
    for commit in dict.fromkeys(parents):
        with contextlib.suppress(Refused):
            merged = _of(work_tree, commit)
            found = merged.texts.keys() & set(paths) - texts.keys()
            texts |= {path: merged.texts[path] for path in found}
            executable |= merged.executable & found
    return baseline.Baseline("", texts, executable)


def _of(work_tree: WorkTree, commit: str) -> baseline.Baseline:
    answer = run(work_tree.top, "cat-file", "blob", f"{commit}:{work_tree.prefix}{baseline.PATH}")
    if answer.returncode:
        raise Refused(Problem("the baseline is not in the last commit", file=baseline.PATH))
    try:
        return baseline.parse(answer.stdout.decode())
    except UnicodeDecodeError:
        raise Refused(Problem("the baseline is not UTF-8", file=baseline.PATH)) from None


def _with_recovery(work_tree: WorkTree, problem: Problem) -> Problem:
    """The problem with the command that restores the last good baseline, if git has one."""
    path = work_tree.prefix + baseline.PATH
    commits = work_tree.git("log", f"-{LAST}", "--format=%h", "--", path).decode().split()
    hint = "run `platform-new update --without-base`: each file that is not as generated now becomes a conflict"
    for commit in commits:
        with contextlib.suppress(Refused):
            _of(work_tree, commit)
            restore = f"git checkout {commit} -- :/{path} && git commit -m 'Restore the baseline'"
            hint = f"{restore}; or {hint}"
            break
    return Problem(problem.reason, hint, problem.file, problem.line, problem.value)
