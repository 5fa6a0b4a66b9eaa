"""`platform-new rename`: rename a source, table, mart, column, topic or stream."""

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


class Renamable(str, Enum):
    """What can be renamed."""

    SOURCE = "source"
    TABLE = "table"
    ENTITY = "entity"
    COLUMN = "column"
    TOPIC = "topic"
    STREAM = "stream"


@changes_the_spec
def command(
    what: Annotated[
        Renamable, typer.Argument(metavar="source|table|entity|column|topic|stream", help="What to rename.")
    ],
    old: Annotated[
        str,
        typer.Argument(
            metavar="OLD",
            help="The current name: SOURCE, [SOURCE.]TABLE (or TOPIC, STREAM), or [SOURCE.]TABLE.COLUMN; for an "
            "entity, the table that its mart is built from.",
            autocompletion=named,
        ),
    ],
    new: Annotated[str, typer.Argument(metavar="NEW", help="The new name, unqualified.")],
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Rename a source, table, mart, column, topic or stream. Its files move, with your edits.

    \b
    platform-new rename table orders purchases
    platform-new rename table shop.orders purchases --plan
    platform-new rename entity orders sale
    platform-new rename column orders.amount net_amount
    platform-new rename source shop web_shop
    platform-new rename topic page_views views
    platform-new rename stream web.page_traffic traffic

    Nothing is renamed at the source, at the broker or in the lake: the spec keeps the name there as `origin`, so that a
    stream resumes where it stopped. In a warehouse, the next load and run rename existing tables with all their rows.
    """
    from platform_new import flow
    from platform_new.cli.repository import repository_of
    from platform_new.edit import rename
    from platform_new.merge.update import generated_paths

    folder, options = repository_of(Path()), update_options(plan, commit, branch)

    def edit(files: SpecFiles) -> str:
        if what is Renamable.COLUMN:
            return rename.rename_column(files, old, new)
        if what is Renamable.ENTITY:
            return rename.rename_entity(files, old, new)
        known = rename.Known(flow.plan_for(flow.load(folder)), generated_paths(folder))
        if what is Renamable.TABLE:
            return rename.rename_table(files, old, new, known)
        if what is Renamable.TOPIC:
            return rename.rename_topic(files, old, new, known)
        if what is Renamable.STREAM:
            return rename.rename_stream(files, old, new, known)
        return rename.rename_source(files, old, new, known)

    edit_and_update(folder, edit, options, as_json=as_json)
