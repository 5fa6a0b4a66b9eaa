"""An update that is killed anywhere is undone by `--abort`, or by the next update, and loses nothing."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest
from repositories import Repository, copy_of, rendering

from platform_new.errors import PlatformNewError, Refused
from platform_new.merge import update

pytestmark = pytest.mark.slow
POINTS = 36
EDITED = "transform/models/staging/shop/stg_shop__stores.sql"
CLASHING = "transform/models/marts/dim_stores.sql"
WATCHED = str(Path(update.__file__).parent)


def template(texts):
    """A change of most files: some added, some dropped, one edited by the user on other lines, one on the same."""
    for path in [path for path in texts if path.endswith((".sql", ".md"))]:
        texts[path] += "-- theirs\n"
    texts["docs/new/folder/page.md"] = "theirs\n"
    del texts["transform/models/marts/dim_products.sql"]
    texts[EDITED] = texts[EDITED].removesuffix("-- theirs\n").replace("\n", " -- theirs\n", 1)


@pytest.fixture(params=["clean", "conflicts"])
def edited(request, repository) -> Repository:
    """A repository with edits, of which one clashes or none does."""
    repository.write(EDITED, repository.read(EDITED) + "-- ours\n")
    if request.param == "conflicts":
        repository.write(CLASHING, repository.read(CLASHING) + "-- ours\n")
    repository.commit()
    repository.write("notes.txt", "not tracked\n")
    repository.write("Makefile", repository.read("Makefile") + "# not committed\n")
    return repository


def run_update(folder: Path) -> None:
    """The update as the command does it."""
    with update.ready(folder):
        update.carry_out(update.look(folder, rendering(template)))


def run_until(folder: Path, last: int) -> int:
    """Run the update in a process of its own that kills itself before its line `last`; return how many lines ran."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        count = 0

        def trace(frame, event, _):
            nonlocal count
            if not frame.f_code.co_filename.startswith(WATCHED):
                return None
            if event == "line":
                count += 1
                if count == last:
                    os.kill(os.getpid(), signal.SIGKILL)
            return trace

        code = 1
        try:
            with update.ready(folder):
                prospect = update.look(folder, rendering(template))
                sys.settrace(trace)
                update.carry_out(prospect)
                sys.settrace(None)
            os.write(writer, str(count).encode())
            code = 0
        finally:
            os._exit(code)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as answer:
        return int(answer.read() or 0)


def test_killed_at_any_line(edited, tmp_path):
    old = edited.snapshot(), edited.staged()
    whole = copy_of(edited, tmp_path / "whole")
    lines = run_until(whole.folder, -1)
    assert lines > POINTS
    new = whole.snapshot(), whole.staged()
    assert new != old
    for point in range(POINTS):
        repository = copy_of(edited, tmp_path / f"killed-{point}")
        assert run_until(repository.folder, 1 + point * (lines - 1) // (POINTS - 1)) == 0
        check_recovery(repository, old, new, aborting=point % 2 == 0)


def check_recovery(repository: Repository, old, new, *, aborting: bool) -> None:
    """After an abort all is old, and after another update all is new."""
    if aborting:
        try:
            update.abort(repository.folder)
        except Refused as nothing_to_abort:
            assert "no update to abort" in str(nothing_to_abort)
        assert (repository.snapshot(), repository.staged()) == old
    try:
        run_update(repository.folder)
    except Refused as refusal:
        assert "conflicts that are not resolved" in str(refusal)
    assert (repository.snapshot(), repository.staged()) == new
    assert not (repository.folder / ".git" / "index.lock").exists()


def test_killed_while_git_writes(edited, tmp_path):
    """The whole group of processes is killed, at moments spread over git's own work."""
    old = edited.snapshot(), edited.staged()
    whole = copy_of(edited, tmp_path / "whole")
    run_update(whole.folder)
    new = whole.snapshot(), whole.staged()
    for point in range(8):
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
        while not (repository.folder / ".git" / "platform-new" / "journal.json").exists():
            time.sleep(0.01)
        time.sleep(0.05 + 0.07 * point)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        repository.write(".git/info/attributes", "")
        check_recovery(repository, old, new, aborting=point % 2 == 0)


def test_killed_without_its_git(edited, tmp_path):
    """The git that a killed update has started goes on for a while: whoever comes next waits for it."""
    old = edited.snapshot(), edited.staged()
    edited.git("config", "filter.slow.smudge", "sleep 0.03; cat")
    edited.write(".git/info/attributes", "*.sql filter=slow\n")
    child = os.fork()
    if child == 0:
        try:
            run_update(edited.folder)
        finally:
            os._exit(0)
    while not (edited.folder / ".git" / "index.lock").exists():
        time.sleep(0.002)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    update.abort(edited.folder)
    assert (edited.snapshot(), edited.staged()) == old


def test_a_git_that_fails_midway_loses_nothing(repository):
    """As on a full disk: some files are written, the next one cannot be."""
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
    edited.write(EDITED, "resolved with much thought\n")
    saved = dict(update.abort(edited.folder))
    assert list(saved) == [EDITED]
    assert edited.git("cat-file", "blob", saved[EDITED]) == "resolved with much thought\n"
    assert (edited.snapshot(), edited.staged()) == old


def test_two_updates_at_once_do_not_meet(repository, monkeypatch):
    from platform_new.merge import journal

    monkeypatch.setattr(journal, "PATIENCE", 0.1)
    with (
        update.ready(repository.folder),
        pytest.raises(Refused, match="another update of this repository is running"),
        update.ready(repository.folder),
    ):
        pass
