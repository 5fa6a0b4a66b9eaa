"""A generated repository in git: its committed and uncommitted files, and whether it can be changed now."""

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
"""Files in git's folder that mark an unfinished operation."""
LARGEST = 1_000_000
"""In bytes; larger files of the user are not considered as moved generated files."""


@dataclass(frozen=True)
class WorkTree:
    """A checked-out repository; `prefix` leads from its top to the platform's folder: empty, or a path ending in `/`.

    `algorithm` is that of git's object ids, sha1 or sha256.
    """

    top: Path
    prefix: str
    git_dir: Path
    algorithm: str

    def git(self, *arguments: str, given: bytes = b"", index: Path | None = None) -> bytes:
        """The output of a git command, run at the top, with another index if given."""
        return git(self.top, *arguments, given=given, environment={"GIT_INDEX_FILE": str(index)} if index else None)

    @property
    def head(self) -> str:
        """The id of the commit that is checked out."""
        return self.git("rev-parse", "--verify", "HEAD^{commit}").decode().strip()

    def object_id(self, content: bytes) -> str:
        """Git's object id of a file's content."""
        return hashlib.new(self.algorithm, b"blob %d\0" % len(content) + content).hexdigest()

    @property
    def no_object(self) -> str:
        """Git's id for no object."""
        return "0" * (2 * hashlib.new(self.algorithm).digest_size)

    def place(self, path: str) -> Path:
        """The location on disk of a path in the platform."""
        return self.top / self.prefix / path


@dataclass(frozen=True)
class Uncommitted:
    """A path that differs from the last commit: its index entry, and whether the file on disk matches it."""

    mode: str
    object_id: str
    on_disk: bool


def open_work_tree(folder: Path) -> WorkTree:
    """The git repository that contains a generated repository. Raises `Refused` if there is none to update."""
    if shutil.which("git") is None:
        raise Refused(Problem("git is not installed, but updates need it", "install git"))
    asked = ("--show-toplevel", "--absolute-git-dir", "--show-object-format", "--show-prefix")
    answer = run(folder, "rev-parse", *asked)
    if answer.returncode:
        message = answer.stderr.decode(errors="replace").strip().removeprefix("fatal: ").partition("\n")[0]
        hint = "create one: git init && git add --all && git commit -m 'Generate'"
        if "not a git repository" not in message:
            raise Refused(
                Problem(f"git cannot read the repository: {message}", "fix what git reports", value=str(folder))
            )
        raise Refused(
            Problem("this is not a git repository, so an update could not be undone", hint, value=str(folder))
        )
    top, git_dir, algorithm, prefix = os.fsdecode(answer.stdout).split("\n")[:4]
    work_tree = WorkTree(Path(top), prefix, Path(git_dir), algorithm)
    if run(folder, "rev-parse", "--verify", "HEAD^{commit}").returncode:
        hint = "commit the files: git add --all && git commit -m 'Generate'"
        raise Refused(Problem("nothing is committed yet, so an update could not be undone", hint, value=str(folder)))
    return work_tree


def check_finished(work_tree: WorkTree) -> None:
    """Raises `Refused` during an unfinished merge, rebase or the like."""
    for name, what in UNFINISHED.items():
        if (work_tree.git_dir / name).exists():
            hint = f"finish it, or abort it with `git {what} --abort`; then update"
            raise Refused(Problem(f"a {what} is unfinished", hint, value=str(work_tree.top)))
    if unmerged := unmerged_paths(work_tree):
        reason = "files have unresolved conflicts"
        raise Refused(Problem(reason, "resolve and commit them; then update", value=", ".join(unmerged)))


def unmerged_paths(work_tree: WorkTree) -> list[str]:
    """The paths with conflicts, from the top of the repository."""
    listing = work_tree.git("ls-files", "--unmerged", "-z").split(b"\0")
    return sorted({os.fsdecode(entry.partition(b"\t")[2]) for entry in listing if entry})


def tracked_files(work_tree: WorkTree) -> list[str]:
    """The paths in the platform's folder that git tracks."""
    listing = work_tree.git("ls-files", "-z", "--", work_tree.prefix or ".").split(b"\0")
    return [os.fsdecode(path)[len(work_tree.prefix) :] for path in listing if path]


def committed_files(work_tree: WorkTree, *generated: Tree) -> dict[str, File]:
    """The committed files of the platform: all `generated` files and, if some are missing, also possible moved ones.

    Contents that match a generated file are recognized by their object id; only the others are read.
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
    """The objects that are not larger than `LARGEST`."""
    answer = work_tree.git("cat-file", "--batch-check", given="".join(f"{each}\n" for each in object_ids).encode())
    sizes = (line.split() for line in answer.decode().splitlines())
    return {object_id for object_id, _, size in sizes if int(size) <= LARGEST}


def _read_objects(work_tree: WorkTree, object_ids: Collection[str]) -> dict[str, bytes]:
    """The contents of objects, by id."""
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
