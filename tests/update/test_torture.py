"""What happens to a generated repository over the years; in each case, the edits are committed."""

from __future__ import annotations

import os
import subprocess

import pytest
from repositories import SOURCE, Repository, make_repository, snapshot

MODEL = "transform/models/staging/shop/stg_shop__stores.sql"
MART = "transform/models/marts/dim_stores.sql"
YAML = "transform/models/staging/shop/_shop__sources.yml"


def changing(path: str, old: str, new: str):
    """A template with one text changed in one file."""

    def template(texts):
        assert old in texts[path]
        texts[path] = texts[path].replace(old, new, 1)

    return template


def appending(path: str, text: str):
    """A template with text appended to a file."""

    def template(texts):
        texts[path] += text

    return template


def prepending(path: str, text: str):
    """A template with text prepended to a file."""

    def template(texts):
        texts[path] = text + texts[path]

    return template


def adding(path: str, text: str):
    """A template with one more file."""

    def template(texts):
        texts[path] = text

    return template


def dropping(*paths: str):
    """A template without some files."""

    def template(texts):
        for path in paths:
            del texts[path]

    return template


def moving(old: str, new: str, text: str = ""):
    """A template with a moved file."""

    def template(texts):
        texts[new] = texts.pop(old) + text

    return template


def test_an_unchanged_spec_changes_nothing(repository):
    before = repository.snapshot(), repository.staged()
    result = repository.update()
    assert (result.code, result.planned.up_to_date) == (0, True)
    assert (repository.snapshot(), repository.staged()) == before


def test_without_edits_an_update_is_a_fresh_generation(repository, tmp_path):
    source = SOURCE.replace("  - name: stores", "  - name: shops")
    repository.write("sources/shop.yml", source)
    repository.commit()
    assert repository.update(commit=True).code == 0
    fresh = make_repository(tmp_path / "fresh" / "acme", source)
    assert repository.snapshot() == fresh.snapshot()


def test_edit_in_another_place(repository):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    result = repository.update(prepending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL)) == (0, "merged")
    assert repository.read(MODEL).startswith("-- theirs\n")
    assert repository.read(MODEL).endswith("-- ours\n")


def test_edit_on_the_same_line(repository):
    repository.write(MODEL, "-- ours\n" + repository.read(MODEL))
    repository.commit()
    result = repository.update(prepending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL)) == (3, "conflict")
    assert "<<<<<<< yours\n-- ours\n||||||| as generated before\n=======\n-- theirs\n" in repository.read(MODEL)
    assert [line.split()[2] for line in repository.git("ls-files", "--unmerged").splitlines()] == ["1", "2", "3"]
    assert repository.update().code == 2
    repository.git("checkout", "--theirs", MODEL)
    repository.git("add", MODEL)
    repository.commit("Resolved with git alone")
    assert repository.read(MODEL).startswith("-- theirs\n")
    assert repository.update(prepending(MODEL, "-- theirs\n")).planned.up_to_date


def test_deleted_by_the_user_and_changed_by_us(repository):
    repository.path(MODEL).unlink()
    repository.commit()
    result = repository.update(appending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL)) == (0, "deleted")
    assert not repository.path(MODEL).exists()


def test_deleted_by_the_user_and_unchanged(repository):
    repository.path(MODEL).unlink()
    repository.commit()
    result = repository.update(appending(MART, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL), result.outcome(MART)) == (0, "deleted", "updated")
    assert not repository.path(MODEL).exists()


def test_renamed_and_edited_by_the_user_and_changed_by_us(repository):
    home = "transform/models/staging/shop/stg_shop__branches.sql"
    repository.git("mv", MODEL, home)
    repository.write(home, repository.read(home) + "-- ours\n")
    repository.commit()
    result = repository.update(prepending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(home)) == (0, "merged")
    assert repository.read(home).startswith("-- theirs\n")
    assert not repository.path(MODEL).exists()


