"""Apply a merge to the working tree: check for obstacles first, then change everything in one step, with a journal."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from types import MappingProxyType

from platform_new.errors import ROOM, Problem
from platform_new.merge import journal
from platform_new.merge.repository import fallback_identity, run
from platform_new.merge.three_way import REGULAR, Answer, File
from platform_new.merge.work_tree import Uncommitted, WorkTree, uncommitted

SPEC = ("platform.yml", "sources")
"""The user's spec, which is part of the commit of an update."""
Edited = Mapping[str, bytes | None]
"""Files that a command edits before the update, by path from the platform's folder; None for a removed file."""
COPIES = 3
"""A changed file is written three times: to git's object store, to the journal (previous text), and to its place."""
KB, BLOCK = 1024, 4096
"""In bytes; a file takes up to one block more than its size."""


@dataclass(frozen=True)
class WorkTreeState:
    """The working tree compared with an answer: the obstacles, and the paths that are already as wanted."""

    obstacles: tuple[Problem, ...]
    done: frozenset[str]


def compare(work_tree: WorkTree, answer: Answer, committed: Mapping[str, File]) -> WorkTreeState:
    """Check every path that the answer changes; `committed` are the files of the last commit."""
    dirty = uncommitted(work_tree) if answer.changes else {}
    obstacles, done = [], set()
    for path, file in sorted(answer.changes.items()):
        shown = work_tree.prefix + path
        state = dirty.get(shown)
        if state and _is_applied(work_tree, state, file):
            done.add(path)
        elif state:
            obstacles.append(Problem("the file has uncommitted changes", "commit or stash them", shown))
        elif path not in committed and (obstacle := _obstacle(work_tree, path)):
            obstacles.append(obstacle)
    return WorkTreeState((*obstacles, *_lack_of_room(work_tree, answer)), frozenset(done))


def apply(work_tree: WorkTree, answer: Answer, message: str = "", edited: Edited = MappingProxyType({})) -> None:
    """Apply the answer to the working tree and the index; with a message, commit it if it has no conflicts.

    The edited files are written with it, and rolled back with it. The change is atomic: a failed update is rolled back
    at once, and a killed update by the next command. Raises `PlatformNewError` with git's message, or `OSError`, for
    instance when the disk is full.
    """
    after = {
        work_tree.prefix + path: work_tree.object_id(file.content) if file else ""
        for path, file in sorted(answer.changes.items())
    }
    for path, content in sorted(edited.items()):
        after[work_tree.prefix + path] = "" if content is None else work_tree.object_id(content)
    _write_objects(work_tree, answer)
    kept = journal.begin(work_tree, after, message)
    try:
        # Unstaged changes of the owner stay unstaged.
        clean = {path: content for path, content in edited.items() if not _is_unstaged(work_tree, path)}
        _write_edited(work_tree, edited)
        if message:
            _stage_spec(work_tree)
        _stage(work_tree, clean)
        tree = _tree(work_tree, answer, with_spec=bool(message), edited=edited)
        # If the folder was copied, the file times in git's index are those of the original.
        run(work_tree.top, "update-index", "-q", "--refresh")
        work_tree.git("read-tree", "-m", "-u", "HEAD", tree)
        if answer.conflicts:
            work_tree.git("update-index", "-z", "--index-info", given=_stages(work_tree, answer))
            journal.note_state(work_tree, kept, journal.CONFLICTS)
        elif message:
            _commit(work_tree, tree, message)
            journal.drop(work_tree)
        else:
            journal.note_state(work_tree, kept, journal.APPLIED)
    except BaseException:
        if work_tree.head == kept.head:
            journal.restore(work_tree, kept)
        raise


def commit_to_branch(
    work_tree: WorkTree, answer: Answer, branch: str, message: str, edited: Edited = MappingProxyType({})
) -> None:
    """Commit the answer to a new branch, on top of the checked-out commit; the working tree stays untouched."""
    _write_objects(work_tree, answer)
    tree = _tree(work_tree, answer, with_spec=True, edited=edited)
    commit = _commit_tree(work_tree, tree, message)
    work_tree.git("update-ref", f"refs/heads/{branch}", commit, "")


def commit_resolved(work_tree: WorkTree, kept: journal.Journal) -> None:
    """Commit the resolved files of an update, and the spec; other staged changes stay staged."""
    listing = work_tree.git("ls-files", "--stage", "-z", "--", *kept.files)
    with _index_of_head(work_tree) as index:
        absent = "".join(f"0 {work_tree.no_object}\t{path}\0" for path in kept.files).encode("utf-8", "surrogateescape")
        work_tree.git("update-index", "-z", "--index-info", given=absent + listing, index=index)
        _stage_spec(work_tree, index)
        tree = work_tree.git("write-tree", index=index).decode().strip()
    _stage_spec(work_tree)
    _commit(work_tree, tree, kept.message)


def save(work_tree: WorkTree, kept: journal.Journal) -> list[tuple[str, str]]:
    """Save files that were changed after an update to git's object store; return each path with its object id."""
    paths = [path for path in kept.files if (work_tree.top / path).is_file()]
    listed = "".join(f"{path}\n" for path in paths).encode("utf-8", "surrogateescape")
    ids = work_tree.git("hash-object", "-w", "--stdin-paths", given=listed).decode().split()
    return [(path, object_id) for path, object_id in zip(paths, ids, strict=True) if kept.after.get(path) != object_id]


def _is_applied(work_tree: WorkTree, state: Uncommitted, file: File | None) -> bool:
    """Whether the index and the file on disk are already as the update would write them."""
    if file is None:
        return state.mode == "000000"
    return state.on_disk and (state.mode, state.object_id) == (file.mode, work_tree.object_id(file.content))


