"""The code that generated repositories read text files with."""

from __future__ import annotations

from types import ModuleType

from platform_new.introspect.engines import ingestion


def module(name: str) -> ModuleType:
    """A module of `ingest/text_files/`: `records`, `delimited`, `json_objects` or `values`."""
    return ingestion.module("files", f"text_files.{name}")