def test_a_folder_moved_by_the_user(repository):
    repository.git("mv", "transform/models/staging/shop", "transform/models/staging/webshop")
    moved = MODEL.replace("/shop/", "/webshop/")
    repository.write(moved, repository.read(moved) + "-- ours\n")
    repository.commit()
    names = [place.name for place in repository.path("transform/models/staging/webshop").glob("*.sql")]

    def template(texts):
        for name in names:
            texts[f"transform/models/staging/shop/{name}"] = (
                "-- theirs\n" + texts[f"transform/models/staging/shop/{name}"]
            )

    assert repository.update(template).code == 0
    for name in names:
        assert repository.read(f"transform/models/staging/webshop/{name}").startswith("-- theirs\n")
    assert not repository.path("transform/models/staging/shop").exists()
    repository.commit()
    assert repository.update(template).planned.up_to_date


@pytest.mark.parametrize(("text", "code"), [("theirs\n", 0), ("ours\n", 3)])
def test_both_add_one_path(repository, text, code):
    repository.write("docs/new.md", text)
    repository.commit()
    result = repository.update(lambda texts: texts.update({"docs/new.md": "theirs\n"}))
    assert result.code == code
    assert (repository.read("docs/new.md") == "theirs\n") is (code == 0)


def test_dropped_by_us_and_edited_by_the_user(repository):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    result = repository.update(dropping(MODEL, MART))
    assert (result.code, result.outcome(MODEL), result.outcome(MART)) == (0, "orphaned", "removed")
    assert repository.read(MODEL).endswith("-- ours\n")
    assert not repository.path(MART).exists()


def test_moved_by_us_and_edited_by_the_user(repository):
    new = "transform/models/staging/stores.sql"
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    result = repository.update(moving(MODEL, new), {new: MODEL})
    assert (result.code, result.outcome(new)) == (0, "moved")
    assert repository.read(new).endswith("-- ours\n")
    assert not repository.path(MODEL).exists()


def test_moved_by_us_and_changed_on_the_same_line(repository):
    new = "transform/models/staging/stores.sql"
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    result = repository.update(moving(MODEL, new, "-- theirs\n"), {new: MODEL})
    assert (result.code, result.outcome(new)) == (3, "conflict")
    assert "-- ours\n" in repository.read(new)
    assert "-- theirs\n" in repository.read(new)
    assert not repository.path(MODEL).exists()


def test_moved_by_us_and_by_the_user(repository):
    new, home = "transform/models/staging/stores.sql", "transform/models/mine/stg_shop__stores.sql"
    repository.path(home).parent.mkdir()
    repository.git("mv", MODEL, home)
    repository.commit()
    result = repository.update(moving(MODEL, new, "-- theirs\n"), {new: MODEL})
    assert result.code == 0
    assert repository.read(home).endswith("-- theirs\n")
    assert not repository.path(new).exists()


def test_both_append_to_one_yaml_list(repository):
    """Tables have names and no order: there is no conflict, and comments stay in place."""
    ours = "      # loaded by hand\n      - name: ours  # since May\n"
    repository.write(YAML, repository.read(YAML) + ours)
    repository.commit()
    before = repository.read(YAML)
    result = repository.update(appending(YAML, "      - name: theirs\n"))
    assert (result.code, result.outcome(YAML)) == (0, "merged")
    assert repository.read(YAML) == before.replace(ours, "      - name: theirs\n" + ours)


def test_both_append_to_one_yaml_list_that_has_an_order(repository):
    path = "steps.yml"
    repository.update(adding(path, "steps:\n  - run: first\n"), commit=True)
    repository.write(path, repository.read(path) + "  - run: ours\n")
    repository.commit()
    result = repository.update(adding(path, "steps:\n  - run: first\n  - run: theirs\n"))
    assert (result.code, result.outcome(path)) == (3, "conflict")
    assert "- run: ours\n" in repository.read(path)
    assert "- run: theirs\n" in repository.read(path)


