"""`platform-new add`: another source, or another table of a source."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    column: Annotated[
        list[str] | None,
        typer.Option(metavar="'NAME TYPE'", help="Describe a table in place of a look, a column at a time."),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(metavar="COLUMN", help="With --column: a column of the primary key.")
    ] = None,
    role: Annotated[str, typer.Option(metavar="ROLE", help="With --column: fact, dimension, bridge, reference.")] = "",
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
    platform-new add table reviews --column "review_id bigint" --column "stars smallint" --key review_id

    A table is looked for where the source's variable points to, or at --from. Databases are only read.
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit import add

    folder, wish = repository_of(Path()), wish_of(plan, commit, branch)
    described = {"columns": column, "key": key, "role": role}
    origin = _Origin(
        address=str(Path(address).expanduser()) if address.startswith("~") else address,
        sample=sample,
        schemas=tuple(schema or ()),
        views=views,
        kind=kind,
        described={name: value for name, value in described.items() if value},
    )
    _check(what, origin, source)

    def edit(files: SpecFiles) -> str:
        if what is Thing.TABLE:
            known = _source_of_table(files, source)
            if origin.described:
                return add.add_table(files, known, add.described_table(files, known, name, origin.described), name)
            return add.add_table(files, known, _look_again(origin, known, folder), name)
        add.check_source_name(files, name)
        if sample:
            from platform_new.samples import sample_text

            return add.add_sample(files, name, sample_text(sample))
        return add.add_source(files, _look(origin, name))

    edit_and_update(folder, edit, wish, as_json=as_json)


@dataclass(frozen=True)
class _Origin:
    """Where a source or a table comes from, as the command line says it."""

    address: str
    sample: str
    schemas: tuple[str, ...]
    views: bool
    kind: str
    described: Mapping[str, Any]


def _check(what: Thing, origin: _Origin, source: str) -> None:
    """Raises `Refused` for options that do not go together."""
    from platform_new.edit.odcs import is_contract
    from platform_new.errors import Problem, Refused

    problems = []
    if what is Thing.TABLE and origin.sample:
        cure = "add it: `platform-new add source NAME --sample …`"
        problems.append(Problem("a sample is a source", cure, "--sample"))
    if what is Thing.SOURCE and source:
        problems.append(Problem("a source is in no other", "leave it out", "--source", value=source))
    if what is Thing.SOURCE and origin.described:
        cure = "give --from or --sample; or write its file by hand, and update"
        problems.append(Problem("what is described is a table", cure, "--column"))
    elif what is Thing.SOURCE and bool(origin.address) == bool(origin.sample):
        reason = "a source comes from one place" if origin.address else "nothing says what the source is"
        problems.append(Problem(reason, "give --from ADDRESS, --from FOLDER, --from CONTRACT, or --sample NAME"))
    if what is Thing.TABLE and origin.described and (origin.address or "columns" not in origin.described):
        cure = "give either --from, or --column with --key and --role"
        problems.append(Problem("a table is either looked at or described, by its columns", cure))
    if origin.kind and not is_contract(origin.address):
        problems.append(Problem("the kind is seen, except in a contract", "leave it out", "--kind", value=origin.kind))
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


def _look(origin: _Origin, name: str) -> Sighting:
    """What there is, as a source of that name."""
    from platform_new.edit.odcs import is_contract, read_contract
    from platform_new.introspect import look_at

    if is_contract(origin.address):
        return read_contract(Path(origin.address), name, kind=origin.kind)
    return look_at(origin.address, name=name, schemas=origin.schemas, views=origin.views, progress=progress)


def _look_again(origin: _Origin, known: Source, folder: Path) -> Sighting:
    """What a source of the spec holds now.

    Raises `Refused` if nobody says where it is, or if it is of another kind than the spec says.
    """
    from platform_new.edit.odcs import is_contract
    from platform_new.errors import Problem, Refused
    from platform_new.refresh.look import address_of

    file, address = f"sources/{known.name}.yml", origin.address
    if not address:
        try:
            address = address_of(known, folder, os.environ)
        except Refused:
            cure = "set it to the address, or say where the table is: --from ADDRESS, FOLDER or CONTRACT"
            problem = Problem("the variable of the source is not set", cure, file, value=known.variable)
            raise Refused(problem) from None
        # As for the ingestion, a relative path counts from the repository.
        address = address if "://" in address else str(folder / address)
    kind = known.kind if is_contract(address) else ""
    seen = _look(replace(origin, address=address, kind=kind), known.name)
    if seen.source.kind != known.kind:
        reason = f"what is there is of kind {seen.source.kind}, and the spec says {known.kind}"
        raise Refused(Problem(reason, "add it as a source of its own: `platform-new add source …`", file))
    return seen
