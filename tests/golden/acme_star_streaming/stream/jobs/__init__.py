"""The job of each stream, in a module of its own."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence

from stream.errors import StreamError
from stream.model import Stream


def streams() -> dict[str, Stream]:
    """The streams by name: `source.stream`."""
    modules = sorted(module.name for module in pkgutil.iter_modules(__path__))
    found = [importlib.import_module(f"{__name__}.{name}").STREAM for name in modules]
    return {stream.query: stream for stream in found}


def chosen(names: Sequence[str]) -> dict[str, Stream]:
    """The streams with these names, or all. Raises `StreamError` for an unknown name."""
    known = streams()
    if unknown := [name for name in names if name not in known]:
        raise StreamError(f"Unknown stream {', '.join(unknown)}. There are: {', '.join(known)}.")
    return {name: known[name] for name in names or known}
