"""`platform-new add`: another source, or another table of a source."""

from __future__ import annotations

import os
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.completion import sources
from platform_new.cli.editing import (
    BranchOption,
    CommitOption,
    JsonOption,
    PlanOption,
    changes_the_spec,
    edit_and_update,
    wish_of,
)
from platform_new.cli.screen import progress

if TYPE_CHECKING:
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.introspect import Sighting
    from platform_new.spec.models import Source


class Thing(str, Enum):
    """What can be added."""

    SOURCE = "source"
    TABLE = "table"


def samples(incomplete: str) -> list[str]:
    """The names of the built-in sources."""
    from platform_new.samples import sample_names

    return [name for name in sample_names() if name.startswith(incomplete)]


@changes_the_spec
def command(
    what: Annotated[Thing, typer.Argument(metavar="source|table", help="What is added.")],
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The new source's name; or the table's, as the source spells it.")
    ],
    address: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ADDRESS|FOLDER|CONTRACT",
            help="Look at a database, a folder of files, or a data contract (ODCS 3, a .yaml file).",
        ),
    ] = "",
    sample: Annotated[
        str, typer.Option(metavar="NAME", help="Take a built-in sample source.", autocompletion=samples)
    ] = "",
    source: Annotated[
        str, typer.Option(metavar="SOURCE", help="The source of the table.", autocompletion=sources)
    ] = "",
    schema: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Look at this schema of the database only.")
    ] = None,
    views: Annotated[bool, typer.Option("--views", help="Look at the database's views as well.")] = False,
    kind: Annotated[str, typer.Option(metavar="NAME", help="What kind of source a contract speaks of.")] = "",
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add a source, or a table to a source, as it is seen there; each proposal comes with its reason.

    \b
    platform-new add source crm --from postgresql://me:secret@db.example.com/crm
    platform-new add source exports --from ./exports
    platform-new add source billing --from billing.odcs.yaml --kind postgres
    platform-new add source shop --sample shop
    platform-new add table reviews
    platform-new add table reviews --source shop --from reviews.odcs.yaml

    A table is looked for where the source's variable points to, or at --from. Databases are only read.
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit import add

    folder, wish = repository_of(Path()), wish_of(plan, commit, branch)
    look = _Look(folder, address, tuple(schema or ()), views, kind)
    _check(what, address, sample, source, kind)

    def edit(files: SpecFiles) -> str:
        if what is Thing.TABLE:
            known = _source_of_table(files, source)
            return add.add_table(files, known, look.again(known), name)
        add.check_source_name(files, name)
        if sample:
            from platform_new.samples import sample_text

            return add.add_sample(files, name, sample_text(sample))
        return add.add_source(files, look.at(name))

    edit_and_update(folder, edit, wish, as_json=as_json)


def _check(what: Thing, address: str, sample: str, source: str, kind: str) -> None:
    """Raises `Refused` for options that do not go together."""
    from platform_new.edit.odcs import is_contract
    from platform_new.errors import Problem, Refused

    problems = []
    if what is Thing.TABLE and sample:
        problems.append(
            Problem("a sample is a source", "add it: `platform-new add source NAME --sample …`", "--sample")
        )
    if what is Thing.SOURCE and source:
        problems.append(Problem("a source is in no other", "leave it out", "--source", value=source))
    if what is Thing.SOURCE and bool(address) == bool(sample):
        reason = "a source comes from one place" if address else "nothing says what the source is"
        problems.append(Problem(reason, "give --from ADDRESS, --from FOLDER, --from CONTRACT, or --sample NAME"))
    if kind and not is_contract(address):
        problems.append(Problem("the kind is seen, except in a contract", "leave it out", "--kind", value=kind))
    if problems:
        raise Refused(problems)


def _source_of_table(files: SpecFiles, name: str) -> Source:
    """The source that a table is added to: the one that is named, or the only one."""
    from platform_new.errors import Problem, Refused

    if name or len(files.source_names) == 1:
        return files.source(name or files.source_names[0])
    known = ", ".join(f"`{each}`" for each in files.source_names)
    cure = f"say which: --source with one of {known}" if known else "add one: `platform-new add source NAME --from …`"
    raise Refused(Problem("the platform has several sources" if known else "the platform has no source", cure))


class _Look:
    """Where to look, and at what."""

    def __init__(self, folder: Path, address: str, schemas: tuple[str, ...], views: bool, kind: str):
        self.folder, self.schemas, self.views, self.kind = folder, schemas, views, kind
        # What a shell has not expanded, since it stands behind `=`.
        self.address = str(Path(address).expanduser()) if address.startswith("~") else address

    def at(self, name: str) -> Sighting:
        """What a new source of that name holds."""
        from platform_new.edit.odcs import is_contract, read_contract
        from platform_new.introspect import look_at

        if is_contract(self.address):
            return read_contract(Path(self.address), name, kind=self.kind)
        return look_at(self.address, name=name, schemas=self.schemas, views=self.views, progress=progress)

    def again(self, known: Source) -> Sighting:
        """What a source of the spec holds now. Raises `Refused` if nobody says where it is."""
        from platform_new.edit.odcs import is_contract, read_contract
        from platform_new.errors import Problem, Refused
        from platform_new.refresh.look import address_of

        if is_contract(self.address):
            return read_contract(Path(self.address), known.name, kind=known.kind)
        address = self.address
        if not address:
            try:
                address = address_of(known, self.folder, os.environ)
            except Refused:
                cure = "set it to the address, or say where the table is: --from ADDRESS, FOLDER or CONTRACT"
                file = f"sources/{known.name}.yml"
                raise Refused(
                    Problem("the variable of the source is not set", cure, file, value=known.variable)
                ) from None
        return _Look(self.folder, address, self.schemas, self.views, "").at(known.name)
