"""More long-term histories of a generated repository: modes, links, line endings, final newlines, merged branches."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from repositories import SOURCE, Repository, make_repository, rendered
from test_torture import MART, MODEL, YAML, adding, appending, prepending

from platform_new import __version__
from platform_new.cli import main
from platform_new.errors import Refused
from platform_new.merge import baseline, update

FOLDER = "transform/models/staging/shop"
SCHEMA = ".platform/schema/platform.json"


def test_files_that_are_not_updated_are_named(repository, capsys, monkeypatch):
    """A table is removed from the spec: its edited model is kept, its mart removed, a deleted file reported."""
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.write("sources/shop.yml", SOURCE.partition("\n  - name: stores")[0] + "\n")
    repository.path("Makefile").unlink()
    repository.commit()
    monkeypatch.chdir(repository.folder)
    assert main(["update"]) == 0
    out = capsys.readouterr().out
    groups = {part.partition("\n")[0]: part for part in out.replace("\n  ", "\t").split("\n")}
    assert any(MODEL in part for heading, part in groups.items() if heading.startswith("orphaned:"))
    assert any(MART in part for heading, part in groups.items() if heading.startswith("removed:"))
    assert any("Makefile" in part for heading, part in groups.items() if heading.startswith("deleted:"))


def with_modes(repository: Repository, template, *executable: str):
    """Update with the current templates, changed, and with these executable files."""

    def render(folder: Path) -> update.FreshRender:
        current = rendered(folder)
        texts = dict(baseline.parse(current.base).texts)
        template(texts)
        return update.FreshRender(
            current.name, baseline.dump(baseline.Baseline(__version__, texts, frozenset(executable))), {}
        )

    with update.ready(repository.folder):
        planned = update.plan_update(repository.folder, render)
        update.carry_out(planned, commit=True)
    return planned


def is_executable(repository: Repository, path: str) -> bool:
    """Whether a file is executable on disk and in the last commit."""
    committed = repository.git("ls-tree", "HEAD", path).startswith("100755")
    assert committed is os.access(repository.path(path), os.X_OK)
    return committed


def test_an_edited_file_becomes_executable_and_then_not(repository):
    repository.write("run.py", repository.read("run.py") + "# ours\n")
    repository.commit()
    assert not is_executable(repository, "run.py")
    with_modes(repository, prepending("run.py", "# theirs\n"), "run.py")
    assert is_executable(repository, "run.py")
    assert repository.read("run.py").startswith("# theirs\n")
    assert repository.read("run.py").endswith("# ours\n")
    with_modes(repository, prepending("run.py", "# theirs\n"))
    assert not is_executable(repository, "run.py")
    assert repository.read("run.py").endswith("# ours\n")


def test_a_mode_that_the_user_removed_stays_removed(repository):
    with_modes(repository, lambda _: None, "run.py")
    repository.path("run.py").chmod(0o644)
    repository.commit()
    with_modes(repository, appending("run.py", "# theirs\n"), "run.py")
    assert not is_executable(repository, "run.py")
    assert repository.read("run.py").endswith("# theirs\n")


def test_a_link_where_we_add_a_file(repository):
    repository.path("docs/new.md").symlink_to("start-here.md")
    repository.commit()
    result = repository.update(adding("docs/new.md", "theirs\n"))
    assert (result.code, result.outcome("docs/new.md")) == (3, "conflict")
    assert repository.path("docs/new.md").readlink() == Path("start-here.md")
    assert repository.git("show", ":3:docs/new.md") == "theirs\n"


def test_a_folder_moved_and_linked_to_is_updated_where_it_is_now(repository):
    """The files behind the link are tracked at their new path."""
    elsewhere = "transform/models/staging/webshop"
    repository.git("mv", FOLDER, elsewhere)
    repository.path(FOLDER).symlink_to("webshop")
    moved = MODEL.replace(FOLDER, elsewhere)
    repository.write(moved, repository.read(moved) + "-- ours\n")
    repository.commit()
    result = repository.update(prepending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(moved)) == (0, "merged")
    assert repository.path(FOLDER).is_symlink()
    assert repository.read(moved).startswith("-- theirs\n")
    assert repository.read(moved).endswith("-- ours\n")


@pytest.mark.parametrize("theirs_end", ["", "\n"])
@pytest.mark.parametrize("ours_end", ["", "\n"])
def test_a_final_newline_is_missing_if_either_side_removed_it(repository, ours_end, theirs_end):
    text = repository.read(MODEL).removesuffix("\n")
    repository.write(MODEL, f"-- ours\n{text}{ours_end}")
    repository.commit()

    def template(texts):
        texts[MODEL] = text.replace("renamed as (", "-- theirs\nrenamed as (") + theirs_end

    result = repository.update(template)
    assert (result.code, result.outcome(MODEL)) == (0, "merged")
    merged = text.replace("renamed as (", "-- theirs\nrenamed as (")
    assert repository.read(MODEL) == f"-- ours\n{merged}" + (ours_end and theirs_end)


def test_a_shallow_clone_goes_on_from_update_to_update(repository, tmp_path):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    url = f"file://{repository.folder}"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", url, str(tmp_path / "shallow")], check=True)
    shallow = Repository(tmp_path / "shallow")
    for number in ("first", "second"):
        result = shallow.update(prepending(MODEL, f"-- theirs, {number}\n"), commit=True)
        assert (result.code, result.outcome(MODEL)) == (0, "merged")
        assert shallow.read(MODEL).startswith(f"-- theirs, {number}\nwith\n")
        assert shallow.read(MODEL).endswith("-- ours\n")
    assert shallow.read(MODEL).count("-- theirs") == 1


def test_a_squash_that_leaves_the_baseline_behind_is_a_conflict_and_no_loss(repository):
    """The team copies the files of an update without `.platform/`."""
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    repository.update(prepending(MODEL, "-- theirs\n"), commit=True)
    repository.git("checkout", "HEAD~", "--", ".platform")
    repository.commit("Squashed without .platform")
    again = repository.update(prepending(MODEL, "-- theirs\n"), commit=True)
    assert (again.code, again.outcome(MODEL)) == (0, "edited")
    assert repository.read(MODEL).count("-- theirs\n") == 1
    assert repository.update(prepending(MODEL, "-- theirs\n")).planned.up_to_date


@pytest.mark.parametrize("side", ["--ours", "--theirs"])
def test_two_branches_with_a_source_each_become_one_platform(repository, tmp_path, side):
    """With either side of the baseline, the update ends at a fresh generation plus the edits."""
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    for name in ("crm", "billing"):
        repository.git("switch", "--quiet", "--create", name, "main")
        repository.write(f"sources/{name}.yml", source_of(name))
        repository.commit()
        assert repository.update(commit=True).code == 0
        own = f"transform/models/staging/{name}/stg_{name}__{name}_stores.sql"
        repository.write(own, repository.read(own) + f"-- ours, of {name}\n")
        repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "crm")
    merge(repository, "billing", side)
    assert repository.update(commit=True).code == 0
    assert repository.update().planned.up_to_date
    fresh = make_with_all(repository, tmp_path / "fresh")
    edited = {MODEL: "-- ours\n"}
    for name in ("crm", "billing"):
        edited[f"transform/models/staging/{name}/stg_{name}__{name}_stores.sql"] = f"-- ours, of {name}\n"
    for path, (_, content) in fresh.snapshot().items():
        assert repository.read(path) == content.decode() + edited.get(path, ""), path


def source_of(name: str) -> str:
    """A source of one table."""
    lines = SOURCE.splitlines()[:3] + SOURCE.splitlines()[-6:]
    return "\n".join(lines).replace("stores", f"{name}_stores").replace("name: shop", f"name: {name}") + "\n"


def merge(repository: Repository, branch: str, side: str) -> None:
    """Merge a branch; resolve conflicts with one side, and leave the rest to the next update."""
    try:
        repository.git("merge", "--quiet", "--no-edit", branch)
    except subprocess.CalledProcessError:
        unmerged = sorted({line.split("\t")[1] for line in repository.git("ls-files", "--unmerged").splitlines()})
        with pytest.raises(Refused, match="a merge is unfinished"):
            repository.look()
        repository.git("checkout", side, "--", *unmerged)
        repository.commit("Merged")


def make_with_all(repository: Repository, folder: Path) -> Repository:
    """A fresh generation of a repository's current spec."""
    fresh = make_repository(folder / "acme")
    shutil.rmtree(fresh.path("sources"))
    shutil.copytree(repository.path("sources"), fresh.path("sources"))
    fresh.commit()
    assert fresh.update(commit=True).code == 0
    return fresh


