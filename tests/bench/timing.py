"""Timing: contenders run alternately, several times each, and the median counts."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping


def in_turn(contenders: Mapping[str, Callable[[], object]], runs: int, warmups: int = 0) -> dict[str, float]:
    """Run all contenders alternately, `runs` times each; return the median seconds of each.

    If a contender returns a float, that is its time in seconds.
    """
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for run in range(warmups + runs):
        for name, contender in contenders.items():
            started = time.perf_counter()
            measured = contender()
            taken = measured if isinstance(measured, float) else time.perf_counter() - started
            if run >= warmups:
                seconds[name].append(taken)
    return {name: statistics.median(values) for name, values in seconds.items()}


def table(headings: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [headings, ["---"] * len(headings), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
