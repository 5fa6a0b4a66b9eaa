"""A killed update is rolled back by `--abort` or by the next update, and loses nothing."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from repositories import Repository, copy_of, rendering

from platform_new.errors import PlatformNewError, Refused
from platform_new.merge import update

pytestmark = pytest.mark.proof
EDITED = "transform/models/staging/shop/stg_shop__stores.sql"
CLASHING = "transform/models/marts/dim_stores.sql"
WATCHED = str(Path(update.__file__).parent)
GIT_IS_CALLED = "run"


def template(texts):
    """A change of most files: some added, some dropped, one edited by the user on other lines, one on the same."""
    for path in [path for path in texts if path.endswith((".sql", ".md"))]:
        texts[path] += "-- theirs\n"
    texts["docs/new/folder/page.md"] = "theirs\n"
    del texts["transform/models/marts/dim_products.sql"]
    texts[EDITED] = texts[EDITED].removesuffix("-- theirs\n").replace("\n", " -- theirs\n", 1)


@pytest.fixture(params=["clean", "conflicts"])
def edited(request, repository) -> Repository:
    """A repository with edits, with or without a conflicting edit."""
    repository.write(EDITED, repository.read(EDITED) + "-- ours\n")
    if request.param == "conflicts":
        repository.write(CLASHING, repository.read(CLASHING) + "-- ours\n")
    repository.commit()
    repository.write("notes.txt", "not tracked\n")
    repository.write("Makefile", repository.read("Makefile") + "# not committed\n")
    return repository


def run_update(folder: Path, *, commit: bool = False) -> None:
    """Update as the command does."""
    with update.ready(folder):
        update.carry_out(update.plan_update(folder, rendering(template)), commit=commit)


def run_until(action: Callable[[], object], last: int) -> int:
    """Run an action in a process that kills itself at its point `last`; return the number of points if it completes.

    A point is a line of our code that runs for the first time, or any line around a call of git.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        count, seen = 0, set()

        def trace(frame, event, _):
            nonlocal count
            code, line = frame.f_code, frame.f_lineno
            if not code.co_filename.startswith(WATCHED):
                return None
            if event == "line" and ((code, line) not in seen or code.co_name == GIT_IS_CALLED):
                seen.add((code, line))
                count += 1
                if count == last:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        code = 1
        try:
            sys.settrace(trace)
            action()
            sys.settrace(None)
            os.write(writer, str(count).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return int(answer.read() or 0)


def kills(some: int, many: int):
    """Parametrize a test by the number of kills: some on each run of the tests, many in an exhaustive run."""
    return pytest.mark.parametrize("kills", [some, pytest.param(many, marks=pytest.mark.exhaustive)])


def spread(count: int, points: int) -> list[int]:
    """`points` different numbers, spread from the first to the last of `count`."""
    assert count >= points
    return [1 + point * (count - 1) // (points - 1) for point in range(points)]


@kills(4, 32)
@pytest.mark.parametrize("commit", [False, True], ids=["staged", "committed"])
def test_killed_at_any_point(edited, tmp_path, commit, kills):
    """After each kill, an abort restores the previous state or has nothing to do, and another update completes."""

    def update_of(repository: Repository) -> Callable[[], object]:
        with update.ready(repository.folder):
            planned = update.plan_update(repository.folder, rendering(template))
        return lambda: carried_out(repository.folder, planned, commit)

    old = state(edited)
    whole = copy_of(edited, tmp_path / "whole")
    points = run_until(update_of(whole), -1)
    new = state(whole)
    assert new != old
    assert "-- ours\n" in whole.read(EDITED)
    assert whole.read("notes.txt") == "not tracked\n"
    for number, point in enumerate(spread(points, kills)):
        repository = copy_of(edited, tmp_path / f"killed-{number}")
        assert run_until(update_of(repository), point) == 0
        check_recovery(repository, old, new, aborting=number % 2 == 0, commit=commit)


def carried_out(folder: Path, planned: update.UpdatePlan, commit: bool) -> None:
    with update.ready(folder):
        update.carry_out(planned, commit=commit)


@kills(4, 16)
def test_an_abort_that_is_killed_is_ended_by_the_next_one(edited, tmp_path, kills):
    old = state(edited)
    run_update(edited.folder)
    whole = copy_of(edited, tmp_path / "whole")
    points = run_until(lambda: update.abort(whole.folder), -1)
    assert state(whole) == old
    for number, point in enumerate(spread(points, kills)):
        repository = copy_of(edited, tmp_path / f"killed-{number}")
        assert run_until(lambda folder=repository.folder: update.abort(folder), point) == 0
        try:
            update.abort(repository.folder)
        except Refused as nothing_to_abort:
            assert "no update to abort" in str(nothing_to_abort)
        assert state(repository) == old


def state(repository: Repository) -> tuple[object, ...]:
    """All files, the index, and the committed tree (not the commit, which contains the time)."""
    return repository.snapshot(), repository.staged(), repository.git("rev-parse", "HEAD^{tree}")


def check_recovery(repository: Repository, old, new, *, aborting: bool, commit: bool = False) -> None:
    """After an abort, everything is old (or new, if committed); after another update, everything is new."""
    if aborting:
        try:
            update.abort(repository.folder)
        except Refused as nothing_to_abort:
            assert "no update to abort" in str(nothing_to_abort)
        assert state(repository) == old or (commit and state(repository) == new)
    try:
        run_update(repository.folder, commit=commit)
    except Refused as refusal:
        assert "unresolved conflicts" in str(refusal)
    assert state(repository) == new
    assert not (repository.folder / ".git" / "index.lock").exists()


def wait_for(file: Path, child: int) -> None:
    """Wait until the child has written a file."""
    while not file.exists():
        assert os.waitpid(child, os.WNOHANG) == (0, 0), f"the update ended, and {file.name} was never seen"
        time.sleep(0.002)


@kills(2, 8)
def test_killed_while_git_writes(edited, tmp_path, kills):
    """The whole process group is killed, at times spread over git's own work."""
    old = state(edited)
    whole = copy_of(edited, tmp_path / "whole")
    run_update(whole.folder)
    new = state(whole)
    for point in range(0, 8, 8 // kills):
        repository = copy_of(edited, tmp_path / f"killed-{point}")
        repository.git("config", "filter.slow.smudge", "sleep 0.03; cat")
        repository.write(".git/info/attributes", "*.sql filter=slow\n")
        child = os.fork()
        if child == 0:
            os.setsid()
            try:
                run_update(repository.folder)
            finally:
                os._exit(0)
        wait_for(repository.folder / ".git" / "platform-new" / "journal.json", child)
        time.sleep(0.05 + 0.07 * point)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        repository.write(".git/info/attributes", "")
        check_recovery(repository, old, new, aborting=point % 2 == 0)


def test_killed_without_its_git(edited, tmp_path):
    """The git process of a killed update runs on for a while: the next command waits for it."""
    old = edited.snapshot(), edited.staged()
    edited.git("config", "filter.slow.smudge", "sleep 0.03; cat")
    edited.write(".git/info/attributes", "*.sql filter=slow\n")
    child = os.fork()
    if child == 0:
        try:
            run_update(edited.folder)
        finally:
            os._exit(0)
    wait_for(edited.folder / ".git" / "index.lock", child)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    update.abort(edited.folder)
    assert (edited.snapshot(), edited.staged()) == old


def test_a_git_that_fails_midway_loses_nothing(repository):
    """As on a full disk: some files are written, then a write fails."""
    old = repository.snapshot(), repository.staged()
    repository.git("config", "filter.full.smudge", "exit 1")
    repository.git("config", "filter.full.clean", "cat")
    repository.git("config", "filter.full.required", "true")
    repository.write(".git/info/attributes", "dim_stores.sql filter=full\n")
    with pytest.raises(PlatformNewError, match="git read-tree failed"):
        run_update(repository.folder)
    assert (repository.snapshot(), repository.staged()) == old
    with pytest.raises(Refused, match="no update to abort"):
        update.abort(repository.folder)


def test_what_was_written_after_an_update_survives_its_abort(edited):
    old = edited.snapshot(), edited.staged()
    run_update(edited.folder)
    edited.write(EDITED, "resolved carefully\n")
    saved = dict(update.abort(edited.folder))
    assert list(saved) == [EDITED]
    assert edited.git("cat-file", "blob", saved[EDITED]) == "resolved carefully\n"
    assert (edited.snapshot(), edited.staged()) == old


def test_two_updates_at_once_do_not_meet(repository, monkeypatch):
    from platform_new.merge import journal

    monkeypatch.setattr(journal, "TIMEOUT", 0.1)
    with (
        update.ready(repository.folder),
        pytest.raises(Refused, match="another update of this repository is running"),
        update.ready(repository.folder),
    ):
        pass
