"""From an answer to the working tree: what is in the way first, then one step of git, under a journal."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from platform_new.errors import PlatformNewError, Problem
from platform_new.merge import journal
from platform_new.merge.repository import fallback_identity, run
from platform_new.merge.three_way import Answer, File
from platform_new.merge.work_tree import Uncommitted, WorkTree, uncommitted

SPEC = ("platform.yml", "sources")
"""What the user owns and an update goes by: it belongs into a commit of the update."""


@dataclass(frozen=True)
class Standing:
    """How the working tree stands to an answer: what is in the way of it, and which paths are as it wants already."""

    obstacles: tuple[Problem, ...]
    done: frozenset[str]


def compare(work_tree: WorkTree, answer: Answer, committed: Mapping[str, File]) -> Standing:
    """Look at every path that the answer changes; `committed` are the files of the last commit."""
    dirty, obstacles, done = uncommitted(work_tree), [], set()
    for path, file in sorted(answer.changes.items()):
        shown = work_tree.prefix + path
        state = dirty.get(shown)
        if state and _is_there_already(work_tree, state, file):
            done.add(path)
        elif state:
            obstacles.append(Problem("it has uncommitted changes", "commit or stash them", shown))
        elif path not in committed and (obstacle := _obstacle(work_tree, path)):
            obstacles.append(obstacle)
    return Standing(tuple(obstacles), frozenset(done))


def apply(work_tree: WorkTree, answer: Answer, message: str = "") -> None:
    """Bring the answer into the working tree and the index; with a message, commit it if it has no conflicts.

    Nothing is half done afterwards: what fails is undone, and what is killed is undone by the next command.
    Raises `PlatformNewError` with git's words, for instance when the disk is full.
    """
    after = {
        work_tree.prefix + path: work_tree.object_id(file.content) if file else ""
        for path, file in sorted(answer.changes.items())
    }
    try:
        objects = _write_objects(work_tree, answer)
        kept = journal.begin(work_tree, after, message)
    except OSError as error:
        raise _stopped(error) from error
    try:
        if message:
            _stage_spec(work_tree)
        tree = _tree(work_tree, answer, objects, with_spec=bool(message))
        # What git remembers of the files' times is of another folder if somebody has copied this one.
        run(work_tree.top, "update-index", "-q", "--refresh")
        work_tree.git("read-tree", "-m", "-u", "HEAD", tree)
        if answer.conflicts:
            work_tree.git("update-index", "-z", "--index-info", given=_stages(work_tree, answer, objects))
            journal.settle(work_tree, kept, journal.CONFLICTS)
        elif message:
            _commit(work_tree, tree, message)
            journal.drop(work_tree)
        else:
            journal.settle(work_tree, kept, journal.APPLIED)
    except OSError as error:
        journal.restore(work_tree, kept)
        raise _stopped(error) from error
    except PlatformNewError:
        journal.restore(work_tree, kept)
        raise


def commit_to_branch(work_tree: WorkTree, answer: Answer, branch: str, message: str) -> None:
    """Put the answer on a new branch, as one commit on top of what is checked out; the working tree is left alone."""
    tree = _tree(work_tree, answer, _write_objects(work_tree, answer), with_spec=True)
    commit = _commit_tree(work_tree, tree, message)
    work_tree.git("update-ref", f"refs/heads/{branch}", commit, "")


def commit_resolved(work_tree: WorkTree, kept: journal.Journal) -> None:
    """Commit what an update touched, as it was resolved, and the spec; other staged changes stay staged."""
    listing = work_tree.git("ls-files", "--stage", "-z", "--", *kept.files)
    with _index_of_head(work_tree) as index:
        absent = "".join(f"0 {work_tree.no_object}\t{path}\0" for path in kept.files).encode("utf-8", "surrogateescape")
        work_tree.git("update-index", "-z", "--index-info", given=absent + listing, index=index)
        _stage_spec(work_tree, index)
        tree = work_tree.git("write-tree", index=index).decode().strip()
    _stage_spec(work_tree)
    _commit(work_tree, tree, kept.message)


def save(work_tree: WorkTree, kept: journal.Journal) -> list[tuple[str, str]]:
    """Put files that were written after an update into git's store; each path comes with the id of its content."""
    paths = [path for path in kept.files if (work_tree.top / path).is_file()]
    listed = "".join(f"{path}\n" for path in paths).encode("utf-8", "surrogateescape")
    ids = work_tree.git("hash-object", "-w", "--stdin-paths", given=listed).decode().split()
    return [(path, object_id) for path, object_id in zip(paths, ids, strict=True) if kept.after.get(path) != object_id]


