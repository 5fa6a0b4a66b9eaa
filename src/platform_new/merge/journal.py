"""The journal of an update: everything needed to restore the previous state, in git's own folder.

It is written before the first change, and read by an abort or after a killed update. A lock, which the system releases
with the last process of the update, distinguishes a running update from a killed one.
"""

from __future__ import annotations

import contextlib
import fcntl
import filecmp
import hashlib
import json
import os
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path, PurePosixPath

from platform_new.errors import Problem, Refused
from platform_new.merge.repository import run
from platform_new.merge.work_tree import WorkTree

APPLYING, CONFLICTS, APPLIED = "applying", "conflicts", "applied"
"""The state of an update: possibly incomplete; waiting for conflicts to be resolved; complete."""
LOCK = "index.lock"
"""The file with which git locks the index."""
FOLDER = "platform-new"
"""The folder of the journal in git's folder; for a platform in a subfolder, the name has a suffix."""
TIMEOUT = 5.0
"""Seconds to wait for the git process of a killed update."""


@dataclass(frozen=True)
class Journal:
    """The changes of an update, pending or done.

    `files` are the changed paths (from the top of the repository), each with its previous kind: `file`, `link` or
    `absent`; `after` has the object id of each new file, empty for a removed one. `folders` are the created folders.
    `message` is the message of the final commit, if any; `prefix` leads to the platform, as in `WorkTree`: a git
    repository may contain several platforms, each with its own journal.
    """

    state: str
    head: str
    files: dict[str, str]
    after: dict[str, str]
    folders: list[str]
    message: str = ""
    prefix: str = ""


@contextlib.contextmanager
def locked(work_tree: WorkTree) -> Iterator[None]:
    """Lock the repository for one update. Raises `Refused` if another update is running."""
    with (work_tree.git_dir / "platform-new.lock").open("a") as file:
        os.set_inheritable(file.fileno(), True)
        deadline = time.monotonic() + TIMEOUT
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    hint = "wait until it ends"
                    raise Refused(
                        Problem("another update of this repository is running", hint, value=str(work_tree.top))
                    ) from None
                time.sleep(0.05)
        yield


