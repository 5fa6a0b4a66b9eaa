"""The findings about one generated repository."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from platform_new.catalog import Catalog
from platform_new.errors import Problem, Refused
from platform_new.merge import baseline
from platform_new.plan import Plan, make_plan
from platform_new.spec.load import load_spec

OUTPUT_LINES = 30
"""The number of output lines of a failing command that a finding shows."""
STEP = "» "
"""How a line begins with which the repository's Makefile announces a step."""


def check(folder: Path, catalog: Catalog, progress: Callable[[str], None]) -> list[Problem]:
    """Every finding in the repository in `folder`, each with a hint; an empty list if all checks pass.

    Runs the repository's own `make check`, which parses the dbt project, imports the DAGs and lints the contracts,
    in the environment that the repository's `make setup` creates.
    """
    progress("Reading the spec")
    try:
        spec = load_spec(folder, catalog)
        plan = make_plan(spec, catalog)
    except Refused as refusal:
        return list(refusal.problems)
    progress("Comparing the files with the plan")
    findings = [*_missing(folder, plan), *_stale(folder, plan)]
    progress("Running the repository's own checks")
    return [*findings, *_own_checks(folder, progress)]


def _missing(folder: Path, plan: Plan) -> Iterator[Problem]:
    for file in plan.files:
        if not (folder / file.path).is_file():
            yield Problem(
                f"the file is planned ({file.because}) but missing",
                "restore it, or exclude what it is generated for",
                file.path,
            )


def _stale(folder: Path, plan: Plan) -> Iterator[Problem]:
    """Generated files that the plan no longer has."""
    base = folder / baseline.PATH
    if not base.is_file():
        yield Problem("the baseline is missing", f"restore it: git checkout HEAD -- {baseline.PATH}", baseline.PATH)
        return
    try:
        texts = baseline.parse(base.read_text(encoding="utf-8")).texts
    except Refused as refusal:
        yield from refusal.problems
        return
    planned = {file.path for file in plan.files}
    for path in texts:
        if path not in planned and not path.startswith(".platform/") and (folder / path).is_file():
            yield Problem(
                "the file was generated, but is no longer in the plan",
                "delete it, or restore its entry in the spec",
                path,
            )


def _own_checks(folder: Path, progress: Callable[[str], None]) -> Iterator[Problem]:
    make = shutil.which("make")
    if make is None:
        yield Problem("`make` is not installed, so the repository's own checks did not run", "install make")
        return
    lines: list[str] = []
    with subprocess.Popen(
        [make, "--no-print-directory", "check"],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        stdin=subprocess.DEVNULL,
    ) as run:
        for line in run.stdout or ():
            lines.append(line.rstrip())
            if line.startswith(STEP):
                progress(f"Running the repository's own checks: {lines[-1].removeprefix(STEP)}")
    if run.returncode:
        tail = "\n".join(lines[-OUTPUT_LINES:])
        yield Problem(f"`make check` failed in the repository:\n{tail}", "fix the errors, then run `make check` again")
