"""`platform-new refresh`: look at the live sources again, and say what has changed there and what that does."""

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
"""How many models, contracts or tests a screen shows of one change; `--json` has them all."""


def command(
    sources: Annotated[
        list[str] | None, typer.Argument(metavar="[SOURCE]...", help="Names of sources; by default all.")
    ] = None,
    address: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="ADDRESS|FOLDER|FILE",
            help="Where the source is, instead of its variable; of events, a file of newer ones.",
        ),
    ] = "",
    topic: Annotated[
        str, typer.Option(metavar="TOPIC", help="Of which topic the events are, if not that of the file's name.")
    ] = "",
    apply: Annotated[bool, typer.Option("--apply", help="Bring the changes into the spec, and update.")] = False,
    accept_breaking: Annotated[
        bool, typer.Option("--accept-breaking", help="With --apply: also what breaks somebody.")
    ] = False,
    new_tables: Annotated[bool, typer.Option("--new-tables", help="Take up new tables as well.")] = False,
    check: Annotated[bool, typer.Option("--check", help="End with 4 if a source has drifted.")] = False,
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Look at the live sources again: what has changed there, what that breaks, and what it touches.

    \b
    platform-new refresh                    every source, by the variable that holds its address
    platform-new refresh shop --from URL    one source, at another place
    platform-new refresh web --from newer.jsonl.gz --topic page_views
    platform-new refresh --check            for CI: ends with 4 if a source has drifted
    platform-new refresh --apply            changes the spec, raises the contracts' versions, updates

    Sources are only read, and without --apply nothing is written. With it, --json is the answer of the update. A source
    that cannot be reached is reported and stops no other; the exit code is 2 then. A topic has no schema to look at: a
    source of events is looked at where a file of newer ones is given, and else passed over.
    """
    from platform_new import flow
    from platform_new.catalog import load_catalog
    from platform_new.cli.repository import repository_of
    from platform_new.errors import Problem, Refused
    from platform_new.refresh.survey import Question, survey

    wish = update_options(plan, commit, branch)
    if apply and check:
        raise Refused(Problem("these words do not go together", "keep one of them", value="--apply --check"))
    if not apply and (plan or commit or branch or accept_breaking):
        raise Refused(Problem("--plan, --commit, --branch and --accept-breaking are about --apply", "add --apply"))
    folder = repository_of(Path())
    question = Question(sources or [], os.environ, address, Path(), new_tables, topic)
    found = survey(folder, flow.load(folder), question, load_catalog(), progress)
    if not apply or not found.drifts:
        _print(found, as_json, following=apply)
        raise typer.Exit(exit_code(found, check=check))
    if not as_json:
        _print(found, as_json, following=True)
    _have_it_followed(folder, found, wish, accept_breaking, as_json)


def _have_it_followed(folder: Path, found: Survey, wish: UpdateOptions, accept_breaking: bool, as_json: bool) -> None:
    """Change the spec and update; what could not be looked at makes the exit code 2, whatever the update's is."""
    from platform_new.refresh.apply import apply

    def edit(files: SpecFiles) -> str:
        return apply(files, found.drifts, accept_breaking=accept_breaking)

    try:
        edit_and_update(folder, edit, wish, as_json=as_json)
    except typer.Exit as end:
        raise typer.Exit(REFUSED if found.problems else end.exit_code) from None


def exit_code(found: Survey, *, check: bool) -> int:
    """2 if a source could not be looked at; else, if asked, 4 if one has drifted."""
    if found.problems:
        return REFUSED
    return DRIFTED if check and any(drift.changes for drift in found.drifts) else 0


