"""What the streams join: tables of other sources, each with the columns that are asked for."""

from __future__ import annotations

from stream.settings import lake


def folder(events: str, source: str, table: str) -> str:
    """Where the lake of a source of events has its copy of a table of another source."""
    return f"{lake(events)}/_lookups/{source}/{table}"
