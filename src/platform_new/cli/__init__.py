"""The command line: one module per command, loaded when it is called. Only this package prints and prompts."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from platform_new import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line, by default that of the process, and return its exit code."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments == ["--version"]:
        print(f"platform-new {__version__}")
        return 0
    from platform_new.cli.app import run

    return run(arguments)
