"""The pristine texts where git keeps them: of the last commit, of merged branches, or the last good ones."""

from __future__ import annotations

import contextlib
from collections.abc import Collection

from platform_new.errors import Problem, Refused
from platform_new.merge import pristine
from platform_new.merge.repository import run
from platform_new.merge.work_tree import WorkTree

LAST = 20
"""How many older versions are tried, and how many merges are looked at."""


def committed_base(work_tree: WorkTree) -> pristine.Pristine:
    """The pristine texts of the last commit. Raises `Refused`, with a way out, if they are lost."""
    try:
        return _of(work_tree, "HEAD")
    except Refused as refusal:
        problem = refusal.problems[0]
        if "newer" in problem.reason:
            raise
        raise Refused(_with_way_out(work_tree, problem)) from None


def base_on_disk(work_tree: WorkTree) -> pristine.Pristine:
    """The pristine texts in the working tree; those of the last commit if they cannot be read."""
    try:
        return pristine.parse(work_tree.place(pristine.PATH).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, Refused):
        return committed_base(work_tree)


def merged_bases(work_tree: WorkTree, paths: Collection[str]) -> pristine.Pristine:
    """What was generated at these paths on branches that are merged now.

    Who merges two branches and takes the pristine texts of one of them leaves out what only the other had generated.
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
    return pristine.Pristine("", texts, executable)


def _of(work_tree: WorkTree, commit: str) -> pristine.Pristine:
    answer = run(work_tree.top, "cat-file", "blob", f"{commit}:{work_tree.prefix}{pristine.PATH}")
    if answer.returncode:
        raise Refused(Problem("the pristine texts are not in the last commit", file=pristine.PATH))
    try:
        return pristine.parse(answer.stdout.decode())
    except UnicodeDecodeError:
        raise Refused(Problem("it is not UTF-8", file=pristine.PATH)) from None


def _with_way_out(work_tree: WorkTree, problem: Problem) -> Problem:
    """The problem with the command that brings back the last good pristine texts, if git has any."""
    path = work_tree.prefix + pristine.PATH
    commits = work_tree.git("log", f"-{LAST}", "--format=%h", "--", path).decode().split()
    cure = "run `platform-new update --without-base`: each file that is not as generated today becomes a conflict"
    for commit in commits:
        with contextlib.suppress(Refused):
            _of(work_tree, commit)
            restore = f"git checkout {commit} -- :/{path} && git commit -m 'Restore the pristine texts'"
            cure = f"{restore}; or {cure}"
            break
    return Problem(problem.reason, cure, problem.file, problem.line, problem.value)
