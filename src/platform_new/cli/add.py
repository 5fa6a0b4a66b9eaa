"""`platform-new add`: add a source, a table or topic of a source, or a stream of a topic."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.adding import Addable, Origin, refuse_misplaced, source_of_events, source_of_tables
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


def samples(incomplete: str) -> list[str]:
    """The names of the built-in sources."""
    from platform_new.samples import sample_names

    return [name for name in sample_names() if name.startswith(incomplete)]


@changes_the_spec
def command(
    what: Annotated[Addable, typer.Argument(metavar="source|table|topic|stream", help="What to add.")],
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="Its name; for a table or topic, its name in the source or broker."),
    ],
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
    source: Annotated[
        str, typer.Option(metavar="SOURCE", help="The source of the table, topic or stream.", autocompletion=sources)
    ] = "",
    schema: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Introspect only this schema of the database.")
    ] = None,
    views: Annotated[bool, typer.Option("--views", help="Introspect the database's views as well.")] = False,
    kind: Annotated[str, typer.Option(metavar="NAME", help="The kind of source that a contract describes.")] = "",
    column: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME TYPE'", help="Describe a table instead of introspecting the source; one option per column."
        ),
    ] = None,
    key: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="With --column: a column of the primary key. With --field: the message key."),
    ] = None,
    role: Annotated[str, typer.Option(metavar="ROLE", help="With --column: fact, dimension, bridge, reference.")] = "",
    field: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME TYPE [required]'",
            help="Describe a topic instead of introspecting events; one option per field.",
        ),
    ] = None,
    event_time: Annotated[
        str,
        typer.Option(
            metavar="FIELD", help="With --field: the field with the event time; by default the only timestamp."
        ),
    ] = "",
    topic: Annotated[str, typer.Option(metavar="TOPIC", help="The topic of a stream.", autocompletion=topics)] = "",
    join: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=FIELD[:COLUMN]", help="For a stream: a column of the table that a field references."
        ),
    ] = None,
    window: Annotated[str, typer.Option(metavar="DURATION", help="For a stream: window length, in event time.")] = "",
    slide: Annotated[str, typer.Option(metavar="DURATION", help="With --window: slide interval.")] = "",
    group_by: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="With --window: group by this field.")
    ] = None,
    aggregate: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FUNCTION[:FIELD]", help="With --window: an aggregate (count, sum, min, max, avg)."),
    ] = None,
    trigger: Annotated[
        str, typer.Option(metavar="available_now|DURATION", help="For a stream: run once, or polling interval.")
    ] = "",
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Add a source, a table or topic of a source, or a stream. What introspection proposes comes with its reason.

    \b
    platform-new add source crm --from postgresql://me:secret@db.example.com/crm
    platform-new add source exports --from ./exports
    platform-new add source billing --from billing.odcs.yaml --kind postgres
    platform-new add source shop --sample shop
    platform-new add table reviews
    platform-new add table reviews --source shop --from reviews.odcs.yaml
    platform-new add table reviews --column "review_id bigint" --column "stars smallint" --key review_id
    platform-new add source web --from clicks.jsonl.gz
    platform-new add topic web.orders.v1 --source web --from orders.jsonl.gz
    platform-new add topic logins --field "at timestamptz required" --field "user_id bigint required" --key user_id
    platform-new add stream logins --topic logins
    platform-new add stream views_by_page --topic page_views --window "5 minutes" --group-by page \\
      --aggregate view_count=count --aggregate seconds_sum=sum:seconds
    platform-new add stream views_by_segment --join segment=customer_id --window "5 minutes" --group-by segment \\
      --aggregate view_count=count

    A table is introspected at the address in the source's variable, or at --from. Databases are only read. A stream
    without a window keeps the events themselves.
    """
    from platform_new.cli.repository import repository_of
    from platform_new.edit import add, add_events

    folder, options = repository_of(Path()), update_options(plan, commit, branch)
    described = {
        Addable.TABLE: {"columns": column, "key": key, "role": role},
        Addable.TOPIC: {"fields": field, "key": key[0] if key else "", "event_time": event_time},
        Addable.STREAM: {
            "topic": topic,
            "joins": join,
            "window": {"length": window, **({"slide": slide} if slide else {})} if window or slide else None,
            "group_by": group_by,
            "aggregates": aggregate,
            "trigger": trigger,
        },
    }.get(what, {})
    origin = Origin(
        address=str(Path(address).expanduser()) if address.startswith("~") else address,
        sample=sample,
        schemas=tuple(schema or ()),
        views=views,
        kind=kind,
        described={name: value for name, value in described.items() if value},
    )
    given = {
        "--sample": sample, "--source": source, "--schema": schema, "--views": views, "--kind": kind,
        "--column": column, "--key": key, "--role": role, "--field": field, "--event-time": event_time,
        "--topic": topic, "--join": join, "--window": window, "--slide": slide, "--group-by": group_by,
        "--aggregate": aggregate, "--trigger": trigger,
    }  # fmt: skip
    refuse_misplaced(what, origin, {option for option, value in given.items() if value})

    def edit(files: SpecFiles) -> str:
        if what is Addable.TABLE:
            known = source_of_tables(files, source)
            if origin.described:
                return add.add_table(files, known, add.described_table(files, known, name, origin.described), name)
            return add.add_table(files, known, origin.look_again(known, folder), name)
        if what is Addable.TOPIC:
            events = source_of_events(files, source)
            if origin.described:
                described_topic = add_events.described_topic(events, name, origin.described)
                return add_events.add_topic(files, events, name, described_topic)
            add_events.topic_name(events, name)
            seen = origin.look_at_events(events.name)
            return add_events.add_topic(files, events, name, seen.source.topics[0], seen)
        if what is Addable.STREAM:
            return add_events.add_stream(files, source_of_events(files, source), name, origin.described)
        add.check_source_name(files, name)
        if sample:
            from platform_new.samples import sample_text

            return add.add_sample(files, name, sample_text(sample))
        return add.add_source(files, origin.look(name))

    edit_and_update(folder, edit, options, as_json=as_json)
