"""The commands of the tasks, the same as in the Makefile, so that you can repeat a task by hand."""

import shlex
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent

WINDOW = (
    "{% if dag_run.run_type == 'backfill' %}"
    " --from {{ data_interval_start | ts }} --to {{ data_interval_end | ts }}"
    "{% endif %}"
)
"""Only a backfill loads a window; see the DAGs."""


def ingest(source: str) -> str:
    """Load a source: the changes since the last load or, in a backfill, the window of the run."""
    program = shlex.quote(str(BIN / "python"))
    return f"{program} -m ingest {source} --target ${{DBT_TARGET:-local}}{WINDOW}"


def dbt(command: str) -> str:
    """Run a dbt command on the project in transform/."""
    settings = f"PLATFORM_ROOT={shlex.quote(str(ROOT))}"
    options = "--project-dir transform --profiles-dir transform --no-use-colors"
    return f"{settings} {shlex.quote(str(BIN / 'dbt'))} {command} {options}"