def _print(found: Survey, as_json: bool, *, following: bool) -> None:
    if as_json:
        print(json.dumps(as_data(found), indent=2, ensure_ascii=False))
        return
    for drift in found.drifts:
        for line in _lines(drift):
            # Names and texts of a source may hold what a terminal would obey.
            print("".join(letter if letter.isprintable() else " " for letter in line))
    for name in found.passed_over:
        hint = f"`platform-new refresh {name} --from newer.jsonl.gz`"
        print(f"{name} was not looked at: it has events, and nobody gave newer ones: {hint}", file=sys.stderr)
    for name, problems in found.problems.items():
        for problem in problems:
            print(f"{name} could not be looked at: {problem}", file=sys.stderr)
    if not following and any(drift.changes for drift in found.drifts):
        breaking = any(drift.breaking for drift in found.drifts)
        words = "--apply --accept-breaking" if breaking else "--apply"
        print(f"\nNothing was written. `platform-new refresh {words}` has the spec follow.")


def _lines(drift: Drift) -> Iterator[str]:
    """A drift for people: each change with its reason and what it touches."""
    name = drift.known.name
    if not drift.changes:
        yield f"{name} is as the spec says."
    else:
        count, breaking = len(drift.changes), len(drift.breaking)
        yield f"{name}: {count} change{'s' if count > 1 else ''}, {breaking or 'none'} breaking"
    for weighed in drift.changes:
        mark = "compatible" if weighed.compatible else "breaking"
        yield f"  {mark:<10}  {weighed.change.place}: {_what(weighed)}"
        yield from (f"              {line}" for line in _details(weighed))
    for dropped in drift.dropped:
        yield f"  dropped     {dropped.place}: {dropped.because}"
    for table, (before, after) in drift.versions.items():
        yield f"  version     {table}: {before} → {after}"
    passed_over = [change.table for change in drift.own if change.is_new_table]
    if passed_over:
        yield f"  not in the spec, and no news: {', '.join(passed_over)}"
    overruled = [f"{change.place} ({change.kind})" for change in drift.own if not change.is_new_table]
    if overruled:
        yield f"  your spec overrules the source: {', '.join(overruled)}"


def _what(weighed: AssessedChange) -> str:
    """The kind of the change with what was and what is, where the kind does not say it all."""
    change = weighed.change
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


def _details(weighed: AssessedChange) -> Iterator[str]:
    yield weighed.because
    if weighed.change.hint:
        yield weighed.change.hint
    consequence = weighed.consequence
    for what, names in (
        ("models", consequence.models),
        ("contracts", consequence.contracts),
        ("tests", consequence.tests),
    ):
        if names:
            more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
            yield f"{what}: {', '.join(names[:SHOWN])}{more}"


def as_data(found: Survey) -> dict[str, Any]:
    """The answer for machines."""
    drifts = [_drift_data(drift) for drift in found.drifts]
    refused = [
        {"source": name, "outcome": "refused", "changes": [], "problems": [_problem_data(each) for each in problems]}
        for name, problems in found.problems.items()
    ]
    passed_over = [
        {"source": name, "outcome": "passed over", "changes": [], "problems": []} for name in found.passed_over
    ]
    return {"sources": [*drifts, *refused, *passed_over]}


def _drift_data(drift: Drift) -> dict[str, Any]:
    return {
        "source": drift.known.name,
        "outcome": "breaking" if drift.breaking else "compatible" if drift.changes else "as it was",
        "changes": [_change_data(weighed) for weighed in drift.changes],
        "dropped": [{"place": each.place, "because": each.because} for each in drift.dropped],
        "versions": {table: {"before": before, "after": after} for table, (before, after) in drift.versions.items()},
        "overruled": [{"place": each.place, "kind": each.kind} for each in drift.own],
        "problems": [],
    }


def _change_data(weighed: AssessedChange) -> dict[str, Any]:
    change, consequence = weighed.change, weighed.consequence
    return {
        "path": list(change.path),
        "place": change.place,
        "kind": change.kind,
        "before": _plain(change.before),
        "after": _plain(change.after),
        "compatible": weighed.compatible,
        "because": weighed.because,
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
