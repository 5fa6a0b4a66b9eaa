"""The input of `platform-new add`: the origin of a source, table, topic or stream, and the source to add it to."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from platform_new.cli.screen import notice, progress

if TYPE_CHECKING:
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.errors import Problem
    from platform_new.introspect import Sighting
    from platform_new.spec.models import Source
    from platform_new.spec.streams import EventSource


class Addable(str, Enum):
    """What can be added."""

    SOURCE = "source"
    TABLE = "table"
    TOPIC = "topic"
    STREAM = "stream"


OPTIONS_OF: Mapping[str, Collection[Addable]] = {
    "--schema": (Addable.SOURCE, Addable.TABLE),
    "--views": (Addable.SOURCE, Addable.TABLE),
    "--kind": (Addable.SOURCE, Addable.TABLE),
    "--sample": (Addable.SOURCE,),
    "--source": (Addable.TABLE, Addable.TOPIC, Addable.STREAM),
    "--column": (Addable.TABLE,),
    "--key": (Addable.TABLE, Addable.TOPIC),
    "--role": (Addable.TABLE,),
    "--field": (Addable.TOPIC,),
    "--event-time": (Addable.TOPIC,),
    **dict.fromkeys(
        ("--topic", "--join", "--window", "--slide", "--group-by", "--aggregate", "--trigger"), (Addable.STREAM,)
    ),
}
"""What each option applies to."""


@dataclass(frozen=True)
class Origin:
    """The origin of an addition, as given on the command line: an address, a sample or a description."""

    address: str
    sample: str
    schemas: tuple[str, ...]
    views: bool
    kind: str
    described: Mapping[str, Any]

    def look(self, name: str) -> Sighting:
        """Introspect the address, as a source of that name."""
        from platform_new.edit.odcs import is_contract, read_contract
        from platform_new.introspect import look_at

        if is_contract(self.address):
            return read_contract(Path(self.address), name, kind=self.kind)
        seen = look_at(self.address, name=name, schemas=self.schemas, views=self.views, progress=progress)
        for each in seen.notices:
            notice(each)
        return seen

    def look_at_events(self, name: str) -> Sighting:
        """Introspect a file of events, as a source of that name with one topic. Raises `Refused` for anything else."""
        from platform_new.errors import Problem, Refused
        from platform_new.spec.streams import EventSource

        seen = self.look(name)
        if not isinstance(seen.source, EventSource):
            hint = "pass a file of sample events (.jsonl, .jsonl.gz)"
            raise Refused(Problem("a topic needs a file of sample events", hint, "--from", value=self.address))
        return seen

    def look_again(self, known: Source, folder: Path) -> Sighting:
        """Introspect a source of the spec again.

        Raises `Refused` if its address is unknown, or if its kind differs from the spec.
        """
        from platform_new.edit.odcs import is_contract
        from platform_new.errors import Problem, Refused
        from platform_new.refresh.look import address_of

        file, address = f"sources/{known.name}.yml", self.address
        if not address:
            try:
                address = address_of(known, folder, os.environ)
            except Refused:
                hint = "set it to the address, or pass --from ADDRESS, FOLDER or CONTRACT"
                problem = Problem("the source's variable is not set", hint, file, value=known.variable)
                raise Refused(problem) from None
            # As in ingestion, a relative path starts at the repository.
            address = address if "://" in address else str(folder / address)
        kind = known.kind if is_contract(address) else ""
        seen = replace(self, address=address, kind=kind).look(known.name)
        if seen.source.kind != known.kind:
            reason = f"the address is a source of kind {seen.source.kind}, but the spec says {known.kind}"
            raise Refused(Problem(reason, "add it as a new source: `platform-new add source …`", file))
        return seen


def refuse_misplaced(what: Addable, origin: Origin, given: Collection[str]) -> None:
    """Refuse options that do not apply or cannot be combined. Raises `Refused` with every problem."""
    from platform_new.edit.odcs import is_contract
    from platform_new.errors import Problem, Refused

    problems = [
        Problem(f"{option} does not apply to {what.value}s", f"remove it; it applies to {_plurals(things)}")
        for option, things in OPTIONS_OF.items()
        if option in given and what not in things
    ]
    problems += {
        Addable.SOURCE: _source_problems, Addable.TABLE: _table_problems, Addable.TOPIC: _topic_problems,
        Addable.STREAM: _stream_problems,
    }[what](origin)  # fmt: skip
    if origin.kind and not is_contract(origin.address):
        problems.append(
            Problem("--kind applies to contracts only", "remove it; introspection finds the kind", value=origin.kind)
        )
    if problems:
        raise Refused(problems)


def source_of_tables(files: SpecFiles, name: str) -> Source:
    """The source to add a table to: the named one, or the only one."""
    return _only(files.sources(), name, "table")


def source_of_events(files: SpecFiles, name: str) -> EventSource:
    """The source to add a topic or stream to: the named one, or the only one."""
    return _only(files.event_sources(), name, "topic")


def _only(sources: Sequence[Any], name: str, what: str) -> Any:
    from platform_new.documents.suggest import did_you_mean
    from platform_new.errors import Problem, Refused

    names = [source.name for source in sources]
    if name in names:
        return sources[names.index(name)]
    hint = f"add one: `platform-new add source NAME --from {'ADDRESS' if what == 'table' else 'events.jsonl.gz'}`"
    if name:
        raise Refused(Problem(f"unknown source of {what}s", did_you_mean(name, names) or hint, value=name))
    if len(sources) == 1:
        return sources[0]
    if sources:
        known = ", ".join(f"`{each}`" for each in names)
        raise Refused(Problem(f"the platform has several sources of {what}s", f"pass --source with one of {known}"))
    raise Refused(Problem(f"the platform has no source of {what}s", hint))


def _source_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if bool(origin.address) == bool(origin.sample):
        reason = "use either --from or --sample, not both" if origin.address else "missing source"
        yield Problem(reason, "pass --from ADDRESS, FOLDER, CONTRACT or FILE, or --sample NAME")


def _table_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if origin.described and (origin.address or "columns" not in origin.described):
        hint = "pass either --from, or --column with --key and --role"
        yield Problem("a table is either introspected or described by its columns", hint)


def _topic_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if bool(origin.address) == ("fields" in origin.described) or (origin.address and origin.described):
        hint = "pass either --from with a file of sample events, or --field with --key and --event-time"
        yield Problem("a topic is either introspected or described by its fields", hint)


def _stream_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if origin.address:
        hint = "add the topic first: `platform-new add topic NAME --from FILE`, then its stream without --from"
        yield Problem("a stream reads a topic of the spec", hint, "--from", value=origin.address)


def _plurals(things: Collection[Addable]) -> str:
    return " and ".join(f"{thing.value}s" for thing in things)
