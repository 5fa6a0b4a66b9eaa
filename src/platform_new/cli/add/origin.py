"""The origin of an addition, as given on the command line, and the source to add it to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from platform_new.cli.screen import notice, progress

if TYPE_CHECKING:
    from platform_new.introspect import Introspection
    from platform_new.spec.models import Source

SchemaOption = Annotated[
    list[str] | None, typer.Option(metavar="NAME", help="Introspect only this schema of the database.")
]
ViewsOption = Annotated[bool, typer.Option("--views", help="Introspect the database's views as well.")]
KindOption = Annotated[str, typer.Option(metavar="NAME", help="The kind of source that a contract describes.")]


@dataclass(frozen=True)
class Origin:
    """Where an addition is introspected: an address, limited to these schemas; `kind` is for contracts only."""

    address: str
    schemas: tuple[str, ...] = ()
    views: bool = False
    kind: str = ""

    def introspect(self, name: str) -> Introspection:
        """Introspect the address, as a source of that name."""
        from platform_new.edit.odcs import is_contract, read_contract
        from platform_new.introspect import introspect

        if is_contract(self.address):
            return read_contract(Path(self.address), name, kind=self.kind)
        seen = introspect(self.address, name=name, schemas=self.schemas, views=self.views, progress=progress)
        for each in seen.notices:
            notice(each)
        return seen

    def introspect_events(self, name: str) -> Introspection:
        """Introspect a file of events, as a source of that name with one topic. Raises `Refused` for anything else."""
        from platform_new.errors import Problem, Refused

        seen = self.introspect(name)
        if seen.source.carries != "events":
            hint = "pass a file of sample events (.jsonl, .jsonl.gz)"
            raise Refused(Problem("a topic needs a file of sample events", hint, "--from", value=self.address))
        return seen

    def introspect_again(self, known: Source, folder: Path) -> Introspection:
        """Introspect a source of the spec again.

        Raises `Refused` if its address is unknown, or if its kind differs from the spec.
        """
        from platform_new.edit.odcs import is_contract
        from platform_new.errors import Problem, Refused
        from platform_new.refresh.introspection import address_of

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
        seen = replace(self, address=address, kind=kind).introspect(known.name)
        if seen.source.kind != known.kind:
            reason = f"the address is a source of kind {seen.source.kind}, but the spec says {known.kind}"
            raise Refused(Problem(reason, "add it as a new source: `platform-new add source …`", file))
        return seen


def origin_of(address: str, schemas: Sequence[str] | None = None, views: bool = False, kind: str = "") -> Origin:
    """The origin that these options name. Raises `Refused` for a kind without a contract."""
    from platform_new.edit.odcs import is_contract
    from platform_new.errors import Problem, Refused
    from platform_new.introspect.address import expanded

    origin = Origin(expanded(address), tuple(schemas or ()), views, kind)
    if kind and not is_contract(origin.address):
        hint = "remove it; introspection finds the kind"
        raise Refused(Problem("--kind applies to contracts only", hint, value=kind))
    return origin


def the_source(sources: Sequence[Any], name: str, what: str) -> Any:
    """The source to add a table or topic (`what`) to: the named one, or the only one.

    Raises `Refused` if there is none, or if several could be meant.
    """
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
