"""`platform-new add stream`: add a stream of a topic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.add.origin import the_source
from platform_new.cli.completion import sources, topics
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
def add_stream(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name.")],
    source: Annotated[
        str, typer.Option(metavar="SOURCE", help="The source of the stream.", autocompletion=sources)
    ] = "",
    topic: Annotated[str, typer.Option(metavar="TOPIC", help="The topic to read.", autocompletion=topics)] = "",
    join: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FIELD[:COLUMN]", help="A column of the table that a field references."),
    ] = None,
    window: Annotated[str, typer.Option(metavar="DURATION", help="The window length, in event time.")] = "",
    slide: Annotated[str, typer.Option(metavar="DURATION", help="With --window: the slide interval.")] = "",
    group_by: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="With --window: group by this field.")
    ] = None,
    aggregate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FUNCTION[:FIELD]", help="With --window: an aggregate (count, sum, min, max, avg)."),
    ] = None,
    trigger: Annotated[
        str, typer.Option(metavar="available_now|DURATION", help="Run once, or the polling interval.")
    ] = "",
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add a stream of a topic. A stream without a window keeps the events themselves.

    \b
    platform-new add stream logins --topic logins
    platform-new add stream views_by_page --topic page_views --window "5 minutes" --group-by page \\
      --aggregate view_count=count --aggregate seconds_sum=sum:seconds
    platform-new add stream views_by_segment --join segment=customer_id --window "5 minutes" --group-by segment \\
      --aggregate view_count=count
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit.events import add

    folder, options = repository_of(Path()), update_options(plan, commit, branch)
    given = {
        "topic": topic,
        "joins": join,
        "window": {"length": window, **({"slide": slide} if slide else {})} if window or slide else None,
        "group_by": group_by,
        "aggregates": aggregate,
        "trigger": trigger,
    }
    described = {name: value for name, value in given.items() if value}

    def edit(files: SpecFiles) -> str:
        return add.add_stream(files, the_source(files.event_sources(), source, "topic"), name, described)

    edit_and_update(folder, edit, options, as_json=as_json)
