"""Where the tables of streams are. The lake of the topics and the lake of sample events are separate."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LAKES = Path("data/lake")
SAMPLE_LAKES = Path("data/sample_lake")
"""Folders of the repository with a lake per source."""


@dataclass(frozen=True)
class SampleLake:
    """The lake of sample events, and when its tables were created, because each run recreates them."""

    folder: str
    made: int


def variable(source: str) -> str:
    """The variable that names the lake of a source."""
    return f"{source.upper()}_LAKE"


def use_lakes_in(folder: Path, sources: Iterable[str]) -> None:
    """Point this process at the lakes of these sources in a folder, instead of what the variables say."""
    for source in sources:
        os.environ[variable(source)] = str(folder / source)


def lake_at_hand(root: Path, source: str, brokers: str | None) -> str | None:
    """The lake of a source in the repository; None if it is empty.

    If the address of the brokers is known, it is also the lake while it is empty: it will have their events.
    """
    folder = LAKES / source
    return str(folder) if brokers or _has_tables(root / folder) else None


def sample_lake(root: Path, source: str) -> SampleLake | None:
    """The sample lake of a source; None if its streams have not run."""
    folder = SAMPLE_LAKES / source
    if not _has_tables(root / folder):
        return None
    firsts = (root / folder).glob("*/_delta_log/00000000000000000000.json")
    return SampleLake(str(folder), max((first.stat().st_mtime_ns for first in firsts), default=0))


def _has_tables(lake: Path) -> bool:
    return any(lake.glob("*/_delta_log"))