def test_a_table_removed_from_the_spec_whose_model_was_edited(repository):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.write("sources/shop.yml", SOURCE.partition("\n  - name: stores")[0] + "\n")
    repository.commit()
    result = repository.update()
    assert (result.code, result.outcome(MODEL), result.outcome(MART)) == (0, "orphaned", "removed")


def test_a_table_renamed_whose_model_was_edited(repository):
    repository.write(MART, repository.read(MART) + "-- ours\n")
    repository.replace("sources/shop.yml", "  - name: stores", "  - name: branches\n    renamed_from: stores")
    repository.commit()
    result = repository.update()
    new = "transform/models/marts/dim_branches.sql"
    assert (result.code, result.outcome(new)) == (0, "merged")
    assert repository.read(new).endswith("-- ours\n")
    assert "snap_shop__branches" in repository.read(new)
    assert not repository.path(MART).exists()
    assert not [path for path in repository.snapshot() if "stores" in path]


def test_a_table_dropped_while_one_much_like_it_is_added(repository):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.replace("sources/shop.yml", "  - name: stores", "  - name: branches")
    repository.commit()
    result = repository.update()
    new = MODEL.replace("stores", "branches")
    assert (result.code, result.outcome(MODEL), result.outcome(new)) == (0, "orphaned", "added")
    assert "-- ours" not in repository.read(new)


def test_executable_bits(repository):
    repository.path("run.py").chmod(0o755)
    repository.commit()
    assert repository.update(appending("run.py", "# theirs\n")).code == 0
    assert os.access(repository.path("run.py"), os.X_OK)
    assert repository.read("run.py").endswith("# theirs\n")


@pytest.mark.parametrize("settings", [{"core.autocrlf": "true"}, {}])
def test_crlf_checkouts(repository, settings):
    """Git converts line endings, by settings or by attributes."""
    for name, value in settings.items():
        repository.git("config", name, value)
    repository.write(".gitattributes", "* text=auto\n*.sql text eol=crlf\n")
    repository.commit()
    for path in repository.git("ls-files").splitlines():
        repository.path(path).unlink()
    repository.git("checkout", "--", ".")
    assert b"\r\n" in repository.path(MODEL).read_bytes()
    repository.write(MODEL, repository.read(MODEL) + "-- ours\r\n")
    repository.commit()
    result = repository.update(prepending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL)) == (0, "merged")
    content = repository.path(MODEL).read_bytes()
    assert content.startswith(b"-- theirs\r\n")
    assert content.count(b"\n") == content.count(b"\r\n")


def test_crlf_kept_in_git(repository):
    repository.write(".gitattributes", "* -text\n")
    repository.write(MODEL, repository.read(MODEL).replace("\n", "\r\n"))
    repository.write(MART, repository.read(MART).replace("\n", "\r\n") + "-- ours\r\n")
    repository.commit()

    def template(texts):
        texts[MODEL] += "-- theirs\n"
        texts[MART] = "-- theirs\n" + texts[MART]

    result = repository.update(template)
    assert (result.code, result.outcome(MODEL), result.outcome(MART)) == (0, "updated", "merged")
    assert repository.path(MODEL).read_bytes().endswith(b"-- theirs\r\n")
    assert repository.path(MART).read_bytes().startswith(b"-- theirs\r\n")


@pytest.mark.parametrize("side", ["ours", "theirs", "both"])
def test_files_without_a_final_newline(repository, side):
    text = repository.read(MODEL)
    repository.write(MODEL, f"-- ours\n{text}".removesuffix("\n" if side != "theirs" else ""))
    repository.commit()
    end = "-- end" if side != "ours" else ""
    first = text.splitlines()[-1]

    def template(texts):
        texts[MODEL] = texts[MODEL].replace(first, f"{first} -- theirs")
        if side != "ours":
            texts[MODEL] += end

    result = repository.update(template)
    assert result.code in (0, 3)
    assert "-- theirs" in repository.read(MODEL)
    assert "-- ours" in repository.read(MODEL)


