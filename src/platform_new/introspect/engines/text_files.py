"""The code with which generated repositories read text files: a look reads them with the very same."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import sys
from types import ModuleType

from platform_new.catalog import template_root

PACKAGE = "platform_new_text_files"


@functools.cache
def module(name: str) -> ModuleType:
    """A module of `ingest/text_files/`: `records`, `delimited`, `json_objects` or `values`."""
    folder = template_root() / "template" / "source" / "files" / "ingest" / "text_files"
    if PACKAGE not in sys.modules:
        spec = importlib.util.spec_from_file_location(
            PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
        )
        assert spec
        sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True  # What lies in `template/` becomes part of it.
    try:
        return importlib.import_module(f"{PACKAGE}.{name}")
    finally:
        sys.dont_write_bytecode = writes
