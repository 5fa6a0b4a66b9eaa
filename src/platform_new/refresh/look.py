"""Introspect a source again: find its address, its current state, and its state at the last introspection."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from platform_new.catalog import Catalog
from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, Refused
from platform_new.introspect import Sighting, look_at
from platform_new.introspect.address import redact
from platform_new.merge.history import first_committed
from platform_new.refresh.event_drift import Newer
from platform_new.refresh.sample import lines_of, measure
from platform_new.spec.load import AnySource, parse_source
from platform_new.spec.models import Source, Spec
from platform_new.spec.names import former_names
from platform_new.spec.rules import check
from platform_new.spec.streams import EventSource

SEEN = ".platform/seen"
"""The folder with each source as it was when its changes were last applied."""


def address_of(source: Source, folder: Path, environment: Mapping[str, str]) -> str:
    """The address in a source's variable, from the environment or the repository's `.env`.

    Raises `Refused` if neither sets the variable.
    """
    address = environment.get(source.variable) or _env_file(folder).get(source.variable)
    if not address:
        hint = f"set it to the address, or pass the address: `platform-new refresh {source.name} --from ADDRESS`"
        file = f"sources/{source.name}.yml"
        raise Refused(Problem("the source's variable is not set", hint, file, value=source.variable))
    return address


def look_again(known: Source, address: str, folder: Path, progress: Callable[[str], None]) -> Sighting:
    """Introspect the current source. Relative paths start at the folder.

    Views are introspected only if the spec has one. Raises `Refused`, without the password, if the source cannot be
    used, or if its kind differs from the spec.
    """
    named = {table.schema_ for table in known.tables}
    schemas = sorted(filter(None, named)) if None not in named else []
    with _working_in(folder):
        if known.kind != "files" and "://" not in address and Path(address).expanduser().is_file():
            address = f"{known.kind}:///{quote(str(Path(address).expanduser().absolute()))}"
        try:
            sighting = look_at(address, name=known.name, schemas=schemas, known=known, progress=progress)
            if _missing(known, sighting.source):
                with_views = look_at(
                    address, name=known.name, schemas=schemas, views=True, known=known, progress=progress
                )
                sighting = _only_known_views(known, sighting, with_views)
        except Refused as refusal:
            raise Refused([_without_password(problem, address) for problem in refusal.problems]) from None
    if sighting.source.kind != known.kind:
        reason = f"the address is a source of kind {sighting.source.kind}, but the spec says {known.kind}"
        raise Refused(Problem(reason, "check the address", f"sources/{known.name}.yml"))
    return sighting


def last_look(source: Source, folder: Path, catalog: Catalog) -> Sighting | None:
    """The source as it was at the last introspection; None if unknown.

    Until changes are applied for the first time, this is the source file as it was first committed.
    """
    for text in _remembered(source, folder):
        with contextlib.suppress(Refused):
            last = parse_source(text, source.name)
            if isinstance(last, Source) and not check(Spec.model_construct(platform=None, sources=(last,)), catalog):
                return Sighting(last)
    return None


def look_at_newer(known: EventSource, topic: str, address: str, folder: Path, progress: Callable[[str], None]) -> Newer:
    """The events of a file, as events of a topic: the named topic, the topic named like the file, or the only topic.

    Relative paths start at the folder. Raises `Refused` if the file has no events, or if the topic is unknown.
    """
    path = folder / Path(address).expanduser()
    seen = look_at(str(path), name=known.name, progress=progress)
    if not isinstance(seen.source, EventSource):
        hint = "pass a file of newer events (.jsonl, .jsonl.gz)"
        raise Refused(Problem("a topic needs a file of events", hint, "--from", value=address))
    (proposed,) = seen.source.topics
    name = topic or proposed.name
    found = [each for each in known.topics if name in (each.name, each.origin)]
    if not found and not topic and len(known.topics) == 1:
        found = list(known.topics)
    if not found:
        hint = did_you_mean(name, [each.name for each in known.topics])
        reason = "unknown topic" if topic else "the file name matches no topic"
        raise Refused(Problem(reason, f"{hint} (--topic)", f"sources/{known.name}.yml", value=name))
    return Newer(found[0].name, proposed, seen.reasons, measure(found[0], lines_of(path)))


def last_look_at_events(source: EventSource, folder: Path) -> EventSource | None:
    """The source of events as it was at the last introspection; None if unknown."""
    for text in _remembered(source, folder):
        with contextlib.suppress(Refused):
            last = parse_source(text, source.name)
            if isinstance(last, EventSource):
                return last
    return None


def _remembered(source: AnySource, folder: Path) -> Iterator[str]:
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


@contextlib.contextmanager
def _working_in(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def _env_file(folder: Path) -> dict[str, str]:
    """The variables of `.env`, parsed as the repository's ingestion does."""
    file = folder / ".env"
    if not file.is_file():
        return {}
    found: dict[str, str] = {}
    for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
        name, separator, value = line.strip().removeprefix("export ").partition("=")
        if separator and not name.startswith("#"):
            found.setdefault(name.strip(), value.strip().strip("'\""))
    return found


def _missing(known: Source, seen: Source) -> bool:
    found = {table.source_name for table in seen.tables} | {table.origin or table.name for table in seen.tables}
    return any(not table.exclude and table.source_name not in found for table in known.tables)


def _only_known_views(known: Source, tables: Sighting, all_: Sighting) -> Sighting:
    """The source with views, without those that are neither in the spec nor among the tables."""
    wanted = {table.source_name for table in (*known.tables, *tables.source.tables)}
    wanted |= {table.origin or table.name for table in known.tables if table.schema_ is None}
    kept = tuple(table for table in all_.source.tables if {table.source_name, table.origin or table.name} & wanted)
    names = {table.name for table in kept}
    reasons = {path: reason for path, reason in all_.reasons.items() if path[1:] and path[1] in names}
    return Sighting(all_.source.model_copy(update={"tables": kept}), reasons)


def _without_password(problem: Problem, address: str) -> Problem:
    shown = (redact(text, address) for text in (problem.reason, problem.hint, problem.file))
    return Problem(*shown, problem.line, redact(problem.value, address))