def test_a_file_replaced_by_a_link(repository):
    repository.path(MODEL).unlink()
    repository.path(MODEL).symlink_to("stg_shop__orders.sql")
    repository.commit()
    assert repository.update(appending(MART, "-- theirs\n")).outcome(MODEL) == "edited"
    result = repository.update(appending(MODEL, "-- theirs\n"))
    assert result.code == 2
    repository.commit()
    result = repository.update(appending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL)) == (3, "conflict")
    assert repository.path(MODEL).is_symlink()
    assert "-- theirs" in repository.git("show", f":3:{MODEL}")


def test_a_folder_replaced_by_a_link(repository, tmp_path):
    repository.git("mv", "docs", "documents")
    repository.path("docs").symlink_to("documents")
    repository.commit()
    result = repository.update(lambda texts: texts.update({"docs/new.md": "theirs\n"}))
    assert result.code == 2
    assert "docs" in result.refused


@pytest.mark.parametrize("path", ["docs/new.md", "data/new.md"])
def test_an_untracked_or_ignored_file_in_our_way(repository, path):
    repository.write(path, "precious\n")
    result = repository.update(lambda texts: texts.update({path: "theirs\n"}))
    assert result.code == 2
    assert path in result.refused
    assert ("ignored" in result.refused) is path.startswith("data/")


@pytest.mark.parametrize("staged", [False, True])
def test_a_dirty_tree(repository, staged):
    repository.write(MODEL, repository.read(MODEL) + "-- not committed\n")
    repository.write("notes.txt", "not tracked\n")
    if staged:
        repository.git("add", MODEL)
    overlapping = repository.update(appending(MODEL, "-- theirs\n"))
    assert overlapping.code == 2
    assert MODEL in overlapping.refused
    assert repository.update(appending(MART, "-- theirs\n")).code == 0
    assert repository.read(MODEL).endswith("-- not committed\n")
    assert (f"{MODEL}\n" in repository.git("diff", "--name-only", "--cached")) is staged


def test_a_dirty_tree_that_deletes(repository):
    repository.path(MODEL).unlink()
    assert repository.update(appending(MODEL, "-- theirs\n")).code == 2
    assert repository.update(appending(MART, "-- theirs\n")).code == 0
    assert not repository.path(MODEL).exists()


def test_a_shallow_clone(repository, tmp_path):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    url = f"file://{repository.folder}"
    subprocess.run(["git", "clone", "--quiet", "--depth=1", url, str(tmp_path / "shallow")], check=True)
    result = Repository(tmp_path / "shallow").update(prepending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL)) == (0, "merged")


def test_a_squashed_history(repository):
    repository.git("switch", "--quiet", "--create", "work")
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    assert repository.update(prepending(MODEL, "-- theirs\n"), commit=True).code == 0
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "--squash", "work")
    repository.commit()

    def template(texts):
        texts[MODEL] = "-- theirs, again\n" + texts[MODEL]

    result = repository.update(template)
    assert (result.code, result.outcome(MODEL)) == (0, "merged")
    assert repository.read(MODEL).startswith("-- theirs, again\n")


def test_a_subfolder_of_a_larger_repository(repository, tmp_path):
    larger = Repository(tmp_path / "larger")
    larger.folder.mkdir()
    larger.git("init", "--quiet", "--initial-branch=main")
    larger.write("other/file.txt", "not ours\n")
    subfolder = larger.path("teams/data/acme")
    subfolder.parent.mkdir(parents=True)
    repository.folder.rename(subfolder)
    subprocess.run(["rm", "-rf", str(subfolder / ".git")], check=True)
    larger.commit()
    inner = Repository(subfolder)
    inner.write(MODEL, inner.read(MODEL) + "-- ours\n")
    larger.commit()
    larger.write("other/file.txt", "dirty\n")
    larger.write("docs/new.md", "another docs folder\n")

    def template(texts):
        texts[MODEL] = "-- theirs\n" + texts[MODEL]
        texts["docs/new.md"] = "theirs\n"
        del texts[MART]

    result = inner.update(template, commit=True)
    assert (result.code, result.outcome(MODEL)) == (0, "merged")
    assert larger.git("status", "--short") == " M other/file.txt\n?? docs/\n"
    inner.write(MODEL, "-- ours, first\n" + inner.read(MODEL))
    larger.git("commit", "--quiet", "--message", "Edit", "--", f"teams/data/acme/{MODEL}")
    result = inner.update(prepending(MODEL, "-- theirs, first\n"))
    assert result.code == 3
    assert f"teams/data/acme/{MODEL}" in larger.git("ls-files", "--unmerged", "--full-name")


