"""`platform-new add source`: add a database, a folder of files, a contract, sample events or a built-in sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.add.origin import KindOption, SchemaOption, ViewsOption, origin_of
from platform_new.cli.editing import (
    BranchOption,
    CommitOption,
    JsonOption,
    PlanOption,
    changes_the_spec,
    edit_and_update,
    update_options,
)

if TYPE_CHECKING:
    from platform_new.edit.spec_files import SpecFiles


def samples(incomplete: str) -> list[str]:
    """The names of the built-in sources."""
    from platform_new.samples import sample_names

    return [name for name in sample_names() if name.startswith(incomplete)]


@changes_the_spec
def add_source(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in the spec.")],
    address: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ADDRESS|FOLDER|CONTRACT|FILE",
            help="Introspect a database, a folder of files, a data contract (ODCS 3, a .yaml file), or a file of "
            "sample events (.jsonl, .jsonl.gz).",
        ),
    ] = "",
    sample: Annotated[
        str, typer.Option(metavar="NAME", help="Use a built-in sample source.", autocompletion=samples)
    ] = "",
    schema: SchemaOption = None,
    views: ViewsOption = False,
    kind: KindOption = "",
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add a source. What introspection proposes comes with its reason; databases are only read.

    \b
    platform-new add source crm --from postgresql://me:secret@db.example.com/crm
    platform-new add source exports --from ./exports
    platform-new add source billing --from billing.odcs.yaml --kind postgres
    platform-new add source web --from clicks.jsonl.gz
    platform-new add source shop --sample shop
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit import add
    from platform_new.errors import Problem, Refused

    folder, options = repository_of(Path()), update_options(plan, commit, branch)
    if bool(address) == bool(sample):
        reason = "use either --from or --sample, not both" if address else "missing source"
        raise Refused(Problem(reason, "pass --from ADDRESS, FOLDER, CONTRACT or FILE, or --sample NAME"))
    origin = origin_of(address, schema, views, kind)

    def edit(files: SpecFiles) -> str:
        add.check_source_name(files, name)
        if sample:
            from platform_new.samples import sample_text

            return add.add_sample(files, name, sample_text(sample))
        return add.add_source(files, origin.introspect(name))

    edit_and_update(folder, edit, options, as_json=as_json)
