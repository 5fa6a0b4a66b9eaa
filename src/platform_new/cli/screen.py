"""Who is looking: whether there is a terminal to ask at, and progress for whoever waits."""

from __future__ import annotations

import sys


def has_terminal() -> bool:
    """Whether somebody can be asked: both standard input and output are a terminal."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def progress(message: str) -> None:
    """Say what takes long, to somebody at a terminal."""
    if sys.stderr.isatty():
        print(f"{message} …", file=sys.stderr)
