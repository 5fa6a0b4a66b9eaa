"""The update workflow of a repository on GitHub: its commands, run unchanged, with everything but GitHub itself.

The remote is a bare repository, and `gh` a script that logs its arguments.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

pytestmark = pytest.mark.proof
WORKFLOW = ".github/workflows/update.yml"
PROPOSE = "Propose the update"
BRANCH = "platform-new/update-7-1"
TOOL = Path(sys.executable).parent / "platform-new"
GH = """\
#!/bin/sh
printf '%s\\n' "$*" >> "$GH_LOG"
case "$1 $2" in
  "pr list") cat "$GH_OPEN" ;;
  "pr create") cp "$8" "$GH_LOG.body"; test ! -e "$GH_LOG.refuse" ;;
esac
"""


@dataclass(frozen=True)
class Hub:
    """A clone of a repository on a remote, and the effects of its workflow."""

    clone: Path
    remote: Path
    scratch: Path

    def git(self, *words: str, folder: Path | None = None) -> str:
        """What a git command prints."""
        identity = ("-c", "user.name=Team", "-c", "user.email=team@acme.example")
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=folder or self.clone, capture_output=True, text=True, check=True).stdout

    def commit(self) -> None:
        """Commit everything, and push it."""
        self.git("commit", "--quiet", "--all", "--message", "Edit")
        self.git("push", "--quiet", "origin", "main")

    def run(self, tmp_path: Path) -> subprocess.CompletedProcess[str]:
        """Run the workflow's commands in a fresh shallow clone, as GitHub would."""
        checkout = tmp_path / "checkout"
        shutil.rmtree(checkout, ignore_errors=True)
        self.git("clone", "--quiet", "--depth=1", f"file://{self.remote}", str(checkout), folder=tmp_path)
        steps = yaml.safe_load((checkout / WORKFLOW).read_text())["jobs"]["update"]["steps"]
        script = self.scratch / "script.sh"
        script.write_text(next(step["run"] for step in steps if step.get("name") == PROPOSE))
        path = [self.scratch / "bin", Path(sys.executable).parent, os.environ["PATH"]]
        environment = {
            "PATH": os.pathsep.join(map(str, path)),
            "HOME": str(self.scratch),
            "BRANCH": BRANCH,
            "GITHUB_REF_NAME": "main",
            "RUNNER_TEMP": str(self.scratch),
            "GH_LOG": str(self.scratch / "gh.log"),
            "GH_OPEN": str(self.scratch / "open"),
        }
        # This is how GitHub runs `shell: bash`.
        shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        return subprocess.run(shell, cwd=checkout, env=environment, capture_output=True, text=True, check=False)

    @property
    def asked(self) -> list[str]:
        """The calls of `gh`."""
        log = self.scratch / "gh.log"
        return log.read_text().splitlines() if log.exists() else []

    @property
    def branches(self) -> list[str]:
        """The branches on the remote."""
        return self.git("branch", "--format=%(refname:short)", folder=self.remote).splitlines()


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    """A repository on GitHub, as it was generated."""
    folder = tmp_path_factory.mktemp("generated") / "acme"
    platform = Platform(name="acme", warehouse="duckdb", orchestrator="none", modeling="star", ci="github")
    flow.create(folder, Spec(platform=platform, sources=(sample_source("shop"),)))
    return folder


@pytest.fixture
def hub(generated, tmp_path) -> Hub:
    """The repository on a remote, with a clone."""
    hub = Hub(tmp_path / "clone", tmp_path / "remote.git", tmp_path / "scratch")
    hub.git("clone", "--quiet", "--bare", str(generated), str(hub.remote), folder=tmp_path)
    hub.git("clone", "--quiet", str(hub.remote), str(hub.clone), folder=tmp_path)
    (hub.scratch / "bin").mkdir(parents=True)
    (hub.scratch / "open").touch()
    (hub.scratch / "bin/gh").write_text(GH)
    (hub.scratch / "bin/gh").chmod(0o755)
    return hub


def change_the_spec(hub: Hub) -> None:
    """Change the spec without updating."""
    spec = hub.clone / "platform.yml"
    spec.write_text(spec.read_text().replace("modeling: star", "modeling: obt"))


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (f"git+https://git.acme.example/data/platform-new@{'0a' * 20}", 0),
        ("platform-new", 1),
        ("platform-new>=0.1,<1", 1),
        ("git+https://git.acme.example/data/platform-new@main", 1),
        ("git+https://git.acme.example/data/platform-new@0a0a0a0", 1),
        (f"git+https://git.acme.example/x@{'0a' * 20} evil", 1),
        (f"evil\ngit+https://git.acme.example/x@{'0a' * 20}", 1),
        (f"git+http://git.acme.example/x@{'0a' * 20}", 1),
    ],
)
def test_only_a_pinned_commit_is_installed(generated, tmp_path, source, code):
    job = yaml.safe_load((generated / WORKFLOW).read_text())["jobs"]["update"]
    assert job["if"] == "vars.PLATFORM_NEW_SOURCE != ''"
    (step,) = (step for step in job["steps"] if "install" in step.get("run", ""))
    (tmp_path / "uv").write_text('#!/bin/sh\nprintf "%s\\n" "$@" > "$LOG"\n')
    (tmp_path / "uv").chmod(0o755)
    environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "LOG": str(tmp_path / "log"), "SOURCE": source}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]], env=environment, capture_output=True, text=True
    )
    assert done.returncode == code
    if code:
        assert not (tmp_path / "log").exists() and "::error::PLATFORM_NEW_SOURCE must be" in done.stdout
    else:
        assert (tmp_path / "log").read_text().splitlines() == ["tool", "install", f"platform-new @ {source}"]


