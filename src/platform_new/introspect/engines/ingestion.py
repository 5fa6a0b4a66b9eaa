"""The code that generated repositories read a source with, so that introspection reads it the same way."""

from __future__ import annotations

import functools
import importlib
import sys
from types import ModuleType

from platform_new.catalog import template_root


@functools.cache
def module(kind: str, name: str) -> ModuleType:
    """A module in the folder `ingest/` of a kind of source, such as `text_files.values`; it only imports from there."""
    package = f"platform_new_ingest_{kind}"
    if package not in sys.modules:
        folder = ModuleType(package)
        folder.__path__ = [str(template_root() / "template" / "source" / kind / "ingest")]
        sys.modules[package] = folder
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # Every file in `template/` is a template.
    try:
        return importlib.import_module(f"{package}.{name}")
    finally:
        sys.dont_write_bytecode = writes
