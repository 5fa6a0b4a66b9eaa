"""The four tools that update a generated repository, each used as its documentation says."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from repositories import Repository

from platform_new import __version__
from platform_new.merge import baseline

from .project import Answer, Version

HERE = Path(__file__).parent
WARNING = re.compile(r"error|conflict|reject|skip|warn", re.IGNORECASE)
GIT = """\
[user]
    name = Team
    email = team@acme.example
[commit]
    gpgsign = false
[init]
    defaultBranch = main
[advice]
    detachedHead = false
"""
SPEC = "name: acme\n"


class Engine:
    """A tool that generates and updates a repository; `aside` is its own folder outside the repository."""

    name = ""
    record = ""
    """The update record: the file in the repository that stores what it was generated from."""
    package = ""
    """A part of the path of its own code, if it is a Python program."""

    def __init__(self, aside: Path, environment: Path):
        self.aside, self.environment = aside, environment
        self.home, self.template = aside / "home", Repository(aside / "template")
        self.home.mkdir(parents=True)
        (self.home / ".gitconfig").write_text(GIT)

    def start(self, top: Path, prefix: str, version: Version) -> None:
        """Generate the first version of the repository, as one commit."""
        raise NotImplementedError

    def publish(self, version: Version) -> None:
        """Make this the template's latest version."""
        raise NotImplementedError

    def script(self, folder: Path) -> list[str]:
        """The script of the update, with its arguments."""
        raise NotImplementedError

    def command(self, folder: Path, *before: str) -> list[str]:
        """The command of the update; `before` is a script that runs the script of the update."""
        return [str(self.environment / "bin/python"), *before, *self.script(folder)]

    def update(self, folder: Path) -> Answer:
        """Run the update in the folder of the project."""
        return self.run(self.command(folder), folder)

    def warnings(self, output: str) -> str:
        """The lines of the output about skipped changes."""
        return "\n".join(line for line in output.splitlines() if WARNING.search(line))

    def run(self, command: list[str], folder: Path) -> Answer:
        """Run a command with only the variables that it needs."""
        done = subprocess.run(
            command,
            cwd=folder,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            check=False,
        )
        return Answer(done.returncode, done.stdout)

    def variables(self) -> dict[str, str]:
        """The environment of the commands: a separate home folder, with a git identity."""
        path = f"{self.environment / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "HOME": str(self.home), "LC_ALL": "C.UTF-8", "TMPDIR": str(self.home), "NO_COLOR": "1"}

    def _generate(self, command: list[str]) -> None:
        answer = self.run([str(self.environment / "bin/python"), *command], self.aside)
        assert answer.code == 0, answer.output

    def _write(self, folder: Path, version: Version) -> None:
        """Replace the files of a folder by the version's, except for hidden files at its top level."""
        folder.mkdir(parents=True, exist_ok=True)
        for place in folder.iterdir():
            if not place.name.startswith("."):
                shutil.rmtree(place) if place.is_dir() else place.unlink()
        for path, text in version.texts.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(text.encode())
            place.chmod(0o755 if path in version.executable else 0o644)

    def _first_commit(self, top: Path) -> None:
        Repository(top).git("init", "--quiet", "--initial-branch=main")
        Repository(top).commit("Generate")

    def _release(self, version: Version, folder: str, around: Mapping[str, str]) -> None:
        """Commit and tag a version of the template: its files in a folder, and the files that the engine needs."""
        self._write(self.template.path(folder), version)
        for path, text in around.items():
            self.template.write(path, text)
        if not self.template.path(".git").exists():
            self.template.git("init", "--quiet", "--initial-branch=main")
        number = len(self.template.git("tag").split()) + 1
        self.template.git("add", "--all", "--force")
        self.template.commit(f"Version {number}")
        self.template.git("tag", f"v{number}.0.0")