def test_nothing_installs_the_tool_from_an_index_by_its_name(generated):
    root = Path(__file__).parents[2]
    ours = [root / "README.md", *(root / "docs").rglob("*.md"), *(root / "template").rglob("*")]
    for path in (*ours, *generated.rglob("*")):
        if path.is_file() and path.suffix in (".md", ".yml", ".jinja", ".toml", ".sh", ""):
            text = path.read_text(encoding="utf-8", errors="ignore")
            by_name = re.search(
                r"(?:install|uvx|pipx run)[^\n]*[ \"']platform-new(?![^\n]*@ )\b[^\n/]*$", text, re.MULTILINE
            )
            assert by_name is None or "Install platform-new" in by_name[0], (path, by_name)


def test_without_changes_no_pull_request_is_opened(hub, tmp_path):
    done = hub.run(tmp_path)
    assert (done.returncode, hub.asked, hub.branches) == (0, [], ["main"]), done.stderr
    assert "up to date" in done.stdout


def test_changes_become_a_pull_request_on_which_ci_runs(hub, tmp_path):
    change_the_spec(hub)
    hub.commit()
    done = hub.run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert hub.branches == ["main", BRANCH]
    assert [line.partition(" --")[0] for line in hub.asked] == [
        "pr list",
        "auth setup-git",
        "pr create",
        "workflow run ci.yml",
    ]
    assert "--title Update acme with platform-new" in hub.asked[2]
    assert "obt_orders.sql: new in the template or the spec" in (hub.scratch / "gh.log.body").read_text()
    changed = hub.git("diff", "--name-only", "main", BRANCH, folder=hub.remote)
    assert "transform/models/marts/obt_orders.sql" in changed


def test_no_second_pull_request_is_opened(hub, tmp_path):
    change_the_spec(hub)
    hub.commit()
    (hub.scratch / "open").write_text("https://github.example/acme/pull/1\n")
    done = hub.run(tmp_path)
    assert (done.returncode, len(hub.asked), hub.branches) == (0, 1, ["main"])
    assert "already open: https://github.example/acme/pull/1" in done.stdout


def test_conflicts_fail_with_what_to_do_and_leave_no_branch(hub, tmp_path):
    change_the_spec(hub)
    readme = hub.clone / "README.md"
    readme.write_text("".join(f"ours {line}" for line in readme.read_text().splitlines(keepends=True)))
    hub.commit()
    done = hub.run(tmp_path)
    assert (done.returncode, hub.branches) == (1, ["main"])
    assert "README.md: conflict" in done.stderr
    assert "::error::The update cannot be automatic" in done.stdout


def test_an_invalid_spec_fails_with_its_line(hub, tmp_path):
    (hub.clone / "platform.yml").write_text("name: acme\nwarehose: duckdb\n")
    hub.commit()
    done = hub.run(tmp_path)
    assert (done.returncode, hub.asked) == (2, [])
    assert "platform.yml:2" in done.stdout


def test_a_branch_that_github_refuses_fails_with_what_to_do(hub, tmp_path):
    change_the_spec(hub)
    hub.commit()
    hook = hub.remote / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    done = hub.run(tmp_path)
    assert (done.returncode, "::error::GitHub rejected the push" in done.stdout) == (1, True)


def test_a_pull_request_that_may_not_be_opened_leaves_no_branch(hub, tmp_path):
    change_the_spec(hub)
    hub.commit()
    (hub.scratch / "gh.log.refuse").touch()
    done = hub.run(tmp_path)
    assert (done.returncode, hub.branches) == (1, ["main"])
    assert "cannot open pull requests" in done.stdout


def test_without_ci_the_two_commands_of_the_docs_update(hub, tmp_path):
    """The docs of the repository name the commands; the spec has changed."""
    spec = hub.clone / "platform.yml"
    spec.write_text(spec.read_text().replace("ci: github", "ci: none"))
    subprocess.run([TOOL, "update", "--commit"], cwd=hub.clone, check=True, capture_output=True)
    assert not (hub.clone / WORKFLOW).exists()
    change_the_spec(hub)
    hub.commit()
    _, _, section = (hub.clone / "docs/updating.md").read_text().partition("## On a schedule")
    look, propose, *_ = section.partition("```sh\n")[2].splitlines()
    codes = [
        subprocess.run(["bash", "-c", command.replace("platform-new ", f"{TOOL} ", 1)], cwd=hub.clone).returncode
        for command in (look, propose)
    ]
    assert (codes, hub.branches) == ([1, 0], ["main", "platform-update"])


@pytest.mark.skipif(shutil.which("shellcheck") is None, reason="shellcheck is not installed")
def test_shellcheck_finds_nothing(generated, tmp_path):
    steps = yaml.safe_load((generated / WORKFLOW).read_text())["jobs"]["update"]["steps"]
    for step in steps:
        if "run" in step:
            script = tmp_path / "script.sh"
            script.write_text(step["run"])
            done = subprocess.run(["shellcheck", "--shell=bash", str(script)], capture_output=True, text=True)
            assert done.returncode == 0, done.stdout
