"""The baseline where git keeps it: in the last commit, in merged branches, or in the last good commit."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from platform_new.errors import Problem, Refused
from platform_new.merge import baseline
from platform_new.merge.repository import run
from platform_new.merge.work_tree import WorkTree

LAST = 20
"""How many older versions are tried, and how many merges are looked at."""


def committed_base(work_tree: WorkTree) -> baseline.Baseline:
    """The baseline of the last commit. Raises `Refused`, with a way out, if it is lost."""
    try:
        return _of(work_tree, "HEAD")
    except Refused as refusal:
        problem = refusal.problems[0]
        if "newer" in problem.reason:
            raise
        raise Refused(_with_way_out(work_tree, problem)) from None


def base_on_disk(work_tree: WorkTree) -> baseline.Baseline:
    """The baseline in the working tree; that of the last commit if it cannot be read."""
    try:
        return baseline.parse(work_tree.place(baseline.PATH).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Refused):
        return committed_base(work_tree)


def merged_bases(work_tree: WorkTree, paths: Collection[str]) -> baseline.Baseline:
    """What was generated at these paths on branches that are merged now.

    If you merge two branches and take the baseline of one, what only the other had generated is missing from it.
    """
    texts: dict[str, str] = {}
    executable: frozenset[str] = frozenset()
    parents = work_tree.git("log", "--merges", f"-{LAST}", "--format=%P").decode().split() if paths else []
    for commit in dict.fromkeys(parents):
        with contextlib.suppress(Refused):
            there = _of(work_tree, commit)
            found = there.texts.keys() & set(paths) - texts.keys()
            texts |= {path: there.texts[path] for path in found}
            executable |= there.executable & found
    return baseline.Baseline("", texts, executable)


def _of(work_tree: WorkTree, commit: str) -> baseline.Baseline:
    answer = run(work_tree.top, "cat-file", "blob", f"{commit}:{work_tree.prefix}{baseline.PATH}")
    if answer.returncode:
        raise Refused(Problem("the baseline is not in the last commit", file=baseline.PATH))
    try:
        return baseline.parse(answer.stdout.decode())
    except UnicodeDecodeError:
        raise Refused(Problem("it is not UTF-8", file=baseline.PATH)) from None


def _with_way_out(work_tree: WorkTree, problem: Problem) -> Problem:
    """The problem with the command that brings back the last good baseline, if git has any."""
    path = work_tree.prefix + baseline.PATH
    commits = work_tree.git("log", f"-{LAST}", "--format=%h", "--", path).decode().split()
    hint = "run `platform-new update --without-base`: each file that is not as generated today becomes a conflict"
    for commit in commits:
        with contextlib.suppress(Refused):
            _of(work_tree, commit)
            restore = f"git checkout {commit} -- :/{path} && git commit -m 'Restore the baseline'"
            hint = f"{restore}; or {hint}"
            break
    return Problem(problem.reason, hint, problem.file, problem.line, problem.value)
