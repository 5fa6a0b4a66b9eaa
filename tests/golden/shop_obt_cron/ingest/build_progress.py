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
        # A terminal has one line that counts: each text replaces it.
        self._begin, self._end = ("\r\033[K", "") if sys.stdout.isatty() else ("", "\n")
        self._every = 0 if sys.stdout.isatty() else EVERY

    def __enter__(self) -> BuildProgress:
        self._say("dbt: building and testing …")
        return self

    def __exit__(self, *exception: object) -> None:
        if not self._end:
            print(flush=True)

    def __call__(self, event: Any) -> None:
        """Take note of an event of dbt."""
        with self._lock:
            if event.info.name == "LogStartLine":
                self._total = event.data.total
            elif event.info.name == "NodeFinished":
                self._finished += 1
                self._show(event.data.node_info)

    def _show(self, node: Any) -> None:
        if node.node_status in FAILED:
            print(f"{self._begin}dbt: {node.node_name}: {node.node_status}", flush=True)
        if time.monotonic() - self._shown >= self._every:
            self._shown = time.monotonic()
            self._say(f"dbt: {self._finished:,} of {self._total:,} models and tests")

    def _say(self, text: str) -> None:
        print(f"{self._begin}{text}", end=self._end, flush=True)
