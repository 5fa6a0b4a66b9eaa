"""Conflicts can be resolved with every tool of git."""

from __future__ import annotations

import subprocess

import pytest
from repositories import Repository
from test_torture import MODEL, adding, appending, changing, moving, prepending

from platform_new.merge import update

MOVED = "transform/models/staging/stores.sql"
SCHEMA = ".platform/schema/platform.json"


def on_the_same_lines(repository: Repository):
    repository.write(MODEL, "-- ours\n" + repository.read(MODEL))
    repository.commit()
    return repository.update(prepending(MODEL, "-- theirs\n")), MODEL


def on_the_same_lines_of_a_moved_file(repository: Repository):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    return repository.update(moving(MODEL, MOVED, "-- theirs\n"), {MOVED: MODEL}), MOVED


def in_one_new_file(repository: Repository):
    repository.write("docs/new.md", "-- ours\n")
    repository.commit()
    return repository.update(adding("docs/new.md", "-- theirs\n")), "docs/new.md"


def in_crlf(repository: Repository):
    repository.git("config", "core.autocrlf", "true")
    repository.write(MODEL, "-- ours\r\n" + repository.read(MODEL).replace("\n", "\r\n"))
    repository.commit()
    return repository.update(prepending(MODEL, "-- theirs\n")), MODEL


def of_a_file_without_a_final_newline(repository: Repository):
    repository.write(MODEL, repository.read(MODEL) + "-- ours")
    repository.commit()
    return repository.update(appending(MODEL, "-- theirs")), MODEL


def of_a_file_of_platform_new(repository: Repository):
    repository.replace(SCHEMA, "{", '{\n  "$comment": "-- ours",')
    repository.commit()
    return repository.update(changing(SCHEMA, "{", '{\n  "$comment": "-- theirs",')), SCHEMA


def of_a_link_and_a_file(repository: Repository):
    repository.path(MODEL).unlink()
    repository.path(MODEL).symlink_to("-- ours")
    repository.commit()
    return repository.update(prepending(MODEL, "-- theirs\n")), MODEL


CONFLICTS = [
    on_the_same_lines,
    on_the_same_lines_of_a_moved_file,
    in_one_new_file,
    in_crlf,
    of_a_file_without_a_final_newline,
    of_a_file_of_platform_new,
]


@pytest.mark.parametrize("side", ["ours", "theirs"])
@pytest.mark.parametrize("conflict", [*CONFLICTS, of_a_link_and_a_file])
def test_git_checks_out_either_side_of_a_conflict(repository, conflict, side):
    result, path = conflict(repository)
    assert (result.code, result.outcome(path)) == (3, "conflict")
    repository.git("checkout", f"--{side}", "--", path)
    place = repository.path(path)
    assert f"-- {side}" in (str(place.readlink()) if place.is_symlink() else repository.read(path))
    check_resolved(repository, path)


@pytest.mark.parametrize("conflict", CONFLICTS)
def test_a_merge_tool_is_given_all_sides_of_a_conflict(repository, tmp_path, conflict):
    _, path = conflict(repository)
    script = f'cp "$LOCAL" {tmp_path}/ours; cp "$REMOTE" {tmp_path}/theirs; echo resolved > "$MERGED"'
    settings = ("-c", f"mergetool.hand.cmd={script}", "-c", "mergetool.keepBackup=false")
    repository.git(*settings, "mergetool", "--no-prompt", "--tool=hand")
    assert "-- ours" in (tmp_path / "ours").read_text()
    assert "-- theirs" in (tmp_path / "theirs").read_text()
    assert repository.read(path).strip() == "resolved"
    check_resolved(repository, path)


def check_resolved(repository: Repository, path: str) -> None:
    """Accept the file as resolved, as git's own commands do; then the update can be finished and committed."""
    repository.git("add", "--", path)
    assert update.finish(repository.folder) == ()
    repository.commit("Resolved")
    assert repository.git("status", "--porcelain") == ""


def test_markers_are_those_that_git_would_write(repository, tmp_path):
    """Merging the three stages again with git gives the file in the working tree."""
    _, path = on_the_same_lines(repository)
    for number, side in ((1, "base"), (2, "ours"), (3, "theirs")):
        (tmp_path / side).write_text(repository.git("show", f":{number}:{path}"))
    again = subprocess.run(
        ["git", "merge-file", "-p", "--diff3", "ours", "base", "theirs"], cwd=tmp_path, capture_output=True, text=True
    )
    assert (again.returncode, unlabelled(again.stdout)) == (1, unlabelled(repository.read(path)))


def unlabelled(text: str) -> list[str]:
    return [line[:7] if line[:7] in ("<<<<<<<", "|||||||", ">>>>>>>") else line for line in text.splitlines()]
