"""`platform-new NAME` creates a complete repository, or nothing."""

from __future__ import annotations

import subprocess

import pytest

from platform_new.samples import sample_text


def files(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_name_is_enough_without_a_terminal(run, here):
    outcome = run("acme")
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("Created acme: ")
    assert outcome.out.endswith("    cd acme\n    make run\n")
    assert (here / "acme" / "sources" / "shop.yml").read_text() == sample_text("shop")
    assert (here / "acme" / "platform.yml").read_text().count("name: acme\n") == 1


def test_the_new_repository_has_one_commit_with_everything(run, here):
    assert ", in one commit." in run("acme --yes").out
    git = ["git", "-C", str(here / "acme")]
    log = subprocess.run([*git, "log", "--oneline"], capture_output=True, text=True, check=True).stdout
    status = subprocess.run([*git, "status", "--porcelain"], capture_output=True, text=True, check=True).stdout
    assert (len(log.splitlines()), status) == (1, "")


def test_no_git_makes_plain_files(run, here):
    assert run("acme --yes --no-git").code == 0
    assert not (here / "acme" / ".git").exists()


def test_inside_a_repository_the_platform_is_plain_files(run, here):
    subprocess.run(["git", "init", "--quiet", str(here)], check=True)
    assert "commit" not in run("acme --yes").out
    assert not (here / "acme" / ".git").exists()


def test_the_output_dir_is_made_where_it_is_missing(run, here):
    assert run("acme --yes --no-git --output-dir platforms/of/ours").code == 0
    assert (here / "platforms/of/ours/acme/platform.yml").is_file()


def test_the_same_answers_give_the_same_bytes(run, here):
    run("acme --yes --no-git")
    run("acme --yes --no-git --output-dir again")
    one, other = here / "acme", here / "again" / "acme"
    assert files(one) == files(other)
    assert all((one / path).read_bytes() == (other / path).read_bytes() for path in files(one))


def test_a_folder_of_files_becomes_a_source(run, here):
    (here / "exports").mkdir()
    (here / "exports" / "orders.csv").write_text("order_id,amount\n1,2.50\n2,3.75\n")
    outcome = run("acme --from exports --yes --no-git")
    assert outcome.code == 0, outcome.err
    assert "export EXPORTS_URL=" in outcome.out
    text = (here / "acme/sources/exports.yml").read_text()
    assert "name: orders\n" in text
    assert "#" in text.partition("tables:")[2], "each proposal has its reason as a comment"


def test_the_source_takes_the_name_that_is_asked_for(run, here):
    (here / "exports").mkdir()
    (here / "exports" / "orders.csv").write_text("order_id\n1\n")
    assert run("acme --from exports --source-name erp --yes --no-git").code == 0
    assert (here / "acme/sources/erp.yml").is_file()


def test_a_platform_can_start_without_a_source(run, here):
    outcome = run("acme --sample none --yes --no-git")
    assert outcome.code == 0, outcome.err
    assert not (here / "acme/sources").exists()


def test_a_spec_file_can_hold_everything(run, here):
    (here / "answers.yml").write_text(
        "name: acme\nowner: team@acme.example\nmodeling: obt\n"
        "sources:\n- name: erp\n  kind: postgres\n  tables:\n"
        "  - {name: sales, role: fact, key: [id], columns: [{name: id, type: bigint}]}\n"
    )
    outcome = run("new --spec answers.yml --yes --no-git")
    assert outcome.code == 0, outcome.err
    platform = (here / "acme/platform.yml").read_text()
    assert "owner: team@acme.example\n" in platform
    assert "modeling: obt" in platform
    assert "name: sales\n" in (here / "acme/sources/erp.yml").read_text()


@pytest.mark.parametrize(
    ("flags", "variables", "file", "expected"),
    [
        ("", {}, "", "duckdb"),
        ("", {}, "warehouse: postgres\n", "postgres"),
        ("", {"PLATFORM_NEW_WAREHOUSE": "postgres"}, "", "postgres"),
        ("", {"PLATFORM_NEW_WAREHOUSE": "duckdb"}, "warehouse: postgres\n", "duckdb"),
        ("--warehouse postgres", {"PLATFORM_NEW_WAREHOUSE": "duckdb"}, "warehouse: duckdb\n", "postgres"),
        ("", {"PLATFORM_NEW_WAREHOUSE": ""}, "warehouse: postgres\n", "postgres"),
    ],
    ids=["default", "file", "variable", "variable over file", "flag over all", "empty variable"],
)
def test_the_strongest_layer_answers(run, here, monkeypatch, flags, variables, file, expected):
    """Defaults < file < environment < flags."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    (here / "answers.yml").write_text(f"name: acme\n{file}")
    assert run(f"plan --spec answers.yml {flags} --json").code == 0
    assert f'"warehouse": "{expected}"' in run(f"plan --spec answers.yml {flags} --json").out
