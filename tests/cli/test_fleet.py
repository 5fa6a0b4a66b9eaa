"""Many repositories at once: which ones a command line selects, what is reported, and that none stops another."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from platform_new import __version__, flow
from platform_new.cli.fleet import each
from platform_new.cli.inventory import Report, State, report
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

STAGING = "transform/models/staging/shop/stg_shop__customers.sql"
CHOICES = {"warehouse": "duckdb", "orchestrator": "none", "modeling": "star", "ci": "none"}


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    """A repository as it was generated."""
    folder = tmp_path_factory.mktemp("generated") / "acme"
    flow.create(folder, Spec(platform=Platform(name="acme", **CHOICES), sources=(sample_source("shop"),)))
    return folder


@pytest.fixture
def repos(generated, here) -> Path:
    """Three repositories beside a file and an unmanaged folder."""
    folder = here / "repos"
    for name in ("a", "b", "c"):
        shutil.copytree(generated, folder / name)
    (folder / "notes.txt").write_text("nothing\n")
    (folder / "other").mkdir()
    return folder


def commit(folder: Path) -> None:
    """Commit everything."""
    identity = ("-c", "user.name=Team", "-c", "user.email=team@acme.example")
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)
    subprocess.run(["git", *identity, "commit", "--quiet", "--message", "Edit"], cwd=folder, check=True)


def edit(place: Path, old: str, new: str) -> None:
    """Change a text that is in the file."""
    text = place.read_text()
    assert old in text
    place.write_text(text.replace(old, new, 1))


def reports(text: str) -> dict[str, Report]:
    """The inventory, by path."""
    return {each.path: each for each in TypeAdapter(list[Report]).validate_json(text)}


def test_an_unmanaged_folder_is_refused_and_the_others_are_reported(run, repos):
    done = run("status repos/* --json")
    assert reports(done.out).keys() == {"repos/a", "repos/b", "repos/c", "repos/notes.txt", "repos/other"}
    states = [each.outcome.value for each in reports(done.out).values()]
    assert (done.code, states) == (2, ["up to date"] * 3 + ["refused"] * 2)
    table = run("status", "repos/a", "repos/other").out
    assert "repos/a      up to date  0.1.0" in table
    assert "repos/other: no platform.yml in this folder" in table


def test_a_quoted_pattern_and_a_tilde_are_expanded(run, repos, monkeypatch):
    """`run` has no shell in front of it, which is what quotes amount to."""
    monkeypatch.setenv("HOME", str(repos))
    assert [*reports(run("status", "repos/[ab]", "--json").out)] == ["repos/a", "repos/b"]
    assert [*reports(run("status", "~/[bc]", "--json").out)] == [f"{repos}/b", f"{repos}/c"]
    assert run("status", "repos/[ab]").code == 0
    nothing = run("status", "repos/x*")
    assert (nothing.code, "no such folder" in nothing.out) == (2, True)


def test_a_repository_named_twice_is_one(run, repos):
    """So are its folders: a pattern that matches inside a repository selects that repository."""
    assert [*reports(run("status", "repos/a/*", "repos/a", "repos/./a", "--json").out)] == ["repos/a/Makefile"]


def test_a_misspelled_path_does_not_select_the_current_repository(run, repos, monkeypatch):
    monkeypatch.chdir(repos / "a")
    done = run("update", "tarnsform")
    assert (done.code, "no such folder" in done.err) == (2, True)


def test_status_tells_what_changed(run, repos):
    """The spec, whether committed or not; or the templates, if another version generated the repository."""
    edit(repos / "a/platform.yml", "modeling: star", "modeling: obt")
    edit(repos / "b/.platform/base.txtar", __version__, "0.0.9")
    edit(repos / "c/platform.yml", "owner: data-team", "# a comment\nowner: data-team")
    commit(repos / "b")
    commit(repos / "c")
    done = run("status repos/[abc] --json --check")
    a, b, c = reports(done.out).values()
    assert (a.outcome, a.changed_spec, a.changed_templates) == (State.BEHIND, ["platform.yml"], False)
    assert (b.outcome, b.changed_spec, b.changed_templates) == (State.BEHIND, [], True)
    assert (c.outcome, c.changed_spec, c.changed_templates) == (State.UP_TO_DATE, [], False)
    assert (b.generated_by, b.platform_new) == ("0.0.9", __version__)
    assert done.code == 1
    commit(repos / "a")
    assert reports(run("status repos/a --json").out)["repos/a"].changed_spec == ["platform.yml"]
    edit(repos / "a/sources/shop.yml", "drift: evolve", "drift: freeze")
    assert "platform.yml, sources/shop.yml" in run("status repos/a").out


def test_status_counts_what_was_edited_deleted_orphaned_and_would_conflict(run, repos):
    place = repos / "a"
    (place / STAGING).write_text("-- ours\n" + (place / STAGING).read_text())
    (place / "docs/runbooks/out-of-memory.md").unlink()
    mart = place / "transform/models/marts/dim_customers.sql"
    mart.write_text(mart.read_text() + "-- ours\n")
    (place / "README.md").write_text("ours\n")
    commit(place)
    edit(place / "platform.yml", "modeling: star", "modeling: obt")
    edit(place / "platform.yml", "name: acme", "name: other")
    _, row, *_ = run("status repos/a").out.splitlines()
    assert row.split()[1] == "conflicts"
    assert row.split()[-4:] == ["1", "1", "1", "1"]
    (place / "README.md").write_text("not committed\n")
    found = reports(run("status repos/a --json").out)["repos/a"]
    assert (found.outcome, found.problems[0].file) == (State.BLOCKED, "README.md")


def test_an_unreadable_repository_does_not_stop_the_others(run, repos):
    (repos / "b/platform.yml").write_text("name: [\n")
    (repos / "c/.platform/base.txtar").unlink()
    commit(repos / "c")
    done = run("update repos/[abc] --json")
    states = [each.outcome.value for each in reports(done.out).values()]
    assert (done.code, states) == (2, ["up to date", "refused", "refused"])


def test_conflicts_on_a_branch_are_conflicts(run, repos):
    (repos / "a/README.md").write_text("ours\n")
    commit(repos / "a")
    for name in ("a", "b"):
        edit(repos / name / "platform.yml", "name: acme", "name: other")
    done = run("update repos/[ab] --branch news --json")
    states = {path: each.outcome.value for path, each in reports(done.out).items()}
    assert (done.code, states) == (3, {"repos/a": "conflicts", "repos/b": "clean"})


def test_many_are_checked(run, repos):
    """Findings are reported; the repositories' own checks are stubbed."""
    for name in ("a", "b"):
        (repos / name / "Makefile").write_text("check:\n\t@true\n")
    (repos / "b" / STAGING).unlink()
    done = run("check repos/[ab] --json")
    a, b = reports(done.out).values()
    assert (done.code, a.outcome, b.outcome) == (1, State.PASSED, State.FINDINGS)
    assert [finding.file for finding in b.problems] == [STAGING]
    assert f"repos/b: {STAGING}: the file is planned" in run("check repos/[ab]").out
    assert run("check repos/a repos/other").code == 2


def test_the_inventory_is_as_its_schema_says(run, repos):
    schema = json.loads(run("schema inventory").out)
    inventory = json.loads(run("status repos/a --json").out)
    known = schema["$defs"]["Report"]
    assert set(inventory[0]) == set(known["properties"]) == set(known["required"])
    assert inventory[0]["outcome"] in schema["$defs"]["State"]["enum"]


def fails(path: Path, folder: Path) -> Report:
    """A bug in one repository, and a worker that the system kills in another."""
    if path.name == "a":
        raise RuntimeError("a bug")
    if path.name == "b":
        os.kill(os.getpid(), signal.SIGKILL)
    return report(path, State.CLEAN)


def test_neither_a_bug_nor_a_killed_worker_stops_the_others(repos):
    a, b, c = each([repos / name for name in ("a", "b", "c")], fails)
    assert (a.outcome, b.outcome, c.outcome) == (State.FAILED, State.FAILED, State.CLEAN)
    assert "RuntimeError: a bug" in a.problems[0].reason
    assert "was killed" in b.problems[0].reason
