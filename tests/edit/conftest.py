"""Generated repositories for the tests of edits, and the command line run in them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from platform_new.cli import main

sys.path.insert(0, str(Path(__file__).parents[1] / "update"))
sys.path.insert(0, str(Path(__file__).parent))

from edited_source import SOURCE
from repositories import Repository, copy_of, make_repository


@dataclass(frozen=True)
class Outcome:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def generated(tmp_path_factory) -> Repository:
    """A generated repository; it is copied, never changed."""
    return make_repository(tmp_path_factory.mktemp("generated") / "acme", SOURCE)


@pytest.fixture
def repository(generated, tmp_path, monkeypatch) -> Repository:
    """A fresh copy of the generated repository, as the working directory."""
    copy = copy_of(generated, tmp_path / "acme")
    copy.git("reset", "--quiet", "--hard")
    monkeypatch.chdir(copy.folder)
    return copy


@pytest.fixture
def run(repository, capsys):
    """A function that runs a command line in the repository, given as one string or as arguments."""

    def run(*words: str) -> Outcome:
        capsys.readouterr()
        code = main(words[0].split() if len(words) == 1 else words)
        said = capsys.readouterr()
        assert "Traceback" not in said.err
        return Outcome(code, said.out, said.err)

    return run


@pytest.fixture
def refused(repository, run):
    """A function that runs a command line that must be refused with a hint and write nothing; returns its message."""

    def refused(*words: str) -> str:
        before = repository.snapshot(), repository.staged()
        outcome = run(*words)
        assert outcome.code == 2
        assert "→" in outcome.err
        assert "nothing was written" in outcome.err
        assert (repository.snapshot(), repository.staged()) == before
        return outcome.err

    return refused
