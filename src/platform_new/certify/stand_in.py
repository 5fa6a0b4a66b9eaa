"""Stand-ins of warehouses: `template/warehouse/<choice>/_stand_in/`, and the environments in which they run.

The folder has `stand_in.yml` and modules that Python imports in every process of the environment, such as
`sitecustomize.py`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from platform_new.catalog import WAREHOUSE_AXIS, Catalog, Choice
from platform_new.catalog.cards import STAND_IN
from platform_new.errors import Problem, Refused
from platform_new.plan import Plan

CARD = "stand_in.yml"
DATA = "STAND_IN_DATA"
"""The variable with the folder in which a stand-in keeps its data."""
OUTPUT_LINES = 30


class StandIn(BaseModel):
    """The keys of `stand_in.yml`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    engine: str = Field(description="The package that stands in for the warehouse.")
    database: str = Field(description="The package of the database on which it runs.")
    requires: tuple[str, ...] = Field(description="Packages that it needs besides those of the repository.")
    replaces: tuple[str, ...] = Field((), description="Packages of the repository whose versions it does not accept.")
    variables: dict[str, str] = Field(description="Environment variables with which the repository reaches it.")
    not_shown: tuple[str, ...] = Field(description="What differs from the warehouse, as sentences.")


def stand_in_of(warehouse: Choice, catalog: Catalog) -> tuple[StandIn, Path]:
    """The stand-in of a warehouse, with its folder. Raises `Refused` if the warehouse has none."""
    folder = catalog.root / "template" / warehouse.layer / STAND_IN
    if not (folder / CARD).is_file():
        having = [name for name in catalog.axes[WAREHOUSE_AXIS].choices if _exists(name, catalog)]
        hint = f"run it on the warehouse itself: `make run DBT_TARGET=prod`; stand-ins exist for: {', '.join(having)}"
        raise Refused(Problem("this warehouse has no stand-in", hint, value=warehouse.name))
    return StandIn.model_validate(yaml.safe_load((folder / CARD).read_text(encoding="utf-8"))), folder


def _exists(name: str, catalog: Catalog) -> bool:
    return (catalog.root / "template" / WAREHOUSE_AXIS / name / STAND_IN / CARD).is_file()


def environment(stand_in: StandIn, plan: Plan, repository: Path, progress: Callable[[str], None]) -> Path:
    """The Python of an environment for the stand-in, which is created once for all repositories with such packages.

    Its other packages have the repository's versions, so that the sample is the same. Raises `Refused` with the output
    of the installer if that fails.
    """
    wanted = (*plan.requires.get("run", ()), *plan.requires.get("prod", ()))
    packages = [*_kept(wanted, stand_in), *stand_in.requires]
    locked = repository / "constraints.txt"
    constraints = _kept(locked.read_text(encoding="utf-8").splitlines(), stand_in) if locked.is_file() else []
    digest = hashlib.sha256(json.dumps([sys.version_info[:2], packages, constraints]).encode()).hexdigest()[:12]
    folder = _cache() / f"{stand_in.engine}-{digest}"
    python, stamp = folder / "bin" / "python", folder / "installed"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with _locked(folder.with_suffix(".lock")):
        if not stamp.is_file():
            progress(f"Installing {stand_in.engine}, once")
            _install(folder, python, packages, constraints)
            stamp.touch()
    return python


def _kept(packages: Iterable[str], stand_in: StandIn) -> list[str]:
    """The packages, without those of which the stand-in needs another version."""
    return [package for package in packages if re.split(r"[^\w.-]", package)[0] not in stand_in.replaces]


def versions(python: Path, packages: Sequence[str]) -> dict[str, str]:
    """The versions of packages in an environment."""
    program = "import importlib.metadata as m, json, sys; print(json.dumps({n: m.version(n) for n in sys.argv[1:]}))"
    done = subprocess.run([python, "-c", program, *packages], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def _install(folder: Path, python: Path, packages: Sequence[str], constraints: Sequence[str]) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    versions = folder.with_suffix(".txt")
    versions.write_text("\n".join(constraints), encoding="utf-8")
    asked = ["--constraint", versions, *packages]
    if uv := shutil.which("uv"):
        steps = [
            [uv, "venv", "--python", sys.executable, folder],
            [uv, "pip", "install", "--python", python, *asked],
        ]
    else:
        steps = [[sys.executable, "-m", "venv", folder], [python, "-m", "pip", "install", *asked]]
    for step in steps:
        done = subprocess.run(step, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        if done.returncode:
            tail = "\n".join(done.stdout.splitlines()[-OUTPUT_LINES:])
            raise Refused(Problem(f"the stand-in could not be installed:\n{tail}", "check the network, then try again"))


def _cache() -> Path:
    own = os.environ.get("XDG_CACHE_HOME")
    return (Path(own) if own else Path.home() / ".cache") / "platform-new" / "stand-ins"


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
