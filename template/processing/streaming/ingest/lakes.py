"""Where the tables of streams are: what has become of their topics, and what of sample events, are lakes apart."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

LAKES = Path("data/lake")
SAMPLE_LAKES = Path("data/sample_lake")
"""Folders of the repository that have a lake for each source."""


@dataclass(frozen=True)
class SampleLake:
    """What streams have made of sample events, and when that was, as each run of theirs makes it anew."""

    folder: str
    made: int


def variable(source: str) -> str:
    """The variable that names the lake of a source."""
    return f"{source.upper()}_LAKE"


def use_lakes_in(folder: Path, sources: Iterable[str]) -> None:
    """Have this process find the lakes of these sources in a folder, whatever the variables say."""
    for source in sources:
        os.environ[variable(source)] = str(folder / source)


def lake_at_hand(root: Path, source: str, brokers: str | None) -> str | None:
    """The lake of a source in the repository; None where nothing has been written there.

    Whoever knows the brokers means their events: then there is no other place for the lake.
    """
    folder = LAKES / source
    return str(folder) if brokers or _has_tables(root / folder) else None


def sample_lake(root: Path, source: str) -> SampleLake | None:
    """What the streams of a source have made of sample events; None where they have not run."""
    folder = SAMPLE_LAKES / source
    if not _has_tables(root / folder):
        return None
    firsts = (root / folder).glob("*/_delta_log/00000000000000000000.json")
    return SampleLake(str(folder), max((first.stat().st_mtime_ns for first in firsts), default=0))


def _has_tables(lake: Path) -> bool:
    return any(lake.glob("*/_delta_log"))
