"""The command line: one command in each module, loaded when it is called. Only this package prints and asks."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from platform_new import __version__


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; by default with the arguments of the process."""
    arguments = list(sys.argv[1:] if arguments is None else arguments)
    if arguments == ["--version"]:
        print(f"platform-new {__version__}")
        return 0
    from platform_new.cli.app import run

    return run(arguments)
