"""The journal of an update: all that it takes to restore what was before, in git's own folder.

It is written before the first change, and read when somebody aborts or when an update was killed. A lock, which the
system drops with the last of our processes, tells an update that runs from one that was killed.
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
"""How far an update is: it may be half done; it waits for somebody to resolve; it is whole."""
LOCK = "index.lock"
"""The file by which git says that it is changing the index."""
FOLDER = "platform-new"
"""The folder of a journal in git's own; that of a platform in a subfolder has a longer name."""
PATIENCE = 5.0
"""Seconds to wait for the git of a killed update to end."""


@dataclass(frozen=True)
class Journal:
    """What an update is about to do, or has done.

    `files` are the paths that it touches (from the top of the repository), each with the kind it had: `file`, `link`,
    or `absent`; `after` has the id of what it writes there, empty for nothing. `folders` are those that it makes.
    `message` is that of the commit to be made at the end, if any; `prefix` leads to the platform, as in `WorkTree`:
    a git repository may hold several, each with a journal.
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
                    hint = "wait until it has ended"
                    raise Refused(
                        Problem("another update of this repository is running", hint, value=str(work_tree.top))
                    ) from None
                time.sleep(0.05)
        yield


def read(work_tree: WorkTree) -> Journal | None:
    """The journal of the last update, if there is something to go back to: none once its result is committed."""
    try:
        journal = Journal(**json.loads(_file(work_tree).read_text(encoding="utf-8")))
    except FileNotFoundError:
        return None
    return journal if journal.head == work_tree.head or _is_of_before(work_tree, journal) else None


def _is_of_before(work_tree: WorkTree, journal: Journal) -> bool:
    """Whether what was committed since is not of this platform, which lies in a folder of a larger repository."""
    changed = ("diff", "--quiet", journal.head, "HEAD", "--", f":(literal){journal.prefix}")
    return bool(journal.prefix) and run(work_tree.top, *changed).returncode == 0


def interrupted(work_tree: WorkTree) -> list[tuple[WorkTree, Journal]]:
    """The updates that were killed in this git repository, of whichever platform in it."""
    found = []
    for file in sorted(work_tree.git_dir.glob(f"{FOLDER}*/journal.json")):
        prefix = json.loads(file.read_text(encoding="utf-8")).get("prefix", "")
        platform = replace(work_tree, prefix=prefix)
        if (journal := read(platform)) and journal.state == APPLYING:
            found.append((platform, journal))
    return found


def begin(work_tree: WorkTree, after: Mapping[str, str], message: str) -> Journal:
    """Keep what the files and the index are now; from here on the update can be undone. For `after` see `Journal`.

    Raises `Refused` if git is at work in the repository.
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
    """Nobody's git may be at work: its lock is not ours to remove."""
    if (work_tree.git_dir / LOCK).exists():
        hint = "wait until it has ended; if no git is running, remove the file"
        raise Refused(Problem("git is at work in this repository", hint, value=str(work_tree.git_dir / LOCK)))


def _keep(work_tree: WorkTree, paths: Iterable[str]) -> dict[str, str]:
    """Copy the index and the files into our folder; gives their kinds."""
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
    """Note how far the update is."""
    _write(work_tree, Journal(**{**asdict(journal), "state": state}))


def restore(work_tree: WorkTree, journal: Journal) -> None:
    """Bring back the files and the index as they were. It needs no room on the disk, and can be killed and run again.

    Raises `Refused` if git is at work in the repository.
    """
    folder, lock = _folder(work_tree), work_tree.git_dir / LOCK
    if journal.state == APPLYING:
        # Whoever made it was started by the update that is being undone, and has ended: the lock is ours now.
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
    _take_what_others_staged(work_tree, folder / "index")
    _move_back(folder / "index", work_tree.git_dir / "index")
    run(work_tree.top, "update-index", "-q", "--refresh")
    drop(work_tree)


def _take_what_others_staged(work_tree: WorkTree, index: Path) -> None:
    """Bring a kept index up to date with all that is not of our platform, where there is more in the repository."""
    if not work_tree.prefix or not index.exists():
        return
    then, now = _staged_elsewhere(work_tree, index), _staged_elsewhere(work_tree, None)
    if then != now:
        nothing = f"0 {work_tree.no_object}\t".encode()
        lines = [nothing + line.partition(b"\t")[2] for line in then] + now
        work_tree.git("update-index", "-z", "--index-info", given=b"\0".join(lines) + b"\0", index=index)


def _staged_elsewhere(work_tree: WorkTree, index: Path | None) -> list[bytes]:
    ours = os.fsencode(work_tree.prefix)
    lines = work_tree.git("ls-files", "--stage", "-z", index=index).split(b"\0")
    return [line for line in lines if line and not line.partition(b"\t")[2].startswith(ours)]


def _move_back(kept: Path, place: Path) -> None:
    """Put a kept file where it was. It is there already if it was never changed, or has been put back before."""
    if os.path.lexists(kept) and not _alike(kept, place):
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(kept, place)


def _alike(one: Path, other: Path) -> bool:
    if one.is_symlink() or not other.is_file() or other.is_symlink():
        return False
    return one.stat().st_mode == other.stat().st_mode and filecmp.cmp(one, other, shallow=False)


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
    of_platform = hashlib.sha256(os.fsencode(work_tree.prefix)).hexdigest()[:16] if work_tree.prefix else ""
    return work_tree.git_dir / f"{FOLDER}{of_platform}"
