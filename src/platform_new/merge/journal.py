"""The journal of an update: all that it takes to restore what was before, in git's own folder.

It is written before the first change, and read when somebody aborts or when an update was killed. A lock, which the
system drops with the last of our processes, tells an update that runs from one that was killed.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from platform_new.errors import Problem, Refused
from platform_new.merge.repository import run
from platform_new.merge.work_tree import WorkTree

APPLYING, CONFLICTS, APPLIED = "applying", "conflicts", "applied"
"""How far an update is: it may be half done; it waits for somebody to resolve; it is whole."""
PATIENCE = 5.0
"""Seconds to wait for the git of a killed update to end."""


@dataclass(frozen=True)
class Journal:
    """What an update is about to do, or has done.

    `files` are the paths that it touches (from the top of the repository), each with the kind it had: `file`, `link`,
    or `absent`; `after` has the id of what it writes there, empty for nothing. `folders` are those that it makes.
    `message` is that of the commit to be made at the end, if any.
    """

    state: str
    head: str
    files: dict[str, str]
    after: dict[str, str]
    folders: list[str]
    message: str = ""


@contextlib.contextmanager
def locked(work_tree: WorkTree) -> Iterator[None]:
    """Be the only update of this repository. Raises `Refused` if another one runs."""
    with (work_tree.git_dir / "platform-new.lock").open("a") as file:
        os.set_inheritable(file.fileno(), True)
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    cure = "wait until it has ended"
                    raise Refused(
                        Problem("another update of this repository is running", cure, value=str(work_tree.top))
                    ) from None
                time.sleep(0.05)
        yield


def read(work_tree: WorkTree) -> Journal | None:
    """The journal of the last update, if there is something to go back to: none once its result is committed."""
    try:
        journal = Journal(**json.loads(_file(work_tree).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return journal if journal.head == work_tree.head else None


def begin(work_tree: WorkTree, after: Mapping[str, str], message: str) -> Journal:
    """Keep what the files and the index are now; from here on the update can be undone. For `after` see `Journal`."""
    drop(work_tree)
    folder = _folder(work_tree)
    (folder / "before").mkdir(parents=True)
    shutil.copy2(work_tree.git_dir / "index", folder / "index")
    kinds = {}
    for number, path in enumerate(after):
        place = work_tree.top / path
        kinds[path] = "link" if place.is_symlink() else "file" if place.is_file() else "absent"
        if kinds[path] != "absent":
            shutil.copy2(place, folder / "before" / str(number), follow_symlinks=False)
    parents = {str(parent) for path in after for parent in PurePosixPath(path).parents}
    folders = [parent for parent in parents if not (work_tree.top / parent).exists()]
    journal = Journal(APPLYING, work_tree.head, kinds, dict(after), sorted(folders, reverse=True), message)
    _write(work_tree, journal)
    return journal


def settle(work_tree: WorkTree, journal: Journal, state: str) -> None:
    """Note how far the update is."""
    _write(work_tree, Journal(**{**asdict(journal), "state": state}))


def restore(work_tree: WorkTree, journal: Journal) -> None:
    """Bring back the files and the index as they were. It can be killed and run again.

    Raises `Refused` if git is at work in the repository.
    """
    folder, lock = _folder(work_tree), work_tree.git_dir / "index.lock"
    if journal.state == APPLYING:
        # Whoever made it was started by the update that is being undone, and has ended: the lock is ours now.
        lock.unlink(missing_ok=True)
    elif lock.exists():
        raise Refused(Problem("git is at work in this repository", "wait until it has ended", value=str(lock)))
    for number, (path, kind) in enumerate(journal.files.items()):
        place = work_tree.top / path
        if kind == "absent":
            place.unlink(missing_ok=True)
        else:
            place.parent.mkdir(parents=True, exist_ok=True)
            aside = place.with_name(f".{place.name}.platform-new")
            aside.unlink(missing_ok=True)
            shutil.copy2(folder / "before" / str(number), aside, follow_symlinks=False)
            aside.replace(place)
    for made in journal.folders:
        with contextlib.suppress(OSError):
            (work_tree.top / made).rmdir()
    shutil.copy2(folder / "index", lock)
    lock.replace(work_tree.git_dir / "index")
    run(work_tree.top, "update-index", "-q", "--refresh")
    drop(work_tree)


def drop(work_tree: WorkTree) -> None:
    """Forget the last update."""
    _file(work_tree).unlink(missing_ok=True)
    shutil.rmtree(_folder(work_tree), ignore_errors=True)


def _write(work_tree: WorkTree, journal: Journal) -> None:
    aside = _file(work_tree).with_suffix(".new")
    aside.write_text(json.dumps(asdict(journal), indent=1), encoding="utf-8")
    aside.replace(_file(work_tree))


def _file(work_tree: WorkTree) -> Path:
    return _folder(work_tree) / "journal.json"


def _folder(work_tree: WorkTree) -> Path:
    return work_tree.git_dir / "platform-new"
