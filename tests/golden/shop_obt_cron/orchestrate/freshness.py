"""Check when each source was last loaded. A late source makes the exit code 1.

`crontab` runs this on a schedule of its own, because a load that never starts cannot fail.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from ingest.errors import redact
from ingest.settings import ROOT

FRESH, LATE = ("pass", "warn"), "See docs/runbooks/source-late.md."


def main() -> int:
    """Print a line for each source; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", choices=("local", "prod"), default="local")
    results = _measure(parser.parse_args().target)
    # The tables of a source are loaded together; the one with the worst status stands for all.
    of_source = {result.node.source_name: result for result in sorted(results, key=_is_late)}
    for name, result in sorted(of_source.items()):
        print(f"{name}: {_describe(result)}")
    late = not results or any(_is_late(result) for result in results)
    if late:
        print(LATE)
    return int(late)


def _measure(target: str) -> list[Any]:
    """dbt's result for each source table; none, with a message, if dbt cannot measure."""
    from dbt.cli.main import dbtRunner

    os.environ.setdefault("PLATFORM_ROOT", str(ROOT))
    folders = ["--project-dir", str(ROOT / "transform"), "--profiles-dir", str(ROOT / "transform")]
    # Its own target folder, because a build may run at the same time.
    own = ["--target-path", str(ROOT / "transform/target/freshness")]
    command = ["--log-level", "none", "source", "freshness", *folders, *own, "--target", target]
    outcome = dbtRunner().invoke(command)
    if outcome.exception:
        print(redact(str(outcome.exception)))
    return list(getattr(outcome.result, "results", None) or [])


def _is_late(result: Any) -> bool:
    return str(result.status) not in FRESH


def _describe(result: Any) -> str:
    if not hasattr(result, "max_loaded_at"):
        return redact(" ".join((result.message or "its age is unknown").split()))
    state = "late" if _is_late(result) else "in time" if result.status == "pass" else "soon late"
    age = f"{result.age / 3600:.1f} h ago"
    return f"last loaded at {result.max_loaded_at:%Y-%m-%d %H:%M} UTC, {age}: {state}"


if __name__ == "__main__":
    sys.exit(main())
