"""A shared environment for all generated repositories in the tests, so that none installs its own.

The Makefile of a generated repository creates it in `.cache/platform-env`, and recreates it when that repository needs
other versions.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from platform_new import flow
from platform_new.catalog import load_catalog
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Source, Spec

UV = shutil.which("uv", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
"""uv, as this project's tests install it."""
FILES = ("Makefile", "pyproject.toml", "constraints.txt")
STREAMS_NEED = ("java", "mvn")
STREAM_FILES = (
    "stream/requirements.txt",
    *(f"stream/jars/{jars}/{file}" for jars in ("spark", "kafka") for file in ("pom.xml", "sha256")),
)
STREAM_STAMPS = (".venv-stream/installed", ".jars/spark/fetched", ".jars/kafka/fetched")
STREAM_PARTS = (".venv-stream", ".jars")
"""Shared by the repositories with streams."""
CLASSES = "classes.jsa"
WARMING = "test_metrics.py"
"""Tests of a generated repository that load the classes of most jobs."""
KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "UV_CACHE_DIR",
    "UV_INDEX_URL",
    "UV_DEFAULT_INDEX",
    "PIP_INDEX_URL",
    "SSL_CERT_FILE",
    "NODE_EXTRA_CA_CERTS",
    "SPARK_SUBMIT_OPTS",
    "PYSPARK_SUBMIT_ARGS",
)


def shared_environment(cache: Path) -> Path:
    """The virtual environment with every dependency group of a repository that has every kind of source.

    Raises `RuntimeError` with the output of the installation if that fails.
    """
    repository = cache / "platform-env"
    repository.mkdir(parents=True, exist_ok=True)
    with _locked(cache / "platform-env.lock"), tempfile.TemporaryDirectory() as scratch:
        spec = _every_kind()
        flow.create(Path(scratch) / "every", spec, git=False)
        for name in FILES:
            _write_if_different(repository / name, (Path(scratch) / "every" / name).read_text(encoding="utf-8"))
        stamps = [f".venv/installed-{group}" for group in flow.plan_for(spec).requires]
        done = run_make(repository, *stamps, env=with_uv(cache))
        if done.returncode:
            raise RuntimeError(f"cannot create the environment of the generated repositories:\n{done.stdout}")
        _install_other_choices(repository)
    return repository / ".venv"


def _install_other_choices(repository: Path) -> None:
    """Install the packages of all orchestrators and warehouses, since a repository has those of one of each."""
    groups = {"orchestrator": "orchestrate", "warehouse": "prod"}
    axes = load_catalog().axes
    choices = [(choice, groups[axis]) for axis in groups for choice in axes[axis].choices.values()]
    packages = sorted({package for choice, group in choices for package in choice.requires.get(group, ())})
    installed = repository / ".venv" / "installed-choices"
    content = "\n".join([*packages, (repository / "constraints.txt").read_text(encoding="utf-8")])
    if installed.exists() and installed.read_text(encoding="utf-8") == content:
        return
    constraints = ("--constraint", repository / "constraints.txt")
    command = [*install_into(repository / ".venv"), *constraints, *packages]
    done = subprocess.run(command, env=clean(), capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"cannot install the packages of all choices:\n{done.stderr}")
    installed.write_text(content, encoding="utf-8")


def dbt_environment(cache: Path, adapter: str) -> Path | None:
    """A virtual environment with dbt, in the repositories' version, and one adapter; None if it cannot be installed."""
    folder = cache / adapter
    packages = [package for layer in load_catalog().layers for package in layer.requires.get("run", ())]
    core = next(package for package in packages if package.startswith("dbt-core"))
    cache.mkdir(exist_ok=True)
    with _locked(cache / f"{adapter}.lock"):
        if not (folder / "bin/dbt").exists():
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            install = [*install_into(folder), core, adapter]
            if subprocess.run(install, env=clean(), check=False).returncode:
                shutil.rmtree(folder)
                return None
    return folder


def node_environment(cache: Path, package: str) -> Path | None:
    """A folder in which Node finds a package of npm; None if it cannot be installed.

    Scripts of packages do not run.
    """
    npm = shutil.which("npm")
    folder = cache / package.strip("@").replace("/", "-")
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"):
        if npm and not (folder / "installed").exists():
            quietly = ["--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1"]
            install = [npm, "install", *quietly, "--prefix", folder, package]
            with contextlib.suppress(subprocess.TimeoutExpired):
                if not subprocess.run(install, env=clean(), check=False, timeout=600).returncode:
                    (folder / "installed").touch()
    return folder if (folder / "installed").exists() else None


def stream_environment(cache: Path) -> Path:
    """The folder with `.venv-stream` and `.jars`, created by the Makefile of a repository with streams.

    Raises `RuntimeError` with the output of the installation if that fails.
    """
    folder = cache.resolve() / "stream-env"
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder / "lock"), tempfile.TemporaryDirectory() as scratch:
        repository = flow.create(Path(scratch) / "every", sample_streams("every"), git=False).folder
        for name in ("Makefile", "pyproject.toml", "stream/stream.mk", *STREAM_FILES):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            _write_if_different(folder / name, (repository / name).read_text(encoding="utf-8"))
        done = run_make(folder, *STREAM_STAMPS, env=with_uv(cache))
        if done.returncode:
            raise RuntimeError(f"cannot create the environment of the streams:\n{done.stdout}")
    return folder


