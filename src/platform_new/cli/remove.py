"""`platform-new remove`: remove a source, table, topic or stream from the platform."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.completion import named
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


class Removable(str, Enum):
    """What can be removed."""

    SOURCE = "source"
    TABLE = "table"
    TOPIC = "topic"
    STREAM = "stream"


@changes_the_spec
def command(
    what: Annotated[Removable, typer.Argument(metavar="source|table|topic|stream", help="What to remove.")],
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="Its name: SOURCE, or [SOURCE.]TABLE, TOPIC or STREAM.", autocompletion=named
        ),
    ],
    with_references: Annotated[
        bool,
        typer.Option(
            "--with-references",
            help="Also remove what refers to it, such as the streams of a topic or the streams that join a table.",
        ),
    ] = False,
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Remove a source, table, topic or stream from the platform. Generated files that you edited are kept as yours.

    \b
    platform-new remove table reviews
    platform-new remove table shop.customers --with-references
    platform-new remove source shop --plan
    platform-new remove stream page_traffic
    platform-new remove topic web.page_views --with-references

    Loaded data stays in the warehouse, and a stream's tables stay in the lake. To keep a table in the spec without
    loading it, set `exclude: reason` on it instead.
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit import remove
    from platform_new.errors import Problem, Refused

    folder, options = repository_of(Path()), update_options(plan, commit, branch)
    if what is Removable.STREAM and with_references:
        raise Refused(Problem("nothing refers to a stream", "remove --with-references"))

    def edit(files: SpecFiles) -> str:
        if what is Removable.SOURCE:
            return remove.remove_source(files, name, with_references=with_references)
        if what is Removable.TOPIC:
            return remove.remove_topic(files, name, with_references=with_references)
        if what is Removable.STREAM:
            return remove.remove_stream(files, name)
        return remove.remove_table(files, name, with_references=with_references)

    edit_and_update(folder, edit, options, as_json=as_json)
