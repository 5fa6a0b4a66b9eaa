"""What a broken rule is reported as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Finding:
    """A broken rule: where it is broken, how, and the hint.

    `source` is the source's position in the spec (sources of events behind those of tables), None for the platform;
    `path` leads to the value from there.
    """

    path: Path
    reason: str
    hint: str = ""
    value: Any = None
    source: int | None = None