def quick(folder: Path) -> dict[str, str]:
    """The variables that make Spark start fast; `folder` is the streams' environment.

    A short job spends most of its time on loading classes, compiling them twice, and generating code for queries of a
    few rows, which only pays off in long jobs. So Java archives the classes that some tests load, and maps the archive
    into memory later. Raises `RuntimeError` with the output of those tests if they fail.
    """
    classes = folder / CLASSES
    with _locked(folder / "lock"), tempfile.TemporaryDirectory() as scratch:
        made = max((folder / stamp).stat().st_mtime for stamp in STREAM_STAMPS)
        if not classes.exists() or classes.stat().st_mtime < made:
            _write_classes(classes, flow.create(Path(scratch) / "every", sample_streams("every"), git=False).folder)
    simple = ("codegen.wholeStage=false", "codegen.factoryMode=NO_CODEGEN", "adaptive.enabled=false")
    return {
        "SPARK_SUBMIT_OPTS": f"-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m -XX:SharedArchiveFile={classes}",
        "PYSPARK_SUBMIT_ARGS": " ".join([*(f"--conf spark.sql.{each}" for each in simple), "pyspark-shell"]),
    }


WITH_CODE = {"PYSPARK_SUBMIT_ARGS": "pyspark-shell"}
"""For jobs with Spark's code generation, as in production."""


def _write_classes(classes: Path, repository: Path) -> None:
    for name in STREAM_PARTS:
        (repository / name).symlink_to(classes.parent / name)
    classes.unlink(missing_ok=True)
    done = subprocess.run(
        [repository / ".venv-stream/bin/python", "-m", "pytest", "-s", f"stream/tests/{WARMING}"],
        cwd=repository,
        env=clean({"SPARK_SUBMIT_OPTS": f"-XX:ArchiveClassesAtExit={classes}"}),
        stdin=subprocess.DEVNULL,
        # Java writes the archive after Python has exited; reading the output to its end waits for both.
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"cannot archive the classes of the streams:\n{done.stdout}")


def sample_streams(name: str) -> Spec:
    """A platform with the sample shop and the events of its web site."""
    platform = Platform(name=name, processing="streaming")
    return Spec(platform=platform, sources=(sample_source("shop"),), event_sources=(sample_source("web"),))


def make(
    environment: Path, folder: Path, *targets: str, env: Mapping[str, str] | None = None, before: Sequence[str] = ()
):
    """Run `make` in a generated repository, with `environment` as its `.venv`.

    The environment has only the harmless variables of this process and those in `env`. `before` is a command prefix,
    such as `unshare`. The output, including errors, is in the result's `stdout`, and printed on failure.
    """
    if not os.path.lexists(folder / ".venv"):
        (folder / ".venv").symlink_to(environment)
    # Makes the environment's stamps count as newer than this repository's files.
    done = run_make(folder, "-o", "pyproject.toml", "-o", "constraints.txt", *targets, env=env, before=before)
    if done.returncode:
        print(f"make {' '.join(targets)} in {folder}: exit {done.returncode}\n{done.stdout}")
    return done


def run_make(
    folder: Path, *arguments: str, env: Mapping[str, str] | None = None, before: Sequence[str] = ()
) -> subprocess.CompletedProcess[str]:
    """Run `make` with these arguments and a clean environment."""
    return subprocess.run(
        [*before, "make", "--no-print-directory", *arguments],
        cwd=folder,
        env=clean(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def clean(env: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a command: the harmless variables of this process (no address, no choice), and `env`."""
    return {name: os.environ[name] for name in KEPT if name in os.environ} | dict(env or {})


@contextlib.contextmanager
def _locked(file: Path) -> Iterator[None]:
    """Wait until no other process holds the lock of the file, and hold it."""
    with open(file, "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install_into(environment: Path) -> list[str | Path]:
    """The command that installs the packages that follow it; an environment that uv created has no pip."""
    python = environment / "bin/python"
    if UV:
        return [UV, "pip", "install", "--quiet", "--python", python]
    return [python, "-m", "pip", "install", "--quiet"]


def with_uv(cache: Path) -> dict[str, str]:
    """A `PATH` on which Makefiles find uv, which installs much faster than pip; not the other programs of the tests."""
    tools = cache.resolve() / "tools"
    tools.mkdir(parents=True, exist_ok=True)
    if UV and not (tools / "uv").exists():
        with contextlib.suppress(FileExistsError):
            (tools / "uv").symlink_to(UV)
    return {"PATH": f"{os.environ['PATH']}{os.pathsep}{tools}"}


def _every_kind() -> Spec:
    """A platform with a source of every kind and streams with joins, which together need every package."""
    column = {"name": "id", "type": "bigint", "required": True}
    kinds = load_catalog().axes["source"].choices
    several = {axis.name: tuple(axis.choices) for axis in load_catalog().questions if axis.many}
    sources = (
        Source.model_validate(
            {"name": kind, "kind": kind, "tables": [{"name": f"of_{kind}", "key": ["id"], "columns": [column]}]}
        )
        for kind in kinds
    )
    return Spec(
        platform=Platform(
            name="every", warehouse="postgres", orchestrator="airflow", processing="streaming", **several
        ),
        sources=(*sources, sample_source("shop")),
        event_sources=(sample_source("web"),),
    )


def _write_if_different(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.write_text(text, encoding="utf-8")