class Ours(Engine):
    """`platform-new update`, with the case's files instead of rendered templates."""

    name = "platform-new"
    record = baseline.PATH
    package = "/platform_new/merge/"

    def __init__(self, aside: Path, environment: Path):
        super().__init__(aside, Path(sys.prefix))

    def start(self, top: Path, prefix: str, version: Version) -> None:
        self._write(top / prefix, version)
        base = top / prefix / baseline.PATH
        base.parent.mkdir()
        base.write_text(baseline.dump(baseline.Baseline(__version__, version.texts, version.executable)))
        (top / prefix / "platform.yml").write_text(SPEC)
        self._first_commit(top)

    def publish(self, version: Version) -> None:
        data = {"texts": dict(version.texts), "executable": sorted(version.executable), "moves": dict(version.moves)}
        (self.aside / "today.json").write_text(json.dumps(data))

    def script(self, folder: Path) -> list[str]:
        return [str(HERE / "ours.py"), str(self.aside / "today.json"), str(folder)]

    def warnings(self, output: str) -> str:
        groups = re.findall(r"^((?:deleted|orphaned): .*\n(?:  .*\n)*)", output, re.MULTILINE)
        return "".join(groups)


class Copier(Engine):
    """`copier update` from a template in git with a tag for each version."""

    name = "copier"
    record = ".copier-answers.yml"
    package = "/site-packages/copier/"
    conflict = "inline"

    def start(self, top: Path, prefix: str, version: Version) -> None:
        self.publish(version)
        self._generate([*self._program("copy"), str(self.template.folder), str(top / prefix)])
        self._first_commit(top)

    def publish(self, version: Version) -> None:
        questions = {"_subdirectory": "files", "name": {"type": "str", "default": "acme"}}
        if version.moves:
            # Copier has no moves; a migration can move the team's file first.
            moves = [f"mkdir -p $(dirname {new}) && git mv {old} {new}" for new, old in version.moves.items()]
            number = len(self.template.git("tag").split()) + 1
            questions["_migrations"] = [
                {"version": f"v{number}.0.0", "command": " && ".join(moves), "when": "{{ _stage == 'before' }}"}
            ]
        answers = "files/{{ _copier_conf.answers_file }}.jinja"
        around = {"copier.yml": json.dumps(questions), answers: "{{ _copier_answers|to_nice_yaml }}\n"}
        self._release(version, "files", around)

    def script(self, folder: Path) -> list[str]:
        return [*self._program("update"), "--conflict", self.conflict]

    def _program(self, verb: str) -> list[str]:
        return [str(self.environment / "bin/copier"), verb, "--defaults", "--trust"]


class CopierWithRejects(Copier):
    """The same, with conflicts in `.rej` files."""

    conflict = "rej"


class Cruft(Engine):
    """`cruft update` from a cookiecutter template in git."""

    name = "cruft"
    record = ".cruft.json"
    package = "/site-packages/cruft/"

    def start(self, top: Path, prefix: str, version: Version) -> None:
        self.publish(version)
        folder = top / prefix
        folder.parent.mkdir(parents=True, exist_ok=True)
        program = str(self.environment / "bin/cruft")
        name = json.dumps({"name": folder.name})
        options = ("--no-input", "--output-dir", str(folder.parent), "--extra-context", name)
        self._generate([program, "create", str(self.template.folder), *options])
        self._first_commit(top)

    def publish(self, version: Version) -> None:
        questions = {"name": "acme", "_copy_without_render": ["*"]}
        self._release(version, "{{cookiecutter.name}}", {"cookiecutter.json": json.dumps(questions)})

    def script(self, folder: Path) -> list[str]:
        return [str(self.environment / "bin/cruft"), "update", "-y"]


class Git(Engine):
    """`git pull` from a repository with one commit of generated files per version."""

    name = "git merge"

    def start(self, top: Path, prefix: str, version: Version) -> None:
        self.prefix = prefix
        self.publish(version)
        top.parent.mkdir(parents=True, exist_ok=True)
        Repository(top.parent).git("clone", "--quiet", str(self.template.folder), str(top))

    def publish(self, version: Version) -> None:
        self._release(version, self.prefix, {})

    def command(self, folder: Path, *before: str) -> list[str]:
        return ["git", "pull", "--no-rebase", "--no-edit", str(self.template.folder), "main"]


ENGINES = (Ours, Copier, Cruft, Git)
PEERS = ("copier==9.19.1", "cruft==2.16.0", "cookiecutter==2.7.1")
"""The versions in the table."""
