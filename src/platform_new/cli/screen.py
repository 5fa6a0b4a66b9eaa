"""Terminal detection, progress messages and notices."""

from __future__ import annotations

import sys


def has_terminal() -> bool:
    """Whether prompts are possible: standard input and output are both terminals."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def progress(message: str) -> None:
    """Print a progress message if standard error is a terminal."""
    if sys.stderr.isatty():
        print(f"{message} …", file=sys.stderr)


def notice(message: str) -> None:
    """Print a notice to standard error, without control characters, which names in a source may contain."""
    print("".join(letter if letter.isprintable() else " " for letter in message), file=sys.stderr)
