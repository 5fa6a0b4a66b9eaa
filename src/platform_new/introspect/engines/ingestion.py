"""The code with which generated repositories read a source: a look reads it with the very same."""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType

from platform_new.catalog import template_root


@functools.cache
def module(kind: str, name: str) -> ModuleType:
    """A module of the folder `ingest/` of a kind of source, such as `text_files.values`; it imports none outside."""
    package = f"platform_new_ingest_{kind}"
    if package not in sys.modules:
        folder = ModuleType(package)
        folder.__path__ = [str(template_root() / "template" / "source" / kind / "ingest")]
        sys.modules[package] = folder
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # What lies in `template/` becomes part of it.
    try:
        return importlib.import_module(f"{package}.{name}")
    finally:
        sys.dont_write_bytecode = writes
