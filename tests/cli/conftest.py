"""The command line as users run it: in an empty folder, without the tester's own environment variables."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest

from platform_new.cli import main


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture
def here(tmp_path, monkeypatch):
    """An empty folder, which is the working directory."""
    for name in [*os.environ]:
        if name.startswith("PLATFORM_NEW_"):
            monkeypatch.delenv(name)
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    return folder


@pytest.fixture
def run(here, capsys):
    """A function that runs a command line, given as one string or as arguments."""

    def run(*words: str) -> Outcome:
        arguments = words[0].split() if len(words) == 1 else list(words)
        capsys.readouterr()
        code = main(arguments)
        printed = capsys.readouterr()
        return Outcome(code, printed.out, printed.err)

    return run


@pytest.fixture
def repository(here, run, monkeypatch):
    """A generated repository from the sample, which is the working directory."""
    assert run("acme --yes --no-git").code == 0
    monkeypatch.chdir(here / "acme")
    return here / "acme"
