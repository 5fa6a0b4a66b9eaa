"""Installed as people install it: from a wheel, in an environment that holds nothing else."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import environment as environments
import pytest

from platform_new import flow
from platform_new.catalog import SOURCE_AXIS, load_catalog
from platform_new.samples import sample_source
from platform_new.spec.models import Column, Platform, Source, Spec, Table

pytestmark = [pytest.mark.proof, pytest.mark.xdist_group("packaging")]
ROOT = Path(__file__).parents[2]
UV = shutil.which("uv")
CATALOG = load_catalog()


def run(*command: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    """Run a command with a clean environment; its output is what fails the test."""
    done = subprocess.run(command, cwd=cwd, env=environments.clean(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done


@pytest.fixture(scope="module")
def checkout(tmp_path_factory) -> Path:
    """This repository as somebody would clone it, with what is not committed yet."""
    folder = tmp_path_factory.mktemp("checkout") / "platform-new"
    listed = run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=ROOT).stdout.split("\0")
    for path in filter(None, listed):
        if (ROOT / path).is_file() and not path.startswith("tests/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
    run("git", "init", "--quiet", cwd=folder)
    run("git", "add", "--all", cwd=folder)
    identity = ("-c", "user.name=somebody", "-c", "user.email=somebody@example.com")
    run("git", *identity, "commit", "--quiet", "--message", "All", cwd=folder)
    return folder


@pytest.fixture(scope="module")
def wheel(checkout: Path, tmp_path_factory) -> Path:
    """The wheel, built from the checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build = [UV, "build", "--quiet"] if UV else [sys.executable, "-m", "build"]
    run(*build, "--wheel", f"--out-dir={folder}" if UV else f"--outdir={folder}", cwd=checkout)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def programs(wheel: Path, tmp_path_factory) -> Path:
    """The folder of the programs of an environment into which only the wheel was installed."""
    folder = tmp_path_factory.mktemp("installed") / "venv"
    run(sys.executable, "-m", "venv", folder, cwd=folder.parent)
    python = folder / "bin/python"
    install = [UV, "pip", "install", "--python", python] if UV else [python, "-m", "pip", "install"]
    run(*install, "--quiet", wheel, cwd=folder.parent)
    return folder / "bin"


@pytest.fixture(scope="module")
def generated(programs: Path, tmp_path_factory) -> Path:
    """What the installed program generates, called in a folder that has nothing to do with it."""
    folder = tmp_path_factory.mktemp("somewhere")
    run(programs / "platform-new", "acme", "--sample", "shop", "--yes", "--no-git", cwd=folder)
    return folder / "acme"


@pytest.fixture(scope="module")
def copied(programs: Path, checkout: Path, tmp_path_factory) -> Path:
    """What copier makes of the checkout, for those who know copier."""
    folder = tmp_path_factory.mktemp("elsewhere")
    run(programs / "copier", "copy", "--trust", "--defaults", "--quiet", checkout, "acme", cwd=folder)
    return folder / "acme"


def test_the_wheel_holds_every_template_and_nothing_that_was_left_lying_about(wheel, checkout):
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if name.startswith("platform_new/_template/")}
    listed = run("git", "ls-files", "-z", "template", "copier.yml", cwd=checkout).stdout.split("\0")
    assert inside == {f"platform_new/_template/{path}" for path in listed if path}


def test_executable_templates_are_executable_when_installed(programs):
    site = next(programs.parent.glob("lib/python*/site-packages/platform_new/_template"))
    for path in (ROOT / "template").rglob("*"):
        if path.is_file() and ".ruff_cache" not in path.parts and "__pycache__" not in path.parts:
            assert os.access(site / path.relative_to(ROOT), os.X_OK) == os.access(path, os.X_OK), path


@pytest.mark.parametrize(
    "warehouse",
    [
        pytest.param(name, marks=[] if name == CATALOG.axes["warehouse"].default else [pytest.mark.exhaustive])
        for name in CATALOG.axes["warehouse"].choices
    ],
)
def test_the_installed_program_makes_a_platform_that_runs_green(programs, tmp_path, warehouse):
    run(
        programs / "platform-new",
        "acme",
        "--sample",
        "shop",
        "--warehouse",
        warehouse,
        "--yes",
        "--no-git",
        cwd=tmp_path,
    )
    assert_runs_green(tmp_path / "acme")


@pytest.mark.exhaustive
def test_each_kind_of_source_brings_what_its_reader_needs(tmp_path):
    """One platform with a source of each kind, in the environment that its `make run` makes."""
    kinds, column = CATALOG.axes[SOURCE_AXIS].choices, Column(name="id", type="bigint")
    of_tables = [name for name, kind in kinds.items() if not kind.carries_events]
    sources = [
        Source(name=name, kind=name, tables=(Table(name=f"of_{name}", columns=(column,)),)) for name in of_tables
    ]
    spec = Spec(platform=Platform(name="acme"), sources=tuple(sources), event_sources=(sample_source("sensors"),))
    flow.create(tmp_path / "acme", spec, git=False)

    assert environments.run_make(tmp_path / "acme", ".venv/installed-run").returncode == 0
    readers = ", ".join(f"ingest.read_{kind}" for kind in kinds)
    run(tmp_path / "acme/.venv/bin/python", "-c", f"import {readers}", cwd=tmp_path / "acme")


def test_what_copier_makes_is_what_the_program_makes(copied, generated):
    texts = [
        {
            path.relative_to(folder).as_posix(): (path.read_bytes(), os.access(path, os.X_OK))
            for path in folder.rglob("*")
            if path.is_file() and not {"data", ".venv", "target", "logs", "__pycache__"} & set(path.parts)
        }
        for folder in (copied, generated)
    ]
    assert texts[0].keys() == texts[1].keys()
    assert {path for path, text in texts[0].items() if text != texts[1][path]} == set()


@pytest.mark.exhaustive
def test_what_copier_makes_runs_green(copied):
    assert_runs_green(copied)


def assert_runs_green(folder: Path) -> None:
    """As after a fresh clone: with no environment but the one that `make run` makes itself."""
    done = environments.run_make(folder, "run")
    assert done.returncode == 0, done.stdout
    assert json.loads((folder / "data/last_run.json").read_text())["ok"]
