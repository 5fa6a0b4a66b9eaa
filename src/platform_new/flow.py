"""The flow: spec → plan → render → write, and from a folder back to its spec and plan.

Nothing here prints or prompts; long operations report through their `progress` argument.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from platform_new import __version__
from platform_new.catalog import Catalog, load_catalog
from platform_new.errors import Problem, Refused, writing_in
from platform_new.merge import repository
from platform_new.merge.update import FreshRender
from platform_new.plan import Plan, make_plan
from platform_new.spec.models import Spec

if TYPE_CHECKING:
    from platform_new.certify import Certificate

Progress = Callable[[str], None]


@dataclass(frozen=True)
class Created:
    """The result of `create`."""

    folder: Path
    files: int
    committed: bool


def load(folder: Path, catalog: Catalog | None = None) -> Spec:
    """Read the spec of a generated repository. Raises `Refused` with every problem found."""
    from platform_new.spec.load import load_spec

    return load_spec(folder, catalog or load_catalog())


def plan_for(spec: Spec, catalog: Catalog | None = None) -> Plan:
    """The plan of a spec. Raises `Refused` if it breaks a rule."""
    return make_plan(spec, catalog or load_catalog())


def check(folder: Path, progress: Progress = lambda _: None) -> list[Problem]:
    """The findings of `verify` in a generated repository; empty if all checks pass."""
    from platform_new.verify import check as verify

    return verify(folder, load_catalog(), progress)


def certify(folder: Path, rows: int, progress: Progress = lambda _: None) -> Certificate:
    """The certificate of a generated repository, with about `rows` rows per fact of its sample.

    Raises `Refused` if the warehouse has no stand-in, or nothing could be run.
    """
    from platform_new.certify import certify as run

    return run(folder, load_catalog(), rows, progress)


def render_current(folder: Path, progress: Progress = lambda _: None, catalog: Catalog | None = None) -> FreshRender:
    """Render the spec of a generated repository with the current templates. Raises `Refused` if the spec is invalid."""
    from platform_new.render import baseline_text, render

    catalog = catalog or load_catalog()
    spec = load(folder, catalog)
    plan = plan_for(spec, catalog)
    moves = {file.path: file.previous_paths for file in plan.files if file.previous_paths}
    progress(f"Rendering {len(plan.files)} files")
    return FreshRender(spec.platform.name, baseline_text(render(plan, catalog), plan, catalog), moves)


def create(
    folder: Path,
    spec: Spec,
    *,
    source_texts: Mapping[str, str] | None = None,
    git: bool = True,
    progress: Progress = lambda _: None,
    catalog: Catalog | None = None,
) -> Created:
    """Generate the repository of a spec into a folder that does not exist or is empty.

    `source_texts` are the texts of `sources/<name>.yml` that contain more than the spec (reasons as comments).
    Everything is generated in a sibling folder and moved into place at the end, so that no partial repository remains.
    Raises `Refused` if the folder is in use or the spec cannot be planned.
    """
    catalog = catalog or load_catalog()
    folder = folder.absolute()
    if problem := occupied(folder):
        raise Refused(problem)
    plan = plan_for(spec, catalog)
    in_repository = repository.is_inside_work_tree(_nearest_existing(folder.parent))
    with writing_in(folder.parent), _aside(folder) as aside:
        progress(f"Rendering {len(plan.files)} files")
        generate(plan, spec, catalog, aside, source_texts or {})
        committed = False
        if git and not in_repository:
            progress("Creating the first commit")
            committed = repository.commit_all(aside, f"Generate {spec.platform.name} with platform-new {__version__}")
        folder.parent.mkdir(parents=True, exist_ok=True)
        aside.rename(folder)
    return Created(folder, len(plan.files), committed)


def occupied(folder: Path) -> Problem | None:
    """Why a platform cannot be created in the folder: a file has its name, or the folder is not empty."""
    if folder.is_dir() and any(folder.iterdir()):
        hint = "choose another name, or empty the folder"
        return Problem("the folder exists and is not empty", hint, value=str(folder))
    if folder.exists() and not folder.is_dir():
        return Problem("a file with this name exists", "choose another name, or move the file", value=str(folder))
    return None


def generate(plan: Plan, spec: Spec, catalog: Catalog, folder: Path, source_texts: Mapping[str, str]) -> None:
    """Write everything in a repository: the planned files, the spec, its schemas and the baseline."""
    from platform_new.render import companions, render

    texts = render(plan, catalog, folder)
    for path, text in companions(texts, plan, spec, catalog, source_texts).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="\n")


def _nearest_existing(folder: Path) -> Path:
    return next(parent for parent in (folder, *folder.parents) if parent.exists())


@contextlib.contextmanager
def _aside(folder: Path) -> Iterator[Path]:
    """A temporary folder on the file system of `folder`, always removed at the end."""
    parent = _nearest_existing(folder.parent)
    _sweep(parent)
    aside = Path(tempfile.mkdtemp(prefix=f".platform-new-{os.getpid()}-", dir=parent))
    try:
        inner = aside / folder.name
        inner.mkdir()
        yield inner
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _sweep(parent: Path) -> None:
    """Remove the temporary folders of killed processes."""
    for leftover in parent.glob(".platform-new-*-*"):
        pid = leftover.name.split("-")[2]
        if pid.isdigit() and not _alive(int(pid)):
            shutil.rmtree(leftover, ignore_errors=True)


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
