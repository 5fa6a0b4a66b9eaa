"""Load the sources, build and test the models, and print a summary.

`make run` calls this script. The summary is also written to `data/last_run.json`.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ingest.build_progress import FAILED, BuildProgress
from ingest.errors import redact
from ingest.locking import alone_in_production, one_at_a_time
from ingest.settings import DATA, LAST_LOAD, ROOT
from ingest.spec import source_names
from ingest.summary import count_rows, show

EXAMPLES = """examples:
  python run.py                            everything, into data/local.duckdb
  python run.py --source shop --full       one source, with a full reload and rebuild
  python run.py --target prod              the production warehouse
"""
DBT = ["--project-dir", str(ROOT / "transform"), "--profiles-dir", str(ROOT / "transform")]


def main() -> int:
    """Run all steps; returns 0 on success, 1 if anything failed, 2 on a usage error."""
    asked = _parser().parse_args()
    if unknown := [name for name in asked.source if name not in source_names()]:
        known = ", ".join(source_names())
        print(f"Unknown source `{unknown[0]}`. The sources are: {known}.", file=sys.stderr)
        return 2
    DATA.mkdir(exist_ok=True)
    with _exclusive() as exclusive:
        if not exclusive:
            print("Another run is in progress here; wait until it ends.", file=sys.stderr)
            return 1
        outcome = _run(asked)
        _write(DATA / "last_run.json", outcome)
    show(outcome)
    return 0 if outcome["ok"] else 1


def _run(asked: argparse.Namespace) -> dict[str, Any]:
    started = time.perf_counter()
    LAST_LOAD.unlink(missing_ok=True)
    os.environ.setdefault("PLATFORM_ROOT", str(ROOT))
    load = subprocess.Popen(_load_command(asked), cwd=ROOT)
    # dbt takes seconds to start, so it starts while the sources are loaded.
    manifest = _parse(asked.target)
    loaded = load.wait() == 0
    steps = [_step("ingest", started, loaded)]
    results: list[Any] = []
    report = _report()
    if manifest and any(source["rows"] for source in report.values()):
        building = time.perf_counter()
        with _lock(asked.target):
            built, results = _build(manifest, asked, _not_loaded(report))
        steps.append(_step("build", building, built))
    with _lock(asked.target):
        rows = count_rows(asked.target)
    return {
        "ok": bool(manifest) and len(steps) == 2 and all(step["ok"] for step in steps),
        "target": asked.target,
        "sources": report,
        "rows": rows,
        **_counts(results),
        "steps": steps,
        "seconds": round(time.perf_counter() - started, 1),
        "finished_at": datetime.now(timezone.utc).isoformat(timespec="seconds"),
    }


def _load_command(asked: argparse.Namespace) -> list[str]:
    command = [sys.executable, "-m", "ingest", *asked.source, "--target", asked.target]
    if asked.full:
        command.append("--full")
    if asked.accept_empty:
        command.append("--accept-empty")
    if asked.sample_rows:
        command += ["--sample-rows", str(asked.sample_rows)]
    return command


def _report() -> dict[str, Any]:
    """The result that the load has written; empty if the load was killed before that."""
    try:
        return dict(json.loads(LAST_LOAD.read_text(encoding="utf-8")))
    except (OSError, ValueError):
        return {}


def _not_loaded(report: dict[str, Any]) -> list[str]:
    """The dbt names of failed sources and tables, whose downstream models are not rebuilt."""
    failed = []
    for name, source in report.items():
        tables = source["failed"] if source["rows"] else [""]
        failed += [f"source:{name}.{table}".rstrip(".") for table in tables]
    return failed


def _lock(target: str) -> AbstractContextManager[None]:
    """A lock on the local warehouse, which only one process can open, or on the models."""
    return one_at_a_time("local") if target == "local" else alone_in_production("models")


def _parse(target: str) -> Any:
    """dbt's manifest of the project; None if the project has errors, which dbt prints."""
    from dbt.cli.main import dbtRunner

    return dbtRunner().invoke(["--quiet", "parse", *DBT, "--target", target]).result


def _build(
    manifest: Any, asked: argparse.Namespace, not_loaded: list[str]
) -> tuple[bool, list[Any]]:
    from dbt.cli.main import dbtRunner

    command = ["--quiet", "build", *DBT, "--target", asked.target]
    command += ["--full-refresh"] if asked.full else []
    if not_loaded:
        command += ["--exclude", *(f"{name}+" for name in not_loaded)]
    with BuildProgress() as progress:
        outcome = dbtRunner(manifest=manifest, callbacks=[progress]).invoke(command)
    return outcome.success, list(getattr(outcome.result, "results", None) or [])


def _counts(results: list[Any]) -> dict[str, Any]:
    """The numbers of models and tests by status, and the failures."""
    tests: Counter[str] = Counter()
    models: Counter[str] = Counter()
    failures = []
    for result in results:
        status = str(result.status)
        is_test = result.node.resource_type in ("test", "unit_test")
        (tests if is_test else models)[status] += 1
        if status in FAILED:
            message = redact((result.message or "").strip())
            failures.append({"name": result.node.name, "message": message})
    return {
        "models": {
            "built": models["success"],
            "failed": sum(models[status] for status in FAILED),
            "skipped": models["skipped"],
        },
        "tests": {
            "passed": tests["pass"] + tests["success"],
            "failed": sum(tests[status] for status in FAILED),
            "warned": tests["warn"],
            "skipped": tests["skipped"],
        },
        "failures": failures,
    }


def _step(name: str, started: float, ok: bool) -> dict[str, Any]:
    return {"name": name, "seconds": round(time.perf_counter() - started, 1), "ok": ok}


@contextmanager
def _exclusive() -> Generator[bool]:
    """Whether no other run is in progress; the lock is released when this process ends."""
    with (DATA / "run.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def _write(path: Path, outcome: dict[str, Any]) -> None:
    aside = path.with_suffix(".tmp")
    aside.write_text(json.dumps(outcome, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    aside.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--target", choices=("local", "prod"), default="local", help="the warehouse to build in")
    add("--source", action="append", default=[], help="load only this source (repeatable)")
    add("--full", action="store_true", help="reload and rebuild all tables")
    add("--accept-empty", action="store_true", help="empty the tables that are empty at the source")
    add("--sample-rows", type=int, metavar="N", help="load sample data, about N rows per fact")
    return parser


if __name__ == "__main__":
    sys.exit(main())