def _is_there_already(work_tree: WorkTree, state: Uncommitted, file: File | None) -> bool:
    """Whether the index and the file on disk are what the update would make of them."""
    if file is None:
        return state.mode == "000000"
    return state.on_disk and (state.mode, state.object_id) == (file.mode, work_tree.object_id(file.content))


def _obstacle(work_tree: WorkTree, path: str) -> Problem | None:
    """What is in the way of a new file, if anything is."""
    shown, place = work_tree.prefix + path, work_tree.place(path)
    for parent in list(PurePosixPath(path).parents)[-2::-1]:
        there = work_tree.place(str(parent))
        if there.is_symlink() or (there.exists() and not there.is_dir()):
            return Problem(
                f"it is in the way of {shown}, which needs a folder here", "move it", f"{work_tree.prefix}{parent}"
            )
    if not os.path.lexists(place):
        return None
    if place.is_dir() and not place.is_symlink():
        return Problem("this folder is in the way of a generated file of that name", "move it", shown)
    ignored = run(work_tree.top, "check-ignore", "--quiet", "--", shown).returncode == 0
    what = "an ignored" if ignored else "an untracked"
    return Problem(
        f"{what} file is in the way of a generated one", "move it, or commit it to have the two merged", shown
    )


def _write_objects(work_tree: WorkTree, answer: Answer) -> dict[bytes, str]:
    """Put every content of the answer into git's store; nothing refers to it yet."""
    files = [*answer.changes.values(), *(file for decision in answer.conflicts for file in decision.stages or ())]
    contents = list(dict.fromkeys(file.content for file in files if file))
    with tempfile.TemporaryDirectory(prefix="platform-new-") as name:
        places = [Path(name) / str(number) for number in range(len(contents))]
        for place, content in zip(places, contents, strict=True):
            place.write_bytes(content)
        listed = "".join(f"{place}\n" for place in places).encode()
        ids = work_tree.git("hash-object", "-w", "--no-filters", "--stdin-paths", given=listed).decode().split()
    return dict(zip(contents, ids, strict=True))


def _tree(work_tree: WorkTree, answer: Answer, objects: Mapping[bytes, str], *, with_spec: bool) -> str:
    """The tree of the last commit with the answer in it (and the spec as it is on disk), written to git's store."""
    lines = [_entry(work_tree, path, file, objects) for path, file in sorted(answer.changes.items())]
    # What is removed first, so that a file can take the place of a folder.
    lines.sort(key=lambda line: not line.startswith(b"0 "))
    with _index_of_head(work_tree) as index:
        work_tree.git("update-index", "-z", "--index-info", given=b"".join(lines), index=index)
        if with_spec:
            _stage_spec(work_tree, index)
        return work_tree.git("write-tree", index=index).decode().strip()


@contextlib.contextmanager
def _index_of_head(work_tree: WorkTree) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="platform-new-") as name:
        index = Path(name) / "index"
        work_tree.git("read-tree", "HEAD", index=index)
        yield index


def _entry(work_tree: WorkTree, path: str, file: File | None, objects: Mapping[bytes, str], stage: int = 0) -> bytes:
    start = f"{file.mode} {objects[file.content]} {stage}" if file else f"0 {work_tree.no_object}"
    return start.encode() + b"\t" + os.fsencode(work_tree.prefix + path) + b"\0"


def _stages(work_tree: WorkTree, answer: Answer, objects: Mapping[bytes, str]) -> bytes:
    """Git's notation of the conflicts: each path without its merged entry, and with what it was merged from."""
    lines = []
    for decision in answer.conflicts:
        lines.append(_entry(work_tree, decision.path, None, objects))
        for stage, file in enumerate(decision.stages or (), start=1):
            if file:
                lines.append(_entry(work_tree, decision.path, file, objects, stage))
    return b"".join(lines)


def _stage_spec(work_tree: WorkTree, index: Path | None = None) -> None:
    there = [work_tree.prefix + name for name in SPEC if work_tree.place(name).exists()]
    work_tree.git("add", "--all", "--", *there, index=index)


def _commit(work_tree: WorkTree, tree: str, message: str) -> None:
    commit = _commit_tree(work_tree, tree, message)
    work_tree.git("update-ref", "-m", "platform-new update", "HEAD", commit, work_tree.head)


def _commit_tree(work_tree: WorkTree, tree: str, message: str) -> str:
    identity = fallback_identity(work_tree.top)
    arguments = (*identity, "commit-tree", tree, "-p", "HEAD", "-F", "-")
    return work_tree.git(*arguments, given=message.encode()).decode().strip()


def _stopped(error: OSError) -> PlatformNewError:
    return PlatformNewError(
        Problem(f"the update stopped: {error.strerror}", "mend that, and run it again", str(error.filename or ""))
    )
