"""A full disk or a read-only folder loses no edit: the error is clear, and everything is rolled back.

The tests use real small file systems, which only root may mount, and for other users a file size limit.
"""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from repositories import Repository, copy_of, snapshot

pytestmark = pytest.mark.proof
KB = 1024
EDITED = "transform/models/marts/dim_stores.sql"
FILES_LEFT = (0, 2, 8, 14, 20, 26, 32, 38, 44, 50, 56, 62, 68, 74, 80)
"""From too few for a lock to enough for everything."""


def mount(*arguments: str) -> None:
    """Mount a file system, or skip the test if that is not allowed."""
    answer = subprocess.run(["mount", *arguments], capture_output=True, text=True, check=False)
    if answer.returncode:
        pytest.skip(f"mounting file systems is not allowed: {answer.stderr.strip()}")


@pytest.fixture
def disk(tmp_path) -> Iterator[Path]:
    """A disk of 16 MB and 3,000 files."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount("-t", "tmpfs", "-o", "size=16m,nr_inodes=3000", "platform-new-test", str(folder))
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextlib.contextmanager
def filled(disk: Path, room: int) -> Iterator[None]:
    """The disk with `room` KB of free space, for the block."""
    free = os.statvfs(disk)
    ballast = disk / "ballast"
    ballast.write_bytes(bytes(free.f_bavail * free.f_frsize - room * KB))
    try:
        yield
    finally:
        ballast.unlink()


@contextlib.contextmanager
def crowded(disk: Path, files: int) -> Iterator[None]:
    """The disk with room for `files` more files, for the block."""
    ballast = disk / "ballast"
    ballast.mkdir()
    for number in range(os.statvfs(disk).f_favail - files):
        (ballast / str(number)).touch()
    try:
        yield
    finally:
        shutil.rmtree(ballast)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """The folder mounted read-only, even for root, for the block."""
    mount("--bind", str(folder), str(folder))
    try:
        mount("-o", "remount,ro,bind", str(folder))
        yield
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def platform_new(*arguments: object, before: Callable[[], None] | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command in its own process."""
    command = [sys.executable, "-m", "platform_new", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, preexec_fn=before)


def waiting_for_an_update(repository: Repository) -> Repository:
    """Committed edits, and a changed modelling style: files are added, removed and changed."""
    repository.write(EDITED, f"-- ours\n{repository.read(EDITED)}")
    repository.commit()
    repository.replace("platform.yml", "modeling: star", "modeling: obt")
    return repository


def check_clear(answer: subprocess.CompletedProcess[str], reason: str, hint: str) -> None:
    """Check that it failed with a reason and a hint, and without a traceback."""
    assert answer.returncode == 1, answer.stdout + answer.stderr
    assert reason in answer.stderr
    assert f"→ {hint}" in answer.stderr
    assert "bug in platform-new" not in answer.stderr


def everything_in(disk: Path) -> dict[str, tuple[int, bytes]]:
    """All files, including git's own, without the empty lock file of updates."""
    places = (place for place in disk.rglob("*") if place.is_file() and place.name != "platform-new.lock")
    return {str(place): (place.stat().st_mode, place.read_bytes()) for place in places}


def check_update_completes(repository: Repository) -> None:
    answer = platform_new("update", repository.folder)
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "-- ours\n" in repository.read(EDITED)
    assert platform_new("update", repository.folder, "--plan").returncode == 0


def test_update_on_a_full_disk(repository, disk):
    """It is refused before the first byte is written."""
    waiting = waiting_for_an_update(copy_of(repository, disk / "acme"))
    before = everything_in(disk)
    for room in (0, 300):
        with filled(disk, room):
            answer = platform_new("update", waiting.folder)
        assert answer.returncode == 2, answer.stderr
        assert f"and {room} KB are free" in answer.stderr
        assert "→ free up disk space, then run the command again" in answer.stderr
        assert everything_in(disk) == before
    check_update_completes(waiting)


@pytest.mark.exhaustive
def test_update_on_a_disk_that_takes_no_more_files(repository, disk):
    """The disk fills up during the update: at every point, the error is clear and everything is rolled back."""
    waiting = waiting_for_an_update(copy_of(repository, disk / "acme"))
    before = waiting.snapshot(), waiting.staged()
    where = set()
    for files in FILES_LEFT:
        with crowded(disk, files):
            answer = platform_new("update", waiting.folder)
        if answer.returncode == 0:
            break
        check_clear(answer, "space", "free up disk space, then run the command again")
        assert (waiting.snapshot(), waiting.staged()) == before
        where.add("fast-import" if "fast-import" in answer.stderr else "journal" if "before" in answer.stderr else "")
    assert {"fast-import", "journal"} <= where, "the disk never filled up during the update"
    check_update_completes(waiting)


@pytest.mark.exhaustive
def test_creation_on_a_full_disk(disk):
    """Nothing remains of a platform that does not fit on the disk; with enough space it is created."""
    for room in (0, 500):
        with filled(disk, room):
            answer = platform_new("acme", "--yes", "--output-dir", disk)
            left = [path.name for path in disk.iterdir()]
        check_clear(answer, "No space left on device", "free up disk space, then run the command again")
        assert left == ["ballast"]
    assert platform_new("acme", "--yes", "--output-dir", disk).returncode == 0


def test_update_of_a_read_only_repository(repository):
    waiting = waiting_for_an_update(repository)
    before = waiting.snapshot(), waiting.staged()
    with read_only(waiting.folder):
        answer = platform_new("update", waiting.folder)
        check_clear(answer, "Read-only file system", "make it writable, then run the command again")
        assert str(waiting.folder) in answer.stderr
        for looking in (("update", "--plan"), ("status",)):
            assert platform_new(*looking, waiting.folder).returncode == 0
    assert (waiting.snapshot(), waiting.staged()) == before
    check_update_completes(waiting)


@pytest.mark.exhaustive
def test_update_with_a_read_only_folder_inside(repository):
    """Git reaches it after it has written other files: they are rolled back."""
    waiting = waiting_for_an_update(repository)
    before = waiting.snapshot(), waiting.staged()
    with read_only(waiting.path("transform/models/marts")):
        answer = platform_new("update", waiting.folder)
        check_clear(answer, "Read-only file system", "make it writable, then run the command again")
        assert (waiting.snapshot(), waiting.staged()) == before
    check_update_completes(waiting)


def test_creation_in_a_read_only_folder(tmp_path):
    folder = tmp_path / "readable"
    folder.mkdir()
    with read_only(folder):
        answer = platform_new("acme", "--yes", "--output-dir", folder)
    check_clear(answer, "Read-only file system", "make it writable, then run the command again")
    assert str(folder) in answer.stderr
    assert not list(folder.iterdir())


@pytest.mark.parametrize("limit", [8, pytest.param(64, marks=pytest.mark.exhaustive)])
def test_update_under_a_limit_for_the_size_of_files(repository, limit):
    """The same system call fails as on a full disk, without mounting one."""
    waiting = waiting_for_an_update(repository)
    before = waiting.snapshot(), waiting.staged()

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit * KB, limit * KB))

    answer = platform_new("update", waiting.folder, before=limited)
    check_clear(answer, "File", "raise the file size limit")
    assert (waiting.snapshot(), waiting.staged()) == before
    check_update_completes(waiting)


def test_creation_under_a_limit_for_the_size_of_files(tmp_path):
    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * KB, 2 * KB))

    answer = platform_new("acme", "--yes", "--output-dir", tmp_path, before=limited)
    check_clear(answer, "File too large", "raise the file size limit")
    assert not snapshot(tmp_path)
