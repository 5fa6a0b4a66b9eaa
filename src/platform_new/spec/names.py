"""Identifiers of the platform: short enough for every warehouse, and kept distinct."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

LONGEST_NAME = 63
"""PostgreSQL cuts identifiers at 63 bytes (documentation, "Lexical Structure"); the other warehouses allow more."""


LANDING, LOADING = "raw_", "__loading"
"""Around a source's name: the schema that its rows land in, and the one that a load fills first."""
LONGEST_SOURCE = LONGEST_NAME - len(LANDING) - len(LOADING)
DEVICES = frozenset(
    {"aux", "con", "nul", "prn", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)
"""Devices of Windows, after which no file is called there; dlt refuses tables with such names everywhere."""
DLT = "_dlt"
"""What the names of dlt's own tables and columns begin with."""


def fit(name: str, longest: int = LONGEST_NAME) -> str:
    """Shorten a name that is too long, keeping it distinct by a digest of the whole."""
    return name if len(name) <= longest else f"{name[: longest - 7].rstrip('_')}_{digest(name)}"


def landing(name: str) -> str:
    """The name, or the one to take instead where dlt and file systems have no room for it."""
    name = name.lstrip("_") if name.startswith(DLT) else name
    return f"{name}_" if name in DEVICES else name


def model_name(source: str, table: str) -> str:
    """The name of a table's staging model."""
    return fit(f"stg_{source}__{table}")


def distinct(name: str, taken: Collection[str]) -> str:
    """The name, fitted, or the first of `name_2`, `name_3`… that is free."""
    candidate, number = fit(name), 2
    while candidate in taken:
        candidate, number = fit(f"{name}_{number}"), number + 1
    return candidate


def digest(text: str) -> str:
    """Six characters that stand for the text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def former_names(thing: Any) -> tuple[str, ...]:
    """The names that a thing of a spec had before, the newest first."""
    return tuple(name for name in (thing.renamed_from, *thing.older_names) if name and name != thing.name)
