"""Run a flow once and wait for it: python -m orchestrate.run_flow load_shop --from 2026-01-01.

Without PREFECT_API_URL, Prefect starts a server for the time of the run.
"""

import argparse
import importlib
import sys
from pathlib import Path

from prefect import Flow

FLOWS = Path(__file__).parent / "flows"


def flow_names() -> list[str]:
    """The names of all flows."""
    return sorted(path.stem for path in FLOWS.glob("*.py"))


def load(name: str) -> Flow:
    """The flow of that name."""
    return getattr(importlib.import_module(f"orchestrate.flows.{name}"), name)


def main() -> int:
    """Run a flow; returns 0 on success, 1 if a task failed, 2 on a usage error."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("flow", choices=flow_names())
    parser.add_argument("--from", dest="start", metavar="VALUE", help="backfill from this value")
    parser.add_argument("--to", dest="end", metavar="VALUE", help="backfill to it, exclusive")
    asked = parser.parse_args()
    flow = load(asked.flow)
    window = {key: getattr(asked, key) for key in ("start", "end") if getattr(asked, key)}
    if unknown := window.keys() - flow.parameters.properties.keys():
        parser.error(f"{asked.flow} has no backfill ({', '.join(sorted(unknown))})")
    state = flow(**window, return_state=True)
    return 0 if state.is_completed() else 1


if __name__ == "__main__":
    sys.exit(main())
