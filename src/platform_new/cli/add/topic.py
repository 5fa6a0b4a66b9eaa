"""`platform-new add topic`: add a topic of a source of events, introspected or described."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.add.origin import origin_of, the_source
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
def add_topic(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Its name at the broker.")],
    address: Annotated[
        str, typer.Option("--from", metavar="FILE", help="Introspect a file of sample events (.jsonl, .jsonl.gz).")
    ] = "",
    source: Annotated[
        str, typer.Option(metavar="SOURCE", help="The source of the topic.", autocompletion=sources)
    ] = "",
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME TYPE [required]'",
            help="Describe the topic instead of introspecting events; one option per field.",
        ),
    ] = None,
    key: Annotated[str, typer.Option(metavar="NAME", help="With --field: the message key.")] = "",
    event_time: Annotated[
        str,
        typer.Option(
            metavar="FIELD", help="With --field: the field with the event time; by default the only timestamp."
        ),
    ] = "",
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add a topic of a source of events. What introspection proposes comes with its reason.

    \b
    platform-new add topic web.orders.v1 --source web --from orders.jsonl.gz
    platform-new add topic logins --field "at timestamptz required" --field "user_id bigint required" --key user_id
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit.events import add
    from platform_new.errors import Problem, Refused

    folder, options = repository_of(Path()), update_options(plan, commit, branch)
    given = {"fields": field, "key": key, "event_time": event_time}
    described = {name: value for name, value in given.items() if value}
    if bool(address) == bool(field) or (address and described):
        hint = "pass either --from with a file of sample events, or --field with --key and --event-time"
        raise Refused(Problem("a topic is either introspected or described by its fields", hint))

    def edit(files: SpecFiles) -> str:
        events = the_source(files.event_sources(), source, "topic")
        if described:
            return add.add_topic(files, events, name, add.described_topic(events, name, described))
        add.topic_name(events, name)
        seen = origin_of(address).introspect_events(events.name)
        return add.add_topic(files, events, name, seen.source.topics[0], seen)

    edit_and_update(folder, edit, options, as_json=as_json)
