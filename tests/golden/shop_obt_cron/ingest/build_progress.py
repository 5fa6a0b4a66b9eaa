"""Shows how far a build is: dbt itself is quiet, since a large project has thousands of lines."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

FAILED = ("error", "fail", "runtime error")
EVERY = 30
"""Seconds between two lines in a log; a terminal has one line that counts."""


class BuildProgress:
    """A callback for dbt's events: counts models and tests, and names those that fail at once."""

    def __init__(self) -> None:
        self._total = 0
        self._finished = 0
        self._shown = time.monotonic()
        self._lock = threading.Lock()  # dbt calls it from each of its threads.
        self._counts_in_place = sys.stdout.isatty()

    def __enter__(self) -> BuildProgress:
        self._say("dbt: building and testing …")
        return self

    def __exit__(self, *exception: object) -> None:
        if self._counts_in_place:
            print(flush=True)

    def __call__(self, event: Any) -> None:
        """Take note of an event of dbt."""
        with self._lock:
            if event.info.name == "LogStartLine":
                self._total = event.data.total
            elif event.info.name == "NodeFinished":
                self._finished += 1
                if event.data.node_info.node_status in FAILED:
                    self._name_failure(event.data.node_info)
                self._count()

    def _name_failure(self, node: Any) -> None:
        print(f"{self._end_of_line}dbt: {node.node_name}: {node.node_status}", flush=True)

    def _count(self) -> None:
        if self._counts_in_place or time.monotonic() - self._shown >= EVERY:
            self._shown = time.monotonic()
            self._say(f"dbt: {self._finished:,} of {self._total:,} models and tests")

    def _say(self, text: str) -> None:
        if self._counts_in_place:
            print(f"\r\033[K{text}", end="", flush=True)
        else:
            print(text, flush=True)

    @property
    def _end_of_line(self) -> str:
        return "\r\033[K" if self._counts_in_place else ""
