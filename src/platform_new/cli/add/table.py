"""`platform-new add table`: add a table of a source, introspected or described."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.add.origin import KindOption, SchemaOption, ViewsOption, origin_of, the_source
from platform_new.cli.completion import sources
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


@changes_the_spec
def add_table(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name in the source.")],
    address: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ADDRESS|FOLDER|CONTRACT",
            help="Where to introspect the table; by default the address in the source's variable.",
        ),
    ] = "",
    source: Annotated[
        str, typer.Option(metavar="SOURCE", help="The source of the table.", autocompletion=sources)
    ] = "",
    schema: SchemaOption = None,
    views: ViewsOption = False,
    kind: KindOption = "",
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME TYPE'", help="Describe the table instead of introspecting it; one option per column."
        ),
    ] = None,
    key: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="With --column: a column of the primary key.")
    ] = None,
    role: Annotated[
        str, typer.Option(metavar="ROLE", help="With --column: fact, dimension, bridge, reference, operational.")
    ] = "",
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add a table of a source. What introspection proposes comes with its reason; databases are only read.

    \b
    platform-new add table reviews
    platform-new add table reviews --source shop --from reviews.odcs.yaml
    platform-new add table reviews --column "review_id bigint" --column "stars smallint" --key review_id
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit import add
    from platform_new.errors import Problem, Refused

    folder, options = repository_of(Path()), update_options(plan, commit, branch)
    origin = origin_of(address, schema, views, kind)
    described = {name: value for name, value in (("columns", column), ("key", key), ("role", role)) if value}
    if described and (address or not column):
        hint = "pass either --from, or --column with --key and --role"
        raise Refused(Problem("a table is either introspected or described by its columns", hint))

    def edit(files: SpecFiles) -> str:
        known = the_source(files.sources(), source, "table")
        if described:
            return add.add_table(files, known, add.described_table(files, known, name, described), name)
        return add.add_table(files, known, origin.introspect_again(known, folder), name)

    edit_and_update(folder, edit, options, as_json=as_json)
