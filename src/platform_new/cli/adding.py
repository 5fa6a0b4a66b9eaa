"""What `platform-new add` is given: where a source, table, topic or stream comes from, and to what it is added."""

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
"""What each option is about."""


@dataclass(frozen=True)
class Origin:
    """Where something comes from, as the command line says it: an address, a sample, or its description."""

    address: str
    sample: str
    schemas: tuple[str, ...]
    views: bool
    kind: str
    described: Mapping[str, Any]

    def look(self, name: str) -> Sighting:
        """What there is, as a source of that name."""
        from platform_new.edit.odcs import is_contract, read_contract
        from platform_new.introspect import look_at

        if is_contract(self.address):
            return read_contract(Path(self.address), name, kind=self.kind)
        seen = look_at(self.address, name=name, schemas=self.schemas, views=self.views, progress=progress)
        for each in seen.notices:
            notice(each)
        return seen

    def look_at_events(self, name: str) -> Sighting:
        """The events of a file, as a source of that name with one topic. Raises `Refused` for anything else."""
        from platform_new.errors import Problem, Refused
        from platform_new.spec.streams import EventSource

        seen = self.look(name)
        if not isinstance(seen.source, EventSource):
            hint = "name a file of sample events (.jsonl, .jsonl.gz)"
            raise Refused(Problem("a topic is proposed from its events", hint, "--from", value=self.address))
        return seen

    def look_again(self, known: Source, folder: Path) -> Sighting:
        """What a source of the spec holds now.

        Raises `Refused` if nobody says where it is, or if it is of another kind than the spec says.
        """
        from platform_new.edit.odcs import is_contract
        from platform_new.errors import Problem, Refused
        from platform_new.refresh.look import address_of

        file, address = f"sources/{known.name}.yml", self.address
        if not address:
            try:
                address = address_of(known, folder, os.environ)
            except Refused:
                hint = "set it to the address, or say where the table is: --from ADDRESS, FOLDER or CONTRACT"
                problem = Problem("the variable of the source is not set", hint, file, value=known.variable)
                raise Refused(problem) from None
            # As for the ingestion, a relative path counts from the repository.
            address = address if "://" in address else str(folder / address)
        kind = known.kind if is_contract(address) else ""
        seen = replace(self, address=address, kind=kind).look(known.name)
        if seen.source.kind != known.kind:
            reason = f"what is there is of kind {seen.source.kind}, and the spec says {known.kind}"
            raise Refused(Problem(reason, "add it as a source of its own: `platform-new add source …`", file))
        return seen


def refuse_misplaced(what: Addable, origin: Origin, given: Collection[str]) -> None:
    """Raises `Refused` for options that do not go together, with all that is wrong."""
    from platform_new.edit.odcs import is_contract
    from platform_new.errors import Problem, Refused

    problems = [
        Problem(f"this is not about a {what.value}", f"leave it out; it is about a {_either(things)}", option)
        for option, things in OPTIONS_OF.items()
        if option in given and what not in things
    ]
    problems += {
        Addable.SOURCE: _source_problems, Addable.TABLE: _table_problems, Addable.TOPIC: _topic_problems,
        Addable.STREAM: _stream_problems,
    }[what](origin)  # fmt: skip
    if origin.kind and not is_contract(origin.address):
        problems.append(Problem("the kind is seen, except in a contract", "leave it out", "--kind", value=origin.kind))
    if problems:
        raise Refused(problems)


def source_of_tables(files: SpecFiles, name: str) -> Source:
    """The source that a table is added to: the one that is named, or the only one."""
    return _only(files.sources(), name, "table")


def source_of_events(files: SpecFiles, name: str) -> EventSource:
    """The source that a topic or stream is added to: the one that is named, or the only one."""
    return _only(files.event_sources(), name, "topic")


def _only(sources: Sequence[Any], name: str, what: str) -> Any:
    from platform_new.documents.suggest import did_you_mean
    from platform_new.errors import Problem, Refused

    names = [source.name for source in sources]
    if name in names:
        return sources[names.index(name)]
    hint = f"add one: `platform-new add source NAME --from {'ADDRESS' if what == 'table' else 'events.jsonl.gz'}`"
    if name:
        raise Refused(Problem(f"there is no such source of {what}s", did_you_mean(name, names) or hint, value=name))
    if len(sources) == 1:
        return sources[0]
    if sources:
        known = ", ".join(f"`{each}`" for each in names)
        raise Refused(
            Problem(f"the platform has several sources of {what}s", f"say which: --source with one of {known}")
        )
    raise Refused(Problem(f"the platform has no source of {what}s", hint))


def _source_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if bool(origin.address) == bool(origin.sample):
        reason = "a source comes from one place" if origin.address else "nothing says what the source is"
        yield Problem(reason, "give --from ADDRESS, --from FOLDER, --from CONTRACT, --from FILE, or --sample NAME")


def _table_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if origin.described and (origin.address or "columns" not in origin.described):
        hint = "give either --from, or --column with --key and --role"
        yield Problem("a table is either looked at or described, by its columns", hint)


def _topic_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if bool(origin.address) == ("fields" in origin.described) or (origin.address and origin.described):
        hint = "give either --from with a file of sample events, or --field with --key and --event-time"
        yield Problem("a topic is either looked at or described, by its fields", hint)


def _stream_problems(origin: Origin) -> Iterable[Problem]:
    from platform_new.errors import Problem

    if origin.address:
        hint = "add the topic first: `platform-new add topic NAME --from FILE`, then its stream without --from"
        yield Problem("a stream is made of a topic of the spec", hint, "--from", value=origin.address)


def _either(things: Collection[Addable]) -> str:
    return " or ".join(thing.value for thing in things)
