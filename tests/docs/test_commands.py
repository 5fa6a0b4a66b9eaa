"""The commands in the docs work as shown."""

from __future__ import annotations

import functools
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from environment import KEPT
from pages import PAGES, ROOT, Block, blocks, name_of

from platform_new.cli.app import COMMANDS, CREATE

SESSIONS = [page for page in PAGES if any(block.language == "sh" for block in blocks(page))]
LONG = {"docs/changing-the-spec.md", "docs/fleet.md", "docs/from-a-database.md", "docs/refresh.md"}
"""Pages with many commands that other tests run as well."""
LANGUAGES = {"sh", "console", "text", "yaml", "python", "sql", "mermaid"}
OWN_TARGETS = re.compile(r"^([a-z-]+%?):.*##", re.MULTILINE)
FLAG = re.compile(r"(?<![\w-])(--[a-z][a-z-]*)")


@pytest.mark.proof
@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, id=name_of(page), marks=[pytest.mark.exhaustive] * (name_of(page) in LONG))
        for page in SESSIONS
    ],
)
def test_the_commands_of_a_page_run(page: Path, tmp_path: Path):
    """All `sh` blocks of a page run as one session in an empty folder; excerpts come from files that it created."""
    shown = blocks(page)
    script = "set -euo pipefail\n" + "\n".join(block.text for block in shown if block.language == "sh")
    done = run(script, tmp_path)
    assert done.returncode == 0, f"{script}\n{done.stdout}"
    for block in shown:
        if block.file:
            assert block.text in (tmp_path / block.file).read_text(encoding="utf-8")


def run(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script in bash as a user would, with this project's tool on the PATH and no extra variables."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=environment,
        text=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )


def console_lines() -> list[tuple[str, str]]:
    """Every typed line of the blocks that are not run, with its page name."""
    return [
        (name_of(page), line.removeprefix("$ ").partition("  #")[0].rstrip())
        for page in PAGES
        for block in blocks(page)
        if block.language == "console"
        for line in block.text.splitlines()
        if line.startswith("$ ")
    ]


@functools.cache
def flags_of(command: str) -> frozenset[str]:
    """The flags that the help of a command shows."""
    return frozenset(FLAG.findall(run(f"platform-new {command} --help", ROOT).stdout))


@pytest.mark.parametrize(("page", "line"), [pair for pair in console_lines() if " platform-new " in f" {pair[1]}"])
def test_commands_that_are_only_shown_use_flags_that_exist(page: str, line: str):
    word, *rest = line.partition("platform-new ")[2].split()
    command = " ".join([word, *rest[: word == "add"]]) if word in COMMANDS else CREATE
    assert set(FLAG.findall(line)) <= flags_of(command)


@pytest.mark.parametrize(("page", "line"), [pair for pair in console_lines() if pair[1].startswith("make ")])
def test_targets_that_are_only_shown_exist(page: str, line: str):
    makefiles = [ROOT / "Makefile", *(ROOT / "template").rglob("Makefile*"), *(ROOT / "template").rglob("*.mk*")]
    known = {target for path in makefiles for target in OWN_TARGETS.findall(path.read_text(encoding="utf-8"))}
    target = line.split()[1]
    assert any(fnmatch(target, each.replace("%", "?*")) for each in known)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_block_says_what_it_is(page: Path):
    unknown = {block.language for block in blocks(page)} - LANGUAGES
    assert not unknown
    assert all(is_shown(block) for block in blocks(page) if block.language == "console")


def is_shown(block: Block) -> bool:
    """Whether each line of a block that is not run starts with a prompt."""
    return all(line.startswith("$ ") for line in block.text.splitlines())
