"""`platform-new refresh`: re-introspect the live sources; show what changed there and what it breaks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from platform_new.cli.editing import BranchOption, CommitOption, JsonOption, PlanOption, edit_and_update, update_options
from platform_new.cli.screen import progress

if TYPE_CHECKING:
    from platform_new.cli.update import UpdateOptions
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.errors import Problem
    from platform_new.refresh.drift import AssessedChange, Drift
    from platform_new.refresh.survey import Survey

REFUSED, DRIFTED = 2, 4
SHOWN = 6
"""The most models, contracts or tests to print for one change; `--json` has them all."""


def command(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Names of sources; by default all.")
    ] = None,
    address: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ADDRESS|FOLDER|FILE",
            help="The source's address, instead of its variable; for a source of events, a file of newer events.",
        ),
    ] = "",
    topic: Annotated[
        str, typer.Option(metavar="TOPIC", help="The topic of the events, if the file is not named after it.")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Write the changes to the spec, and update.")] = False,
    accept_breaking: Annotated[
        bool, typer.Option("--accept-breaking", help="With --apply: also apply breaking changes.")
    ] = False,
    new_tables: Annotated[bool, typer.Option("--new-tables", help="Add new tables to the spec as well.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with code 4 if a source has drifted.")] = False,
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Re-introspect live sources: show what changed, what it breaks, and what it affects.

    \b
    platform-new refresh                    every source, at the address in its variable
    platform-new refresh shop --from URL    one source, at another address
    platform-new refresh web --from newer.jsonl.gz --topic page_views
    platform-new refresh --check            for CI: exits with code 4 if a source has drifted
    platform-new refresh --apply            updates the spec, contract versions and generated files

    Sources are only read, and nothing is written without --apply. With --apply, --json prints the result of the update.
    A source that cannot be reached is reported and does not stop the others; the exit code is then 2. A topic has no
    schema to introspect: a source of events is skipped unless --from names a file of newer events.
    """
    from platform_new import flow
    from platform_new.catalog import load_catalog
    from platform_new.cli.repository import repository_of
    from platform_new.errors import Problem, Refused
    from platform_new.refresh.survey import Question, survey

    options = update_options(plan, commit, branch)
    if apply and check:
        raise Refused(Problem("these options cannot be combined", "keep one of them", value="--apply --check"))
    if not apply and (plan or commit or branch or accept_breaking):
        raise Refused(Problem("--plan, --commit, --branch and --accept-breaking need --apply", "add --apply"))
    folder = repository_of(Path())
    question = Question(sources or [], os.environ, address, Path(), new_tables, topic)
    found = survey(folder, flow.load(folder), question, load_catalog(), progress)
    if not apply or not found.drifts:
        _print(found, as_json, applying=apply)
        raise typer.Exit(exit_code(found, check=check))
    if not as_json:
        _print(found, as_json, applying=True)
    _apply(folder, found, options, accept_breaking, as_json)


def _apply(folder: Path, found: Survey, options: UpdateOptions, accept_breaking: bool, as_json: bool) -> None:
    """Change the spec and update. The exit code is 2 if a source could not be introspected, whatever the update's."""
    from platform_new.refresh.apply import apply

    def edit(files: SpecFiles) -> str:
        return apply(files, found.drifts, accept_breaking=accept_breaking)

    try:
        edit_and_update(folder, edit, options, as_json=as_json)
    except typer.Exit as end:
        raise typer.Exit(REFUSED if found.problems else end.exit_code) from None


def exit_code(found: Survey, *, check: bool) -> int:
    """2 if a source could not be introspected; with `check`, 4 if a source has drifted; otherwise 0."""
    if found.problems:
        return REFUSED
    return DRIFTED if check and any(drift.changes for drift in found.drifts) else 0


def _print(found: Survey, as_json: bool, *, applying: bool) -> None:
    if as_json:
        print(json.dumps(as_data(found), indent=2, ensure_ascii=False))
        return
    for drift in found.drifts:
        for line in _lines(drift):
            # Names and texts from a source may contain control characters.
            print("".join(letter if letter.isprintable() else " " for letter in line))
    for name in found.skipped:
        command = f"`platform-new refresh {name} --from newer.jsonl.gz`"
        print(f"{name} was skipped: a source of events needs a file of newer events: {command}", file=sys.stderr)
    for name, problems in found.problems.items():
        for problem in problems:
            print(f"{name} could not be introspected: {problem}", file=sys.stderr)
    if not applying and any(drift.changes for drift in found.drifts):
        breaking = any(drift.breaking for drift in found.drifts)
        flags = "--apply --accept-breaking" if breaking else "--apply"
        print(f"\nNothing was written. To update the spec, run `platform-new refresh {flags}`.")


