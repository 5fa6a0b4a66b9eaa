"""The tables of other sources that streams join, copied to the lake with the columns that they use."""

from __future__ import annotations

from stream.settings import lake


def folder(events: str, source: str, table: str) -> str:
    """The copy of a table of another source in the lake of a source of events."""
    return f"{lake(events)}/_lookups/{source}/{table}"
