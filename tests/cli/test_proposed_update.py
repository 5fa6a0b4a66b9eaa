"""The script that proposes an update where CI is not GitHub, run in a checkout of a bare repository.

`uv` is a script that records what it should install, since platform-new is already there.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

pytestmark = pytest.mark.proof
SCRIPT = "ci/propose-update.sh"
SOURCE = f"git+https://git.acme.example/data/platform-new@{'0a' * 20}"
BRANCH = "platform-new/update"
TOOLS = Path(sys.executable).parent
UV = f"""\
#!/bin/sh
if [ "$2" = dir ]; then echo {TOOLS}; else printf '%s\\n' "$@" > "$LOG"; fi
"""


class Remote:
    """A bare repository, and the checkouts of it in which the script runs."""

    def __init__(self, generated: Path, scratch: Path):
        self.bare, self.scratch, self.log = scratch / "remote.git", scratch, scratch / "log"
        self.git("clone", "--quiet", "--bare", str(generated), str(self.bare))
        self.git("config", "receive.advertisePushOptions", "true", folder=self.bare)
        (scratch / "uv").write_text(UV)
        (scratch / "uv").chmod(0o755)

    def git(self, *words: str, folder: Path | None = None) -> str:
        """What a git command prints."""
        identity = ("-c", "user.name=Team", "-c", "user.email=team@acme.example")
        command = ["git", *identity, *words]
        return subprocess.run(command, cwd=folder or self.scratch, capture_output=True, text=True, check=True).stdout

    def change(self, path: str, old: str, new: str) -> None:
        """Commit and push a change of a file."""
        clone = self.scratch / "clone"
        self.git("clone", "--quiet", str(self.bare), str(clone))
        (clone / path).write_text((clone / path).read_text().replace(old, new))
        self.git("commit", "--quiet", "--all", "--message", "Edit", folder=clone)
        self.git("push", "--quiet", "origin", "main", folder=clone)
        shutil.rmtree(clone)

    def run(self, *arguments: str, source: str = SOURCE) -> subprocess.CompletedProcess[str]:
        """Run the script in a shallow checkout without a branch, as CI systems make it."""
        checkout = self.scratch / "checkout"
        shutil.rmtree(checkout, ignore_errors=True)
        self.git("clone", "--quiet", "--depth=1", f"file://{self.bare}", str(checkout))
        self.git("checkout", "--quiet", "--detach", folder=checkout)
        environment = {
            "PATH": os.pathsep.join([str(self.scratch), os.environ["PATH"]]),
            "PYTHONPATH": os.environ.get("PYTHONPATH", ""),
            "HOME": str(self.scratch),
            "LOG": str(self.log),
            "PLATFORM_NEW_SOURCE": source,
        }
        command = ["sh", SCRIPT, *arguments]
        return subprocess.run(command, cwd=checkout, env=environment, capture_output=True, text=True, check=False)

    @property
    def branches(self) -> list[str]:
        """The branches on the remote."""
        return self.git("branch", "--format=%(refname:short)", folder=self.bare).splitlines()


@pytest.fixture(scope="module")
def generated(tmp_path_factory) -> Path:
    """A repository whose CI has the script, which is one file for all systems."""
    folder = tmp_path_factory.mktemp("generated") / "acme"
    choices = load_catalog().axes["ci"].choices
    (ci, *_) = (name for name, choice in choices.items() if SCRIPT in {file.pattern for file in choice.files})
    platform = Platform(name="acme", orchestrator="none", ci=ci)
    flow.create(folder, Spec(platform=platform, sources=(sample_source("shop"),)))
    return folder


@pytest.fixture
def remote(generated, tmp_path) -> Remote:
    """The repository on a remote."""
    return Remote(generated, tmp_path)


def test_without_changes_nothing_is_pushed(remote):
    done = remote.run()
    assert (done.returncode, remote.branches) == (0, ["main"]), done.stderr
    assert remote.log.read_text().splitlines() == ["tool", "install", f"platform-new @ {SOURCE}"]


def test_changes_are_pushed_once_with_the_options_of_the_system(remote):
    hook = remote.bare / "hooks/pre-receive"
    hook.write_text(f'#!/bin/sh\nprintf "%s\\n" "$GIT_PUSH_OPTION_0" >> {remote.scratch}/options\n')
    hook.chmod(0o755)
    remote.change("platform.yml", "modeling: star", "modeling: obt")
    (remote.scratch / "options").unlink()
    done = remote.run("--push-option=merge_request.create")
    assert done.returncode == 0, done.stdout + done.stderr
    assert remote.branches == ["main", BRANCH]
    changed = remote.git("diff", "--name-only", "main", BRANCH, folder=remote.bare)
    assert "transform/models/marts/obt_orders.sql" in changed
    again = remote.run()
    assert again.returncode == 0 and "already proposed" in again.stdout
    assert (remote.scratch / "options").read_text() == "merge_request.create\n"


def test_conflicts_fail_with_what_to_do_and_push_nothing(remote):
    remote.change("platform.yml", "modeling: star", "modeling: obt")
    remote.change("README.md", "\n", " ours\n")
    done = remote.run()
    assert (done.returncode, remote.branches) == (1, ["main"])
    assert "README.md: conflict" in done.stderr and "The update cannot be automatic" in done.stderr


def test_an_invalid_spec_fails_with_its_line(remote):
    remote.change("platform.yml", "modeling:", "modelling:")
    done = remote.run()
    assert (done.returncode, remote.branches) == (2, ["main"])
    assert "platform.yml:" in done.stdout


@pytest.mark.parametrize(
    "source",
    [
        "platform-new",
        "git+https://git.acme.example/data/platform-new@main",
        f"{SOURCE} evil",
        f"evil\n{SOURCE}",
        f"{SOURCE}\n",
        f"git+http://git.acme.example/x@{'0a' * 20}",
    ],
)
def test_only_a_pinned_commit_is_installed(remote, source):
    done = remote.run(source=source)
    assert done.returncode == 1 and "PLATFORM_NEW_SOURCE must be" in done.stderr
    assert not remote.log.exists()
