"""Two platforms in one git repository are updated, finished and aborted independently."""

from __future__ import annotations

import os
import shutil

import pytest
from repositories import Repository, copy_of
from test_torture import MODEL, prepending

from platform_new.cli import main
from platform_new.errors import Refused
from platform_new.merge import journal, update


@pytest.fixture
def platforms(generated, tmp_path) -> tuple[Repository, Repository, Repository]:
    """A git repository with two platforms, and the two platforms."""
    whole = Repository(tmp_path / "whole")
    for name in ("north", "south"):
        copy_of(generated, whole.folder / "teams" / name)
        shutil.rmtree(whole.path(f"teams/{name}/.git"))
    whole.git("init", "--quiet", "--initial-branch=main")
    whole.commit()
    return whole, Repository(whole.path("teams/north")), Repository(whole.path("teams/south"))


def test_two_platforms_of_one_repository_are_updated_and_undone_each_by_itself(platforms):
    whole, north, south = platforms
    for each in (north, south):
        each.write(MODEL, each.read(MODEL) + "-- ours\n")
    whole.commit()
    before = whole.snapshot(), whole.staged()
    assert north.update(prepending(MODEL, "-- theirs\n")).code == 0
    with_north = north.snapshot(), north.staged()
    assert south.update(prepending(MODEL, "-- theirs\n")).code == 0
    with_south = south.snapshot(), south.staged()
    assert (north.snapshot(), north.staged()) == with_north
    update.abort(north.folder)
    assert (south.snapshot(), south.staged()) == with_south
    with pytest.raises(Refused, match="no update to abort"):
        update.abort(north.folder)
    update.abort(south.folder)
    assert (whole.snapshot(), whole.staged()) == before


def test_a_platform_s_update_can_be_undone_after_the_other_s_was_committed(platforms):
    whole, north, south = platforms
    before = south.snapshot(), south.staged()
    assert south.update(prepending(MODEL, "-- theirs\n")).code == 0
    assert north.update(prepending(MODEL, "-- theirs\n"), commit=True).code == 0
    assert "teams/south" not in whole.git("show", "--name-only", "HEAD")
    update.abort(south.folder)
    assert (south.snapshot(), south.staged()) == before
    assert whole.git("status", "--porcelain") == ""
    assert north.read(MODEL).startswith("-- theirs\n")


def test_conflicts_of_one_platform_are_neither_ended_nor_undone_from_the_other(platforms):
    whole, north, south = platforms
    north.write(MODEL, "-- ours\n" + north.read(MODEL))
    whole.commit()
    assert north.update(prepending(MODEL, "-- theirs\n")).code == 3
    refused = south.update(prepending(MODEL, "-- theirs\n"))
    assert refused.code == 2
    assert f"teams/north/{MODEL}" in refused.refused
    with pytest.raises(Refused, match="no update to abort"):
        update.abort(south.folder)
    with pytest.raises(Refused, match="no update to continue"):
        update.finish(south.folder)
    assert update.finish(north.folder) == (f"teams/north/{MODEL}",)
    update.abort(north.folder)
    assert south.update(prepending(MODEL, "-- theirs\n"), commit=True).code == 0


@pytest.mark.exhaustive
def test_a_killed_update_is_undone_by_the_next_one_of_the_other_platform(platforms, monkeypatch):
    whole, north, south = platforms
    before = north.snapshot(), north.staged()
    pid = os.fork()
    if pid == 0:
        try:
            monkeypatch.setattr(journal, "note_state", lambda *_: os._exit(0))
            north.update(prepending(MODEL, "-- theirs\n"))
        finally:
            os._exit(1)
    assert os.waitpid(pid, 0)[1] == 0
    assert (north.snapshot(), north.staged()) != before
    assert south.update(prepending(MODEL, "-- theirs\n"), commit=True).code == 0
    assert (north.snapshot(), north.staged()) == before
    assert whole.git("status", "--porcelain") == ""


def test_both_platforms_of_one_repository_at_once(platforms, capsys):
    whole, north, south = platforms
    for each in (north, south):
        each.replace("platform.yml", "modeling: star", "modeling: obt")
    assert main(["update", str(north.folder), str(south.folder)]) == 0, capsys.readouterr()
    for each in (north, south):
        assert each.path("transform/models/marts/obt_orders.sql").is_file()
    whole.commit()
    assert main(["status", "--check", str(north.folder), str(south.folder)]) == 0