def _obstacle(work_tree: WorkTree, path: str) -> Problem | None:
    """The obstacle to a new file, or None."""
    shown, place = work_tree.prefix + path, work_tree.place(path)
    for parent in list(PurePosixPath(path).parents)[-2::-1]:
        there = work_tree.place(str(parent))
        if there.is_symlink() or (there.exists() and not there.is_dir()):
            return Problem(
                f"{shown} needs a folder here, but this is not a folder", "move it", f"{work_tree.prefix}{parent}"
            )
    if not os.path.lexists(place):
        return None
    if place.is_dir() and not place.is_symlink():
        return Problem("a folder has the name of a generated file", "move it", shown)
    ignored = run(work_tree.top, "check-ignore", "--quiet", "--", shown).returncode == 0
    kind = "an ignored" if ignored else "an untracked"
    return Problem(f"{kind} file has the name of a generated file", "move it, or commit it to merge the two", shown)


def _lack_of_room(work_tree: WorkTree, answer: Answer) -> Iterator[Problem]:
    sizes = [len(file.content) if file else 0 for file in answer.changes.values()]
    needed, free = sum(COPIES * (size + BLOCK) for size in sizes), shutil.disk_usage(work_tree.top).free
    if needed > free:
        reason = f"the update may need {needed // KB + 1} KB of disk space, and {free // KB} KB are free"
        yield Problem(reason, ROOM, str(work_tree.top))


def _write_objects(work_tree: WorkTree, answer: Answer) -> None:
    """Write every content of the answer to git's object store; nothing refers to it yet."""
    files = [*answer.changes.values(), *(file for decision in answer.conflicts for file in decision.stages or ())]
    contents = {file.content for file in files if file}
    blobs = b"".join(b"blob\ndata %d\n%b\n" % (len(content), content) for content in contents)
    work_tree.git("fast-import", "--quiet", given=blobs)


def _tree(work_tree: WorkTree, answer: Answer, *, with_spec: bool, edited: Edited) -> str:
    """Write the tree of the last commit with the answer (and the spec, from disk or edited) to git's object store."""
    lines = [_entry(work_tree, path, file) for path, file in sorted(answer.changes.items())]
    # Removals first, so that a file can replace a folder.
    lines.sort(key=lambda line: not line.startswith(b"0 "))
    with _index_of_head(work_tree) as index:
        work_tree.git("update-index", "-z", "--index-info", given=b"".join(lines), index=index)
        if with_spec:
            _stage_spec(work_tree, index)
            _stage(work_tree, edited, index)
        return work_tree.git("write-tree", index=index).decode().strip()


@contextlib.contextmanager
def _index_of_head(work_tree: WorkTree) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="platform-new-") as name:
        index = Path(name) / "index"
        work_tree.git("read-tree", "HEAD", index=index)
        yield index


def _entry(work_tree: WorkTree, path: str, file: File | None, stage: int = 0) -> bytes:
    start = f"{file.mode} {work_tree.object_id(file.content)} {stage}" if file else f"0 {work_tree.no_object}"
    return start.encode() + b"\t" + os.fsencode(work_tree.prefix + path) + b"\0"


def _stages(work_tree: WorkTree, answer: Answer) -> bytes:
    """The conflicts as index entries: each path without its merged entry, and with the sides of its merge."""
    lines = []
    for decision in answer.conflicts:
        lines.append(_entry(work_tree, decision.path, None))
        for stage, file in enumerate(decision.stages or (), start=1):
            if file:
                lines.append(_entry(work_tree, decision.path, file, stage))
    return b"".join(lines)


def _stage_spec(work_tree: WorkTree, index: Path | None = None) -> None:
    paths = [work_tree.prefix + name for name in SPEC if work_tree.place(name).exists()]
    work_tree.git("add", "--all", "--", *paths, index=index)


def _stage(work_tree: WorkTree, edited: Edited, index: Path | None = None) -> None:
    lines = []
    for path, content in edited.items():
        shown, entry = work_tree.prefix + path, f"0 {work_tree.no_object}"
        if content is not None:
            written = work_tree.git("hash-object", "-w", "--stdin", f"--path={shown}", given=content)
            entry = f"{REGULAR} {written.decode().strip()}"
        lines.append(f"{entry}\t{shown}\0".encode("utf-8", "surrogateescape"))
    work_tree.git("update-index", "-z", "--index-info", given=b"".join(lines), index=index)


def _is_unstaged(work_tree: WorkTree, path: str) -> bool:
    return run(work_tree.top, "diff", "--quiet", "--", f":(literal){work_tree.prefix}{path}").returncode != 0


def _write_edited(work_tree: WorkTree, edited: Edited) -> None:
    for path, content in edited.items():
        place = work_tree.place(path)
        if content is None:
            place.unlink()
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        aside = place.with_name(f".{place.name}.platform-new")
        aside.write_bytes(content)
        if place.exists():
            shutil.copymode(place, aside)
        aside.replace(place)


def _commit(work_tree: WorkTree, tree: str, message: str) -> None:
    commit = _commit_tree(work_tree, tree, message)
    work_tree.git("update-ref", "-m", "platform-new update", "HEAD", commit, work_tree.head)


def _commit_tree(work_tree: WorkTree, tree: str, message: str) -> str:
    identity = fallback_identity(work_tree.top)
    arguments = (*identity, "commit-tree", tree, "-p", "HEAD", "-F", "-")
    return work_tree.git(*arguments, given=message.encode()).decode().strip()
