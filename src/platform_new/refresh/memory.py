"""What was introspected before: each source as it was when its changes were last applied."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar

from platform_new.errors import Refused
from platform_new.merge.history import first_committed
from platform_new.spec.base import AnySource
from platform_new.spec.load import parse_source
from platform_new.spec.names import former_names

SEEN = ".platform/seen"
"""The folder with each source as it was when its changes were last applied."""
Same = TypeVar("Same", bound=AnySource)


def remembered(source: Same, folder: Path) -> Iterator[Same]:
    """The former states of a source that can be read, the likeliest first.

    Until changes are applied for the first time, this is the source file as it was first committed.
    """
    for text in _texts(source, folder):
        with contextlib.suppress(Refused):
            last = parse_source(text, source.name)
            if last.carries == source.carries:
                yield last


def _texts(source: AnySource, folder: Path) -> Iterator[str]:
    for name in (source.name, *former_names(source)):
        record = folder / SEEN / f"{name}.yml"
        if record.is_file():
            yield record.read_text(encoding="utf-8", errors="replace")
            return
    # A renamed file was committed with the owners' edits; the introspected source is under the oldest name.
    for name in (*reversed(former_names(source)), source.name):
        if text := first_committed(folder, f"sources/{name}.yml"):
            yield text
            return