def test_the_markers_of_a_merge_in_the_baseline_are_reported_with_a_hint(repository, capsys, monkeypatch):
    """Two branches are updated and merged, and the conflict is committed with its markers."""
    for name, line in (("one", "-- one\n"), ("other", "-- other\n")):
        repository.git("switch", "--quiet", "--create", name, "main")
        repository.update(prepending(MODEL, line), commit=True)
    with pytest.raises(subprocess.CalledProcessError):
        repository.git("merge", "--quiet", "--no-edit", "one")
    repository.git("checkout", "--ours", "--", MODEL)
    repository.commit("Merged, with markers in the baseline")
    monkeypatch.chdir(repository.folder)
    assert main(["update"]) == 2
    recovery = capsys.readouterr().err.split("→ ")[1].split("; or ")[0]
    assert recovery.startswith("git checkout ")
    subprocess.run(
        recovery.replace("git commit", "git -c user.name=T -c user.email=t@t commit"), shell=True, check=True
    )
    assert repository.update(prepending(MODEL, "-- theirs\n")).code in (0, 3)
    assert "-- theirs\n" in repository.read(MODEL)


def test_an_edited_schema_is_merged_as_any_other_file(repository):
    repository.write(SCHEMA, repository.read(SCHEMA).replace("{", '{\n  "$comment": "ours",', 1))
    repository.commit()
    assert repository.update().planned.up_to_date
    text = repository.read(SCHEMA)
    result = repository.update(appending(SCHEMA, "\n"))
    assert (result.code, result.outcome(SCHEMA)) == (0, "merged")
    assert repository.read(SCHEMA) == text + "\n"


def test_both_add_a_source_table_in_crlf(repository):
    repository.write(".gitattributes", "* -text\n")
    repository.write(YAML, (repository.read(YAML) + "      - name: ours\n").replace("\n", "\r\n"))
    repository.commit()
    result = repository.update(appending(YAML, "      - name: theirs\n"))
    content = repository.path(YAML).read_bytes()
    assert result.code in (0, 3)
    assert b"- name: ours\r\n" in content
    assert b"- name: theirs\r\n" in content


def test_the_lock_of_a_running_git_process_is_respected(repository):
    lock = repository.path(".git/index.lock")
    lock.touch()
    refused = repository.update(prepending(MODEL, "-- theirs\n"))
    assert (refused.code, "another git process is running" in refused.refused) == (2, True)
    assert lock.exists()
    lock.unlink()
    assert repository.update(prepending(MODEL, "-- theirs\n")).code == 0
    lock.touch()
    with pytest.raises(Refused, match="another git process is running"):
        update.abort(repository.folder)
    assert lock.exists()
