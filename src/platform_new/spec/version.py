"""The versions of contracts, which have three numbers (Semantic Versioning 2.0)."""

from __future__ import annotations


def raised(version: str, *, breaking: bool) -> str:
    """The next version: a breaking change raises the first number, any other the second."""
    major, minor, _ = map(int, version.split("."))
    return f"{major + 1}.0.0" if breaking else f"{major}.{minor + 1}.0"
