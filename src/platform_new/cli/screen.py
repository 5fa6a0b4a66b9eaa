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


def notice(message: str) -> None:
    """Say what nobody should miss; names of a source may hold what a terminal would obey."""
    print("".join(letter if letter.isprintable() else " " for letter in message), file=sys.stderr)
