"""The time of `platform-new --help`, compared with Python that does nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.bench.timing import in_turn, table


def measure(runs: int = 15) -> str:
    """The table of results, as Markdown."""
    command = str(Path(sys.executable).parent / "platform-new")
    contenders = {
        "python -c pass": lambda: subprocess.run([sys.executable, "-c", "pass"], check=True),
        "platform-new --help": lambda: subprocess.run([command, "--help"], check=True, stdout=subprocess.DEVNULL),
        "platform-new --version": lambda: subprocess.run([command, "--version"], check=True, stdout=subprocess.DEVNULL),
    }
    medians = in_turn(contenders, runs, warmups=1)
    bare = medians["python -c pass"]
    rows = [[name, f"{1000 * taken:.0f} ms", f"{1000 * (taken - bare):.0f} ms"] for name, taken in medians.items()]
    return table(["command", "median", "above bare Python"], rows)
