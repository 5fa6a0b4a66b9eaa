"""Identifiers of the platform: short enough for every warehouse, and kept distinct."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

LONGEST_NAME = 63
"""PostgreSQL cuts identifiers at 63 bytes (documentation, "Lexical Structure"); the other warehouses allow more."""


def fit(name: str) -> str:
    """Shorten a name that is too long, keeping it distinct by a digest of the whole."""
    return name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 7].rstrip('_')}_{digest(name)}"


def distinct(name: str, taken: Collection[str]) -> str:
    """The name, fitted, or the first of `name_2`, `name_3`… that is free."""
    candidate, number = fit(name), 2
    while candidate in taken:
        candidate, number = fit(f"{name}_{number}"), number + 1
    return candidate


def digest(text: str) -> str:
    """Six characters that stand for the text."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:6]
