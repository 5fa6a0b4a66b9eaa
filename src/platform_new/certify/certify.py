"""Runs the sample of a platform on its local warehouse and on a stand-in, and compares the marts."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from platform_new.catalog import WAREHOUSE_AXIS, Catalog
from platform_new.certify.compare import Comparison, compare
from platform_new.certify.stand_in import DATA, StandIn, environment, stand_in_of, versions
from platform_new.errors import Problem, Refused
from platform_new.plan import Plan, make_plan
from platform_new.spec.load import load_spec

LOCAL, PRODUCTION = "local", "prod"
LEFT_OUT = (".git", ".env", ".venv*", ".jars", "data", "target", "logs", "node_modules", "__pycache__")
QUIET = {
    "DO_NOT_TRACK": "1",
    "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "PYTHONWARNINGS": "ignore",
    "NO_COLOR": "1",
}
OUTPUT_LINES = 30
EXPORT = Path(__file__).with_name("export.py")


@dataclass(frozen=True)
class Model:
    """A model or snapshot on the stand-in: how dbt's build of it ended, and its tests by outcome."""

    name: str
    status: str
    tests: Mapping[str, int]

    @property
    def is_green(self) -> bool:
        """Whether it was built and all its tests passed."""
        return self.status == "success" and not self.tests.keys() - {"pass"}


@dataclass(frozen=True)
class Certificate:
    """What was run on a stand-in, and what came of it.

    `versions` are those of the engine, its database and the packages that write. `output` is the end of the output of a
    run that failed; then the marts were not compared.
    """

    platform: str
    modeling: str
    warehouse: str
    stand_in: StandIn
    versions: Mapping[str, str]
    day: date
    rows: int
    models: tuple[Model, ...]
    marts: tuple[Comparison, ...]
    output: str

    @property
    def holds(self) -> bool:
        """Whether everything was built, every test passed, and every mart is equal."""
        green = bool(self.models) and all(model.is_green for model in self.models)
        return green and not self.output and all(mart.is_equal for mart in self.marts)


def certify(folder: Path, catalog: Catalog, rows: int, progress: Callable[[str], None]) -> Certificate:
    """Certify the repository in `folder`, whose files and data stay as they are.

    `rows` is about how many rows each fact of the sample has. Raises `Refused` if the warehouse has no stand-in, if an
    environment cannot be installed, or if the local run fails.
    """
    plan = make_plan(load_spec(folder, catalog), catalog)
    warehouse = plan.choices[WAREHOUSE_AXIS]
    stand_in, modules = stand_in_of(warehouse, catalog)
    python = environment(stand_in, plan, folder, progress)
    own = _own_environment(folder, progress)
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "repository"
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(*LEFT_OUT), symlinks=True)
        run = _Runs(copy, rows, [mart.name for mart in plan.marts], progress)
        local, output = run.on(own, LOCAL, "the local warehouse", {})
        if output:
            raise Refused(Problem(f"the sample does not run here:\n{output}", "run `make run`, and mend that first"))
        # What dbt left there is of the local run.
        shutil.rmtree(copy / "transform" / "target", ignore_errors=True)
        extra = {**stand_in.variables, "PYTHONPATH": str(modules), DATA: str(Path(place) / "data")}
        Path(extra[DATA]).mkdir()
        emulated, output = run.on(python, PRODUCTION, stand_in.engine, extra)
        marts = () if output else tuple(compare(mart.name, local, emulated) for mart in plan.marts)
        models = _models(copy / "transform" / "target")
    names = (stand_in.engine, stand_in.database, *_adapters(plan))
    return Certificate(
        plan.platform.name,
        plan.choices["modeling"].label,
        warehouse.label,
        stand_in,
        versions(python, names),
        date.today(),
        rows,
        models,
        marts,
        output,
    )


class _Runs:
    """Runs of a copy of the repository."""

    def __init__(self, copy: Path, rows: int, marts: Sequence[str], progress: Callable[[str], None]) -> None:
        self.copy, self.rows, self.marts, self.progress = copy, rows, marts, progress

    def on(self, python: Path, target: str, what: str, extra: Mapping[str, str]) -> tuple[Path, str]:
        """Load and build twice, and export the marts.

        Returns the folder of the exports, and the end of the output if a command failed.
        """
        exported = self.copy.parent / target
        exported.mkdir()
        # The second load merges, and records no new versions.
        for attempt in ("", ", again"):
            self.progress(f"Running the sample on {what}{attempt}")
            command = ["run.py", "--target", target, "--sample-rows", str(self.rows)]
            if output := self._fails(python, command, extra):
                return exported, output
        return exported, self._fails(python, [str(EXPORT), target, str(exported), *self.marts], extra)

    def _fails(self, python: Path, command: Sequence[str], extra: Mapping[str, str]) -> str:
        """The end of the output of a command if it fails; empty otherwise."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TMPDIR") if name in os.environ}
        paths = [str(self.copy), extra.get("PYTHONPATH", "")]
        env = kept | QUIET | dict(extra)
        env |= {
            "PYTHONPATH": os.pathsep.join(filter(None, paths)),
            "PLATFORM_ROOT": str(self.copy),
            "DBT_PROFILES_DIR": str(self.copy / "transform"),
            "DBT_PROJECT_DIR": str(self.copy / "transform"),
            "TZ": "UTC",
        }
        done = subprocess.run(
            [python, *command],
            cwd=self.copy,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        if not done.returncode:
            return ""
        return "\n".join(done.stdout.splitlines()[-OUTPUT_LINES:]) or f"exit code {done.returncode}"


def _own_environment(folder: Path, progress: Callable[[str], None]) -> Path:
    """The Python of the repository, which `make setup` installs if nothing else has."""
    python = folder.absolute() / ".venv" / "bin" / "python"
    if (folder / ".venv" / "installed-run").exists():
        return python
    progress("Setting up the repository")
    done = subprocess.run(
        ["make", "--no-print-directory", "setup"],
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    )
    if done.returncode:
        tail = "\n".join(done.stdout.splitlines()[-OUTPUT_LINES:])
        raise Refused(Problem(f"`make setup` failed in the repository:\n{tail}", "fix the errors, then try again"))
    return python


def _adapters(plan: Plan) -> list[str]:
    """The packages of dbt and dlt that write to the production warehouse."""
    names = (package.partition("==")[0] for package in plan.requires.get("prod", ()))
    return [*(name for name in names if name.startswith("dbt-")), "dlt"]


def _models(target: Path) -> tuple[Model, ...]:
    """What dbt reports of its last build; empty if there was none."""
    if not (target / "run_results.json").is_file():
        return ()
    results = json.loads((target / "run_results.json").read_text(encoding="utf-8"))["results"]
    nodes = json.loads((target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    tests: dict[str, Counter[str]] = {}
    for result in results:
        node = nodes.get(result["unique_id"], {})
        if result["unique_id"].startswith("unit_test."):
            tests.setdefault(result["unique_id"].split(".")[2], Counter())[_passed(result["status"])] += 1
        elif node.get("resource_type") == "test":
            attached = (node.get("attached_node") or "").rpartition(".")[2]
            tests.setdefault(attached, Counter())[_passed(result["status"])] += 1
    kinds = ("model", "snapshot", "seed")
    built = {
        result["unique_id"].rpartition(".")[2]: result["status"]
        for result in results
        if result["unique_id"].partition(".")[0] in kinds
    }
    return tuple(Model(name, status, tests.get(name, {})) for name, status in sorted(built.items()))


def _passed(status: str) -> str:
    return "pass" if status == "success" else status