def test_two_branches_that_each_add_a_source(repository):
    for name in ("crm", "billing"):
        repository.git("switch", "--quiet", "--create", name, "main")
        source = "\n".join(SOURCE.splitlines()[:3] + SOURCE.splitlines()[-6:]).replace("stores", f"{name}_stores")
        repository.write(f"sources/{name}.yml", source.replace("name: shop", f"name: {name}") + "\n")
        repository.commit()
        assert repository.update(commit=True).code == 0
    repository.git("switch", "--quiet", "main")
    repository.git("merge", "--quiet", "crm")
    merged = subprocess.run(
        ["git", "-c", "user.name=T", "-c", "user.email=t@t", "merge", "--quiet", "billing", "--no-edit"],
        cwd=repository.folder,
        capture_output=True,
    )
    if merged.returncode:
        refused = repository.update()
        assert refused.code == 2
        assert "merge" in refused.refused
        repository.git("checkout", "--ours", "--", *_unmerged(repository))
        repository.commit()
    result = repository.update(commit=True)
    assert result.code == 0
    for name in ("crm", "billing"):
        assert repository.path(f"transform/models/staging/{name}/stg_{name}__{name}_stores.sql").is_file()
    fresh = {path for path in snapshot(repository.folder) if not path.startswith((".platform", "sources"))}
    assert "transform/models/staging/billing/stg_billing__billing_stores.sql" in fresh
    assert repository.update().planned.up_to_date


def _unmerged(repository):
    return sorted({line.split("\t")[1] for line in repository.git("ls-files", "--unmerged").splitlines()})


def test_a_committed_update_says_what_changed_and_why(repository):
    repository.replace("sources/shop.yml", "  - name: stores", "  - name: branches\n    renamed_from: stores")
    assert repository.update(commit=True).code == 0
    message = repository.git("log", "-1", "--format=%B")
    assert "sources/shop.yml" in message
    assert "dim_branches.sql: moved by the template or the spec" in message
    assert repository.git("status", "--porcelain") == ""


def test_an_update_on_a_branch_leaves_the_working_tree_alone(repository):
    repository.write(MODEL, repository.read(MODEL) + "-- not committed\n")
    before = repository.snapshot(), repository.staged(), repository.git("rev-parse", "HEAD")
    assert repository.update(appending(MODEL, "-- theirs\n"), branch="platform-update").code == 0
    assert (repository.snapshot(), repository.staged(), repository.git("rev-parse", "HEAD")) == before
    assert repository.git("show", f"platform-update:{MODEL}").endswith("-- theirs\n")
    assert repository.update(appending(MODEL, "-- theirs\n"), branch="platform-update").code == 2
    assert repository.update(appending(MODEL, "-- theirs\n"), branch="no name").code == 2


def test_an_update_on_a_branch_with_conflicts_writes_nothing(repository):
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    assert repository.update(appending(MODEL, "-- theirs\n"), branch="platform-update").code == 3
    assert "platform-update" not in repository.git("branch")


def test_an_update_made_twice_is_the_same(repository):
    template = appending(MODEL, "-- theirs\n")
    assert repository.update(template).code == 0
    once = repository.snapshot(), repository.staged()
    assert repository.update(template).code == 0
    assert (repository.snapshot(), repository.staged()) == once
