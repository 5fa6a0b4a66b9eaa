"""Shell completion of the names in the spec of the current repository."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.spec.base import AnySource
    from platform_new.spec.events.models import EventSource
    from platform_new.spec.models import Source


def sources(incomplete: str) -> list[str]:
    """Names of sources."""
    return [source.name for source in (*_sources(), *_event_sources()) if source.name.startswith(incomplete)]


def tables(incomplete: str) -> list[str]:
    """Names of tables, qualified by the source once it has been typed."""
    return _beginning([(source.name, table.name) for source in _sources() for table in source.tables], incomplete)


def topics(incomplete: str) -> list[str]:
    """Names of topics, qualified by the source once it has been typed."""
    return _beginning([(source.name, topic.name) for source in _event_sources() for topic in source.topics], incomplete)


def streams(incomplete: str) -> list[str]:
    """Names of streams, qualified by the source once it has been typed."""
    return _beginning(
        [(source.name, stream.name) for source in _event_sources() for stream in source.streams], incomplete
    )


def columns(incomplete: str) -> list[str]:
    """Names of columns, qualified by the table, and by the source once it has been typed."""
    pairs = [
        (source.name, f"{table.name}.{column.name}")
        for source in _sources()
        for table in source.tables
        for column in table.columns
    ]
    return _beginning(pairs, incomplete)


def named(ctx: typer.Context, incomplete: str) -> list[str]:
    """Names of the kind that the argument `what` selects."""
    what = ctx.params.get("what")
    kinds = {"source": sources, "column": columns, "topic": topics, "stream": streams}
    return kinds.get(what.value if what else "", tables)(incomplete)


def _beginning(pairs: list[tuple[str, str]], incomplete: str) -> list[str]:
    found = [name for source, name in pairs if name.startswith(incomplete)]
    return found or [f"{source}.{name}" for source, name in pairs if f"{source}.{name}".startswith(incomplete)]


def _sources() -> list[Source]:
    return _read(lambda files: files.sources())


def _event_sources() -> list[EventSource]:
    return _read(lambda files: files.event_sources())


def _read(sources: Callable[[SpecFiles], list[AnySource]]) -> list[Any]:
    """The sources that can be read; completion ignores errors."""
    from platform_new.cli.repository import repository_of
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.errors import Refused

    with contextlib.suppress(Refused):
        return sources(SpecFiles(repository_of(Path())))
    return []
