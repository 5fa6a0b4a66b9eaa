"""`platform-new plan`: show what would be generated, and why."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from platform_new.cli.flags import with_questions
from platform_new.cli.screen import notice, progress

if TYPE_CHECKING:
    from platform_new.plan import Plan
    from platform_new.plan.streams import PlannedStream


@with_questions
def command(
    flags: dict[str, Any],
    spec_file: Path | None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the plan as JSON.")] = False,
) -> None:
    """Show what would be generated and why. Nothing is written.

    \b
    platform-new plan                       inside a repository: for its spec
    platform-new plan acme --from ./exports for `platform-new acme --from ./exports`
    platform-new plan acme --json
    """
    from platform_new import flow
    from platform_new.catalog import load_catalog

    catalog = load_catalog()
    if spec_file or any(value not in (None, []) for value in flags.values()):
        from platform_new.answers import answered_spec, resolve

        answered = answered_spec(resolve(flags, os.environ, spec_file), catalog, progress)
        spec = answered.spec
        for each in answered.notices:
            notice(each)
    else:
        from platform_new.cli.repository import repository_of

        spec = flow.load(repository_of(Path()))
    plan = flow.plan_for(spec, catalog)
    print(json.dumps(_as_data(plan), indent=2, ensure_ascii=False) if as_json else _as_text(plan))


def _as_text(plan: Plan) -> str:
    from platform_new.cli.tree import tree_lines

    choices = [f"{choice.axis}: {choice.label}" for choice in plan.chosen]
    sources = [f"source {source.name}: {len(source.tables)} tables" for source in plan.sources]
    streams = [
        f"stream {stream.events.name}.{stream.name}: reads topic {stream.topic.name}" for stream in _streams(plan)
    ]
    excluded = [f"excluded: {name} ({reason})" for source in plan.sources for name, reason in source.left_out]
    marts = [f"mart {mart.name}: {mart.description}" for mart in plan.marts]
    marts += [f"internal {mart.name}: {mart.description}" for mart in plan.internal]
    files = tree_lines({file.path: f"# {file.because}" for file in plan.files})
    summary = [*choices, *sources, *streams, *excluded, *marts, f"{len(plan.files)} files"]
    return "\n".join([f"{plan.platform.name}/", *files, "", *summary])


def _as_data(plan: Plan) -> dict[str, Any]:
    from platform_new.plan import names_of

    return {
        "platform": plan.platform.model_dump(),
        "choices": names_of(plan.choices),
        "sources": [
            {
                "name": source.name,
                "kind": source.spec.kind,
                "schedule": source.spec.schedule,
                "tables": [{"name": each.table, "origin": each.origin, "model": each.model} for each in source.tables],
                "left_out": [{"name": name, "reason": reason} for name, reason in source.left_out],
            }
            for source in plan.sources
        ],
        "marts": [
            {
                "name": mart.name,
                "kind": mart.kind,
                "visibility": mart.visibility,
                "description": mart.description,
                "grain": mart.grain,
                "key": list(mart.key),
                "columns": [{"name": column.name, "type": column.type, "kind": column.kind} for column in mart.columns],
            }
            for mart in (*plan.marts, *plan.internal)
        ],
        "streams": [
            {
                "name": stream.name,
                "source": stream.events.name,
                "topic": stream.topic.spec.source_name,
                "trigger": stream.spec.trigger,
            }
            for stream in _streams(plan)
        ],
        "files": [{"path": file.path, "template": file.template, "because": file.because} for file in plan.files],
    }


def _streams(plan: Plan) -> Iterable[PlannedStream]:
    return (stream for events in plan.events for stream in events.streams)
