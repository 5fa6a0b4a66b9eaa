"""Bad states of a repository: each is reported with a way to recover, which works."""

from __future__ import annotations

import json
import shutil
import subprocess

import pytest
from repositories import Repository, copy_of
from test_torture import MODEL, appending, prepending

from platform_new import __version__
from platform_new.cli import main
from platform_new.errors import Refused
from platform_new.merge import baseline, update


@pytest.fixture
def command(repository, monkeypatch, capsys):
    """A function that runs the command line in the repository: its exit code, output and errors."""
    monkeypatch.chdir(repository.folder)

    def run(*words: str) -> tuple[int, str, str]:
        code = main(words)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return code, said.out, said.err

    return run


def test_without_git(repository, command):
    shutil.rmtree(repository.path(".git"))
    code, _, err = command("update")
    assert code == 2
    assert "git init && git add --all && git commit" in err
    repository.git("init", "--quiet")
    assert "nothing is committed yet" in command("update")[2]
    repository.commit()
    assert command("update")[0] == 0


def test_where_git_is_not_installed(repository, command, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, _, err = command("update")
    assert (code, "install git" in err) == (2, True)


def test_an_unmanaged_folder(tmp_path, command, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, _, err = command("update")
    assert (code, "no platform.yml" in err) == (2, True)


def test_an_invalid_spec(repository, command):
    repository.write("platform.yml", repository.read("platform.yml") + "warehose: duckdb\n")
    code, _, err = command("update")
    assert (code, "platform.yml:" in err) == (2, True)


def test_a_newer_version(repository, command):
    repository.write(baseline.PATH, repository.read(baseline.PATH).replace(__version__, "99.0.0", 1))
    repository.commit()
    code, _, err = command("update")
    assert (code, "upgrade platform-new" in err) == (2, True)


@pytest.mark.parametrize("operation", ["merge", "rebase", "cherry-pick"])
def test_an_unfinished_operation(repository, command, operation):
    repository.git("switch", "--quiet", "--create", "other")
    repository.write(MODEL, "theirs\n")
    repository.commit()
    repository.git("switch", "--quiet", "main")
    repository.write(MODEL, "ours\n")
    repository.commit()
    with pytest.raises(subprocess.CalledProcessError):
        repository.git(operation, "other")
    code, _, err = command("update")
    assert code == 2
    assert f"`git {operation} --abort`" in err
    repository.git(operation, "--abort")
    assert command("update")[0] == 0


def test_a_detached_head_is_fine(repository):
    repository.git("checkout", "--quiet", "--detach")
    assert repository.update(appending(MODEL, "-- theirs\n"), commit=True).code == 0
    assert repository.git("show", f"HEAD:{MODEL}").endswith("-- theirs\n")


def conflicted(text: str) -> str:
    """The text with conflict markers, as a merge leaves them."""
    return text.replace("\n[*]\n", "\n<<<<<<< HEAD\n[*]\n=======\n[*.py]\n>>>>>>> other\n", 1)


@pytest.mark.parametrize(
    "damage",
    [
        conflicted,
        lambda text: text[: len(text) // 2],
        lambda text: text.replace("{", "<<<<<<< HEAD\n{", 1),
        lambda text: "",
        lambda text: None,
    ],
    ids=["conflict markers", "truncated", "markers in the header", "empty", "deleted"],
)
def test_damaged_baseline(repository, command, damage):
    text = damage(repository.read(baseline.PATH))
    if text is None:
        shutil.rmtree(repository.path(".platform"))
    else:
        repository.write(baseline.PATH, text)
    repository.write(MODEL, repository.read(MODEL) + "-- ours\n")
    repository.commit()
    code, _, err = command("update")
    assert code == 2
    assert baseline.PATH in err
    recovery = next(part for part in err.split("→ ")[1].split("; or ") if part.startswith("git checkout"))
    lost = copy_of(repository, repository.folder.parent / "lost")
    subprocess.run(
        recovery.replace("git commit", "git -c user.name=T -c user.email=t@t commit"), shell=True, check=True
    )
    result = repository.update(prepending(MODEL, "-- theirs\n"))
    assert (result.code, result.outcome(MODEL)) == (0, "merged")

    with update.ready(lost.folder):
        planned = lost.look_without_base()
        update.carry_out(planned)
    assert [decision.path for decision in planned.answer.conflicts] == [MODEL]
    assert "-- ours\n" in lost.read(MODEL)
    assert baseline.parse(lost.read(baseline.PATH))


def test_damaged_baseline_without_history(repository, tmp_path):
    repository.path(baseline.PATH).unlink()
    repository.commit()
    subprocess.run(["git", "clone", "-q", "--depth=1", f"file://{repository.folder}", str(tmp_path / "c")], check=True)
    with pytest.raises(Refused, match="update --without-base"):
        Repository(tmp_path / "c").look()


def test_conflicts_are_continued(repository, command):
    repository.write("Makefile", "# ours\n" + repository.read("Makefile"))
    repository.write("README.md", "ours\n")
    repository.commit()
    repository.replace("platform.yml", "name: acme", "name: other")
    assert command("update", "--plan")[0] == 3
    assert command("update", "--commit")[0] == 3
    assert command("update")[0] == 2
    code, out, _ = command("update", "--continue")
    assert (code, "README.md" in out) == (3, True)
    repository.write("README.md", "resolved\n")
    repository.git("add", "README.md")
    assert command("update", "--continue")[0] == 0
    assert repository.git("log", "-1", "--format=%s").startswith("Update other")
    assert repository.git("status", "--porcelain") == ""
    assert repository.git("show", "HEAD:README.md") == "resolved\n"
    assert command("update", "--continue")[0] == 2
    assert command("update")[1].endswith("other is up to date.\n")


def test_conflicts_are_aborted(repository, command):
    repository.write("README.md", "ours\n")
    repository.commit()
    repository.replace("platform.yml", "name: acme", "name: other")
    before = repository.snapshot(), repository.staged()
    assert command("update")[0] == 3
    assert command("update", "--abort")[0] == 0
    assert (repository.snapshot(), repository.staged()) == before
    assert command("update", "--abort")[0] == 2


def test_the_report_as_json(repository, command):
    repository.write("README.md", "ours\n")
    repository.commit()
    repository.replace("platform.yml", "name: acme", "name: other")
    code, out, _ = command("update", "--plan", "--json")
    answer = json.loads(out)
    assert (code, answer["outcome"]) == (3, "conflicts")
    reason = "you and the template changed the same lines"
    assert {"path": "README.md", "outcome": "conflict", "reason": reason, "before": ""} in answer["files"]
    repository.write("pyproject.toml", "not committed\n")
    code, out, _ = command("update", "--json")
    answer = json.loads(out)
    assert (code, answer["outcome"]) == (2, "refused")
    assert [problem["file"] for problem in answer["problems"]] == ["pyproject.toml"]


def test_options_that_cannot_be_combined(command):
    for words in (["--plan", "--abort"], ["--commit", "--branch", "b"], ["--abort", "a", "b"]):
        assert command("update", *words)[0] == 2


def test_the_team_s_changes_are_shown(repository, command):
    assert command("diff") == (0, "", "")
    repository.write(MODEL, repository.read(MODEL) + "-- ours")
    repository.path("README.md").unlink()
    repository.git("mv", "Makefile", "GNUmakefile")
    out = command("diff")[1]
    assert "+-- ours\n\\ No newline at end of file\n" in out
    assert "+++ /dev/null\n" in out
    assert "rename from Makefile\nrename to GNUmakefile\n" in out
    assert command("diff", "--names")[1].splitlines() == [
        "moved    Makefile → GNUmakefile",
        "deleted  README.md",
        f"edited   {MODEL}",
    ]


def test_the_state_of_many_repositories(repository, tmp_path, command):
    behind = copy_of(repository, tmp_path / "behind")
    behind.replace("platform.yml", "modeling: star", "modeling: obt")
    (tmp_path / "none").mkdir()
    code, out, _ = command("status", str(repository.folder), str(behind.folder), str(tmp_path / "none"), "--json")
    assert code == 2
    assert [report["outcome"] for report in json.loads(out)] == ["up to date", "behind", "refused"]
    assert command("status", "--check")[0] == 0
    code, out, _ = command("status", str(behind.folder), "--check")
    assert (code, "behind" in out) == (1, True)


def test_many_repositories_are_updated_at_once(repository, tmp_path, command):
    behind = copy_of(repository, tmp_path / "behind")
    behind.replace("platform.yml", "modeling: star", "modeling: obt")
    (tmp_path / "none").mkdir()
    code, out, _ = command("update", str(tmp_path / "none"), str(behind.folder), str(repository.folder))
    assert code == 2
    assert "no platform.yml" in out
    assert behind.path("transform/models/marts/obt_orders.sql").is_file()
    assert command("update", str(behind.folder), str(repository.folder))[0] == 0
