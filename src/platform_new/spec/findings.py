"""The report of a broken rule."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """A broken rule: where, why, and a hint.

    `source` is the source's position in the spec (sources with tables first, then sources of events), None for the
    platform; `path` leads from there to the value.
    """

    path: Path
    reason: str
    hint: str = ""
    value: Any = None
    source: int | None = None
