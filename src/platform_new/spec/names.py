"""Identifiers of the platform: short enough for every warehouse, and kept distinct."""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from typing import Any

LONGEST_NAME = 63
"""PostgreSQL truncates identifiers to 63 bytes (documentation, "Lexical Structure"); other warehouses allow more."""


LANDING, LOADING = "raw_", "__loading"
"""The prefix of the schema that a source is loaded into, and the suffix of the schema that a load fills first."""
LONGEST_SOURCE = LONGEST_NAME - len(LANDING) - len(LOADING)
DEVICES = frozenset(
    {"aux", "con", "nul", "prn", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))}
)
"""Windows devices, whose names no file can have on Windows; dlt refuses tables with these names on every system."""
DLT = "_dlt"
"""The prefix of dlt's own tables and columns."""


def fit(name: str, longest: int = LONGEST_NAME) -> str:
    """Shorten a name that is too long; a digest of the full name keeps it distinct."""
    return name if len(name) <= longest else f"{name[: longest - 7].rstrip('_')}_{digest(name)}"


def landing(name: str) -> str:
    """The name, or a similar name that dlt and file systems accept."""
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
    """A digest of the text, six characters long."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]


def former_names(thing: Any) -> tuple[str, ...]:
    """The previous names of an item of a spec, the newest first."""
    return tuple(name for name in (thing.renamed_from, *thing.older_names) if name and name != thing.name)