def _lines(drift: Drift) -> Iterator[str]:
    """The drift as text: each change with its reason and what it affects."""
    from platform_new.refresh.drift import count_changes

    name, summary = drift.known.name, count_changes(drift.changes)
    yield f"{name}: {summary}" if summary else f"{name} matches the spec."
    for assessed in drift.changes:
        mark = "compatible" if assessed.compatible else "breaking"
        yield f"  {mark:<10}  {assessed.change.place}: {_what(assessed)}"
        yield from (f"              {line}" for line in _details(assessed))
    for dropped in drift.dropped:
        yield f"  dropped     {dropped.place}: {dropped.because}"
    for table, (before, after) in drift.versions.items():
        yield f"  version     {table}: {before} → {after}"
    ignored = [change.table for change in drift.own if change.is_new_table]
    if ignored:
        yield f"  already seen, but not in the spec: {', '.join(ignored)}"
    overridden = [f"{change.place} ({change.kind})" for change in drift.own if not change.is_new_table]
    if overridden:
        yield f"  your spec overrides the source: {', '.join(overridden)}"


def _what(assessed: AssessedChange) -> str:
    """The kind of the change, with the values before and after where the kind alone does not say it all."""
    change = assessed.change
    match change.path[2:]:
        case () | (*_, "exclude"):
            return change.kind
        case ("unique", names):
            return f"{change.kind} ({names})"
    if isinstance(change.before, bool):
        return change.kind
    if change.before is None or change.after is None:
        return f"{change.kind} ({_value(change.after if change.before is None else change.before)})"
    return f"{change.kind}, {_value(change.before)} → {_value(change.after)}"


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "none"
    return str(getattr(value, "to", value))


def _details(assessed: AssessedChange) -> Iterator[str]:
    yield assessed.because
    if assessed.change.hint:
        yield assessed.change.hint
    consequence = assessed.consequence
    for label, names in (
        ("models", consequence.models),
        ("contracts", consequence.contracts),
        ("tests", consequence.tests),
    ):
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            yield f"{label}: {', '.join(names[:SHOWN])}{more}"


def as_data(found: Survey) -> dict[str, Any]:
    """The result as data for JSON."""
    drifts = [_drift_data(drift) for drift in found.drifts]
    refused = [
        {"source": name, "outcome": "refused", "changes": [], "problems": [_problem_data(each) for each in problems]}
        for name, problems in found.problems.items()
    ]
    skipped = [{"source": name, "outcome": "skipped", "changes": [], "problems": []} for name in found.skipped]
    return {"sources": [*drifts, *refused, *skipped]}


def _drift_data(drift: Drift) -> dict[str, Any]:
    return {
        "source": drift.known.name,
        "outcome": "breaking" if drift.breaking else "compatible" if drift.changes else "unchanged",
        "changes": [_change_data(assessed) for assessed in drift.changes],
        "dropped": [{"place": each.place, "because": each.because} for each in drift.dropped],
        "versions": {table: {"before": before, "after": after} for table, (before, after) in drift.versions.items()},
        "overruled": [{"place": each.place, "kind": each.kind} for each in drift.own],
        "problems": [],
    }


def _change_data(assessed: AssessedChange) -> dict[str, Any]:
    change, consequence = assessed.change, assessed.consequence
    return {
        "path": list(change.path),
        "place": change.place,
        "kind": change.kind,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "compatible": assessed.compatible,
        "because": assessed.because,
        "hint": change.hint,
        "models": list(consequence.models),
        "contracts": list(consequence.contracts),
        "tests": list(consequence.tests),
    }


def _plain(value: Any) -> Any:
    return value.model_dump() if hasattr(value, "model_dump") else value


def _problem_data(problem: Problem) -> dict[str, Any]:
    # `cure` is the former name of `hint`.
    fields = {"reason": problem.reason, "hint": problem.hint, "cure": problem.hint}
    return fields | {"file": problem.file, "value": problem.value}
