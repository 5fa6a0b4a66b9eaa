"""From an answer to the working tree: what is in the way first, then one step of git, under a journal."""

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
"""What the user owns and an update goes by: it belongs into a commit of the update."""
Edited = Mapping[str, bytes | None]
"""Files that a command edits before the update, by their paths from the platform's folder; None for one that goes."""
COPIES = 3
"""A changed file is written into git's store, its former text into the journal, and the new one into its place."""
KB, BLOCK = 1024, 4096
"""In bytes; a file takes up to a block more than its size."""


@dataclass(frozen=True)
class WorkTreeState:
    """How the working tree stands to an answer: what is in the way of it, and which paths are as it wants already."""

    obstacles: tuple[Problem, ...]
    done: frozenset[str]


def compare(work_tree: WorkTree, answer: Answer, committed: Mapping[str, File]) -> WorkTreeState:
    """Look at every path that the answer changes; `committed` are the files of the last commit."""
    dirty = uncommitted(work_tree) if answer.changes else {}
    obstacles, done = [], set()
    for path, file in sorted(answer.changes.items()):
        shown = work_tree.prefix + path
        state = dirty.get(shown)
        if state and _is_there_already(work_tree, state, file):
            done.add(path)
        elif state:
            obstacles.append(Problem("it has uncommitted changes", "commit or stash them", shown))
        elif path not in committed and (obstacle := _obstacle(work_tree, path)):
            obstacles.append(obstacle)
    return WorkTreeState((*obstacles, *_lack_of_room(work_tree, answer)), frozenset(done))


def apply(work_tree: WorkTree, answer: Answer, message: str = "", edited: Edited = MappingProxyType({})) -> None:
    """Bring the answer into the working tree and the index; with a message, commit it if it has no conflicts.

    What was edited is written with it, and undone with it.
    Nothing is half done afterwards: what fails is undone, and what is killed is undone by the next command.
    Raises `PlatformNewError` with git's words, or `OSError`, for instance when the disk is full.
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
        # What its owner has changed and not staged is not staged by us.
        clean = {path: content for path, content in edited.items() if not _is_unstaged(work_tree, path)}
        _write_edited(work_tree, edited)
        if message:
            _stage_spec(work_tree)
        _stage(work_tree, clean)
        tree = _tree(work_tree, answer, with_spec=bool(message), edited=edited)
        # What git remembers of the files' times is of another folder if somebody has copied this one.
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
    """Put the answer on a new branch, as one commit on top of what is checked out; the working tree is left alone."""
    _write_objects(work_tree, answer)
    tree = _tree(work_tree, answer, with_spec=True, edited=edited)
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


def _lack_of_room(work_tree: WorkTree, answer: Answer) -> Iterator[Problem]:
    sizes = [len(file.content) if file else 0 for file in answer.changes.values()]
    needed, free = sum(COPIES * (size + BLOCK) for size in sizes), shutil.disk_usage(work_tree.top).free
    if needed > free:
        reason = f"the update may need {needed // KB + 1} KB of the disk, and {free // KB} KB are free"
        yield Problem(reason, ROOM, str(work_tree.top))


def _write_objects(work_tree: WorkTree, answer: Answer) -> None:
    """Put every content of the answer into git's store; nothing refers to it yet."""
    files = [*answer.changes.values(), *(file for decision in answer.conflicts for file in decision.stages or ())]
    contents = {file.content for file in files if file}
    blobs = b"".join(b"blob\ndata %d\n%b\n" % (len(content), content) for content in contents)
    work_tree.git("fast-import", "--quiet", given=blobs)


def _tree(work_tree: WorkTree, answer: Answer, *, with_spec: bool, edited: Edited) -> str:
    """The tree of the last commit with the answer in it (and the spec, as it is on disk or edited), in git's store."""
    lines = [_entry(work_tree, path, file) for path, file in sorted(answer.changes.items())]
    # What is removed first, so that a file can take the place of a folder.
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
    """Git's notation of the conflicts: each path without its merged entry, and with what it was merged from."""
    lines = []
    for decision in answer.conflicts:
        lines.append(_entry(work_tree, decision.path, None))
        for stage, file in enumerate(decision.stages or (), start=1):
            if file:
                lines.append(_entry(work_tree, decision.path, file, stage))
    return b"".join(lines)


def _stage_spec(work_tree: WorkTree, index: Path | None = None) -> None:
    there = [work_tree.prefix + name for name in SPEC if work_tree.place(name).exists()]
    work_tree.git("add", "--all", "--", *there, index=index)


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