def read(work_tree: WorkTree) -> Journal | None:
    """The journal of the last update; None if there is none, or if its result is committed."""
    try:
        journal = Journal(**json.loads(_file(work_tree).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return journal if journal.head == work_tree.head or _is_uncommitted(work_tree, journal) else None


def _is_uncommitted(work_tree: WorkTree, journal: Journal) -> bool:
    """Whether later commits leave this platform unchanged, which is in a folder of a larger repository."""
    changed = ("diff", "--quiet", journal.head, "HEAD", "--", f":(literal){journal.prefix}")
    return bool(journal.prefix) and run(work_tree.top, *changed).returncode == 0


def interrupted(work_tree: WorkTree) -> list[tuple[WorkTree, Journal]]:
    """The killed updates of all platforms in this git repository."""
    found = []
    for file in sorted(work_tree.git_dir.glob(f"{FOLDER}*/journal.json")):
        prefix = json.loads(file.read_text(encoding="utf-8")).get("prefix", "")
        platform = replace(work_tree, prefix=prefix)
        if (journal := read(platform)) and journal.state == APPLYING:
            found.append((platform, journal))
    return found


def begin(work_tree: WorkTree, after: Mapping[str, str], message: str) -> Journal:
    """Save the files and the index; from here on, the update can be undone. For `after` see `Journal`.

    Raises `Refused` if another git process is running in the repository.
    """
    _check_free(work_tree)
    drop(work_tree)
    try:
        kinds = _keep(work_tree, after)
        parents = {str(parent) for path in after for parent in PurePosixPath(path).parents}
        folders = sorted((each for each in parents if not (work_tree.top / each).is_dir()), reverse=True)
        journal = Journal(APPLYING, work_tree.head, kinds, dict(after), folders, message, work_tree.prefix)
        _write(work_tree, journal)
    except OSError:
        drop(work_tree)
        raise
    return journal


def _check_free(work_tree: WorkTree) -> None:
    """Raises `Refused` if another git process is running: its lock is not ours to remove."""
    if (work_tree.git_dir / LOCK).exists():
        hint = "wait until it ends; if no git process is running, remove the file"
        raise Refused(
            Problem("another git process is running in this repository", hint, value=str(work_tree.git_dir / LOCK))
        )


def _keep(work_tree: WorkTree, paths: Iterable[str]) -> dict[str, str]:
    """Copy the index and the files to the journal's folder; return the kind of each file."""
    folder = _folder(work_tree)
    (folder / "before").mkdir(parents=True)
    shutil.copy2(work_tree.git_dir / "index", folder / "index")
    kinds = {}
    for number, path in enumerate(paths):
        place = work_tree.top / path
        kinds[path] = "link" if place.is_symlink() else "file" if place.is_file() else "absent"
        if kinds[path] != "absent":
            shutil.copy2(place, folder / "before" / str(number), follow_symlinks=False)
    return kinds


def note_state(work_tree: WorkTree, journal: Journal, state: str) -> None:
    """Record the state of the update."""
    _write(work_tree, Journal(**{**asdict(journal), "state": state}))


def restore(work_tree: WorkTree, journal: Journal) -> None:
    """Restore the files and the index. This needs no disk space, and can be killed and run again.

    Raises `Refused` if another git process is running in the repository.
    """
    folder, lock = _folder(work_tree), work_tree.git_dir / LOCK
    if journal.state == APPLYING:
        # The lock comes from a git process of the update that is rolled back, which has ended: we may remove it.
        lock.unlink(missing_ok=True)
    else:
        _check_free(work_tree)
        with contextlib.suppress(OSError):
            note_state(work_tree, journal, APPLYING)
    for path, kind in journal.files.items():
        place = work_tree.top / path
        if kind == "absent" and (place.is_file() or place.is_symlink()):
            place.unlink()
    for made in journal.folders:
        with contextlib.suppress(OSError):
            (work_tree.top / made).rmdir()
    for number, path in enumerate(journal.files):
        _move_back(folder / "before" / str(number), work_tree.top / path)
    _keep_staged_elsewhere(work_tree, folder / "index")
    _move_back(folder / "index", work_tree.git_dir / "index")
    run(work_tree.top, "update-index", "-q", "--refresh")
    drop(work_tree)


def _keep_staged_elsewhere(work_tree: WorkTree, index: Path) -> None:
    """Copy the current entries of the rest of a larger repository to the saved index."""
    if not work_tree.prefix or not index.exists():
        return
    before, now = _staged_elsewhere(work_tree, index), _staged_elsewhere(work_tree, None)
    if before != now:
        removal = f"0 {work_tree.no_object}\t".encode()
        lines = [removal + line.partition(b"\t")[2] for line in before] + now
        work_tree.git("update-index", "-z", "--index-info", given=b"\0".join(lines) + b"\0", index=index)


def _staged_elsewhere(work_tree: WorkTree, index: Path | None) -> list[bytes]:
    ours = os.fsencode(work_tree.prefix)
    lines = work_tree.git("ls-files", "--stage", "-z", index=index).split(b"\0")
    return [line for line in lines if line and not line.partition(b"\t")[2].startswith(ours)]


def _move_back(kept: Path, place: Path) -> None:
    """Move a saved file back, unless it was never changed or is already back."""
    if os.path.lexists(kept) and not _same(kept, place):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(kept, place)


def _same(left: Path, right: Path) -> bool:
    if left.is_symlink() or not right.is_file() or right.is_symlink():
        return False
    return left.stat().st_mode == right.stat().st_mode and filecmp.cmp(left, right, shallow=False)


def drop(work_tree: WorkTree) -> None:
    """Delete the journal of the last update."""
    _file(work_tree).unlink(missing_ok=True)
    shutil.rmtree(_folder(work_tree), ignore_errors=True)


def _write(work_tree: WorkTree, journal: Journal) -> None:
    aside = _file(work_tree).with_suffix(".new")
    aside.write_text(json.dumps(asdict(journal), indent=1), encoding="utf-8")
    aside.replace(_file(work_tree))


def _file(work_tree: WorkTree) -> Path:
    return _folder(work_tree) / "journal.json"


def _folder(work_tree: WorkTree) -> Path:
    of_platform = hashlib.sha256(os.fsencode(work_tree.prefix)).hexdigest()[:16] if work_tree.prefix else ""
    return work_tree.git_dir / f"{FOLDER}{of_platform}"
