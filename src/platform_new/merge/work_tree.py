"""A generated repository as git sees it: what is committed, what is not, and whether it may be changed now."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from platform_new.errors import Problem, Refused
from platform_new.merge.repository import git, run
from platform_new.merge.three_way import File, Tree

UNFINISHED = {
    "MERGE_HEAD": "merge",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
}
"""Files of git's folder that say that something waits to be finished."""
LARGEST = 1_000_000
"""Files of the user's with more bytes are not looked at as the new place of a generated one."""


@dataclass(frozen=True)
class WorkTree:
    """A checked-out repository; `prefix` leads from its top to our folder: empty, or a path that ends in `/`.

    `algorithm` is the one that git names its objects by, sha1 or sha256.
    """

    top: Path
    prefix: str
    git_dir: Path
    algorithm: str

    def git(self, *arguments: str, given: bytes = b"", index: Path | None = None) -> bytes:
        """What a git command prints, run at the top, on another index if one is given."""
        return git(self.top, *arguments, given=given, environment={"GIT_INDEX_FILE": str(index)} if index else None)

    @property
    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.git("rev-parse", "--verify", "HEAD^{commit}").decode().strip()

    def object_id(self, content: bytes) -> str:
        """The name that git gives to a file's content."""
        return hashlib.new(self.algorithm, b"blob %d\0" % len(content) + content).hexdigest()

    @property
    def no_object(self) -> str:
        """The name of no object, as git writes it."""
        return "0" * (2 * hashlib.new(self.algorithm).digest_size)

    def place(self, path: str) -> Path:
        """Where a path of ours is on disk."""
        return self.top / self.prefix / path


@dataclass(frozen=True)
class Uncommitted:
    """A path that differs from the last commit: what the index has of it, and whether the file on disk is that."""

    mode: str
    object_id: str
    on_disk: bool


def open_work_tree(folder: Path) -> WorkTree:
    """The git repository around a generated one. Raises `Refused` where there is none that can be updated."""
    if shutil.which("git") is None:
        raise Refused(Problem("git is not installed, and updates are merged by git", "install git"))
    asked = ("--show-toplevel", "--absolute-git-dir", "--show-object-format", "--show-prefix")
    answer = run(folder, "rev-parse", *asked)
    if answer.returncode:
        said = answer.stderr.decode(errors="replace").strip().removeprefix("fatal: ").partition("\n")[0]
        hint = "make it one: git init && git add --all && git commit -m 'Generate'"
        if "not a git repository" not in said:
            raise Refused(Problem(f"git cannot read the repository: {said}", "see what git says", value=str(folder)))
        raise Refused(
            Problem("this is not a git repository, and an update has to be undoable", hint, value=str(folder))
        )
    top, git_dir, algorithm, prefix = os.fsdecode(answer.stdout).split("\n")[:4]
    work_tree = WorkTree(Path(top), prefix, Path(git_dir), algorithm)
    if run(folder, "rev-parse", "--verify", "HEAD^{commit}").returncode:
        hint = "commit what is there: git add --all && git commit -m 'Generate'"
        raise Refused(Problem("nothing is committed yet, and an update has to be undoable", hint, value=str(folder)))
    return work_tree


def check_finished(work_tree: WorkTree) -> None:
    """Raises `Refused` while a merge, a rebase or the like waits to be finished."""
    for name, what in UNFINISHED.items():
        if (work_tree.git_dir / name).exists():
            hint = f"finish it, or give it up with `git {what} --abort`; then update"
            raise Refused(Problem(f"a {what} is unfinished", hint, value=str(work_tree.top)))
    if unmerged := unmerged_paths(work_tree):
        reason = "files have conflicts that are not resolved"
        raise Refused(Problem(reason, "resolve them, and commit; then update", value=", ".join(unmerged)))


def unmerged_paths(work_tree: WorkTree) -> list[str]:
    """The paths with conflicts, from the top of the repository."""
    listing = work_tree.git("ls-files", "--unmerged", "-z").split(b"\0")
    return sorted({os.fsdecode(entry.partition(b"\t")[2]) for entry in listing if entry})


def tracked_files(work_tree: WorkTree) -> list[str]:
    """The paths in our folder that git tracks."""
    listing = work_tree.git("ls-files", "-z", "--", work_tree.prefix or ".").split(b"\0")
    return [os.fsdecode(path)[len(work_tree.prefix) :] for path in listing if path]


def committed_files(work_tree: WorkTree, *generated: Tree) -> dict[str, File]:
    """Our folder's files as committed: all `generated` ones, and if some are gone also those that they may be now.

    A content that was generated has a name that we know; only the others are read.
    """
    places = {path for tree in generated for path in tree}
    listing = work_tree.git("ls-tree", "-r", "-z", "--full-tree", "HEAD", "--", work_tree.prefix or ".")
    found = {}
    for entry in filter(None, listing.split(b"\0")):
        details, _, path = entry.partition(b"\t")
        mode, kind, object_id = details.decode().split()
        if kind == "blob":
            found[os.fsdecode(path)[len(work_tree.prefix) :]] = mode, object_id
    if places <= found.keys():
        found = {path: found[path] for path in places}
    known = {work_tree.object_id(file.content): file.content for tree in generated for file in tree.values()}
    wanted = {path: object_id for path, (_, object_id) in found.items() if object_id not in known}
    small = _small_objects(work_tree, {object_id for path, object_id in wanted.items() if path not in places})
    known |= _read_objects(work_tree, small | {object_id for path, object_id in wanted.items() if path in places})
    return {path: File(known[object_id], mode) for path, (mode, object_id) in found.items() if object_id in known}


def _small_objects(work_tree: WorkTree, object_ids: Collection[str]) -> set[str]:
    """Those of git's objects that are not larger than `LARGEST`."""
    answer = work_tree.git("cat-file", "--batch-check", given="".join(f"{each}\n" for each in object_ids).encode())
    sizes = (line.split() for line in answer.decode().splitlines())
    return {object_id for object_id, _, size in sizes if int(size) <= LARGEST}


def _read_objects(work_tree: WorkTree, object_ids: Collection[str]) -> dict[str, bytes]:
    """The contents of git's objects, by their ids."""
    answer = work_tree.git("cat-file", "--batch", given="".join(f"{each}\n" for each in object_ids).encode())
    contents, position = {}, 0
    for object_id in object_ids:
        header_end = answer.index(b"\n", position)
        size = int(answer[position:header_end].split()[-1])
        contents[object_id] = answer[header_end + 1 : header_end + 1 + size]
        position = header_end + 1 + size + 1
    return contents


def uncommitted(work_tree: WorkTree) -> Mapping[str, Uncommitted]:
    """The tracked files that differ from the last commit, by path from the top of the repository."""
    listing = work_tree.git(
        "status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=all"
    )
    found = {}
    for entry in filter(None, listing.split(b"\0")):
        if entry.startswith(b"1 "):
            _, state, _, _, mode, _, _, object_id, path = os.fsdecode(entry).split(" ", 8)
            found[path] = Uncommitted(mode, object_id, on_disk=state[1] == ".")
    return found
