"""`platform-new update`: update a repository to the current spec and templates."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.screen import progress

if TYPE_CHECKING:
    from platform_new.cli.inventory import Report
    from platform_new.merge.update import FreshRender, UpdatePlan

REFUSED, CONFLICTS = 2, 3
PATHS_SHOWN = 30
"""The most paths of one kind to print; `--json` has them all."""


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Repositories or patterns; by default the current repository."),
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Show what would happen, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Undo the last update.")] = False,
    go_on: Annotated[bool, typer.Option("--continue", help="Finish an update after resolving conflicts.")] = False,
    commit: Annotated[bool, typer.Option("--commit", help="Commit the result, together with the spec.")] = False,
    branch: Annotated[
        str, typer.Option(metavar="NAME", help="Commit the result on a new branch; the working tree stays untouched.")
    ] = "",
    without_base: Annotated[
        bool,
        typer.Option("--without-base", help="Update without a baseline: every difference becomes a conflict."),
    ] = False,
) -> None:
    """Update repositories to the current spec and templates. Your edits are merged, never lost.

    \b
    platform-new update                updates the current repository
    platform-new update --plan         shows what would happen
    platform-new update --commit       makes one commit that says what changed and why
    platform-new update --abort        restores the previous state
    platform-new update ~/repos/*      updates many at once; a failure does not stop the others

    The exit code is 0 if the update is clean, 3 with conflicts, and 2 if it was refused and nothing was written.
    """
    from platform_new.cli.repository import repositories, repository_of
    from platform_new.errors import Problem, Refused
    from platform_new.merge import update

    places = repositories(paths)
    asked = [name for name, given in (("--plan", plan), ("--abort", abort), ("--continue", go_on)) if given]
    if len(asked) > 1 or (asked and (commit or branch)) or (commit and branch) or ((abort or go_on) and places[1:]):
        raise Refused(Problem("these options cannot be combined", "see `platform-new update --help`"))
    if abort:
        _say_aborted(update.abort(repository_of(places[0])))
    elif go_on:
        _continue(repository_of(places[0]))
    elif len(places) > 1:
        _update_many(places, UpdateOptions(plan, commit, branch, without_base), as_json)
    else:
        options = UpdateOptions(plan, commit, branch, without_base)
        planned = _update(repository_of(places[0]), options)
        if as_json:
            print(as_report(places[0], planned, branch).model_dump_json(indent=2))
        else:
            show(planned, options)
        raise typer.Exit(exit_code(planned, branch))


@dataclass(frozen=True)
class UpdateOptions:
    """The options of an update."""

    plan: bool
    commit: bool
    branch: str
    without_base: bool


def _update(folder: Path, options: UpdateOptions, progress: Callable[[str], None] = progress) -> UpdatePlan:
    """Plan the update of one repository and, unless only the plan is wanted, apply it if there are no obstacles."""
    from platform_new import flow
    from platform_new.merge import update

    def rendered(folder: Path) -> FreshRender:
        return flow.render_current(folder, progress)

    if options.plan:
        return update.plan_update(folder, rendered, without_base=options.without_base)
    with update.ready(folder) as undone:
        if undone:
            print("Rolled back an interrupted update first.", file=sys.stderr)
        planned = update.plan_update(folder, rendered, without_base=options.without_base)
        if options.branch or not planned.obstacles:
            update.carry_out(planned, commit=options.commit, branch=options.branch)
    return planned


def _update_many(places: list[Path], options: UpdateOptions, as_json: bool) -> None:
    from platform_new.cli.fleet import each
    from platform_new.cli.inventory import State, in_json, table
    from platform_new.cli.report import without_passwords

    reports = each(places, partial(_report, options))
    print(without_passwords(in_json(reports) if as_json else table(reports)))
    states = {report.outcome for report in reports}
    refused = states & {State.REFUSED, State.FAILED}
    raise typer.Exit(REFUSED if refused else CONFLICTS if State.CONFLICTS in states else 0)


def _report(options: UpdateOptions, path: Path, folder: Path) -> Report:
    return as_report(path, _update(folder, options, lambda _: None), options.branch)


def exit_code(planned: UpdatePlan, branch: str = "") -> int:
    """0 if the update is clean, 3 with conflicts, 2 with obstacles."""
    if planned.obstacles and not branch:
        return REFUSED
    return CONFLICTS if planned.answer.conflicts else 0


def _continue(folder: Path) -> None:
    from platform_new.merge import update

    unresolved = update.finish(folder)
    for path in unresolved:
        print(f"  conflict   {path}")
    if unresolved:
        print("Resolve them and `git add` them, then run `platform-new update --continue` again.")
        raise typer.Exit(CONFLICTS)
    print("The update is complete.")


def _say_aborted(saved: list[tuple[str, str]]) -> None:
    print("Restored the repository to its state before the update.")
    for path, object_id in saved:
        print(f"  your later changes to {path} are kept: git show {object_id}")


def is_refused(planned: UpdatePlan, options: UpdateOptions) -> bool:
    """Whether obstacles prevented the update, so that nothing was written."""
    return bool(planned.obstacles) and not (options.plan or options.branch)


def show(planned: UpdatePlan, options: UpdateOptions) -> None:
    """Print what happens to each file, and what to do next."""
    from platform_new.errors import counted

    conflicts = planned.answer.conflicts
    to_resolve = f"{counted(len(conflicts), 'conflict')} to resolve."
    if not is_refused(planned, options):
        for line in _lines(planned):
            print(line)
    if planned.up_to_date:
        print(f"{planned.name} is up to date.")
    elif planned.obstacles and not options.branch:
        for problem in planned.obstacles:
            print(problem, file=sys.stderr)
        result = "An update would be refused" if options.plan else "The update was refused; nothing was written"
        print(f"{result}: {counted(len(planned.obstacles), 'obstacle')}.", file=sys.stderr)
    elif options.plan:
        print(f"\n{to_resolve} Nothing was written." if conflicts else "\nNothing was written.")
    elif conflicts:
        print(f"\n{to_resolve} Then `git add` the files and run `platform-new update --continue`.")
        print("To restore the previous state instead, run `platform-new update --abort`.")
    else:
        done = "staged; review it with `git diff --cached`"
        done = f"on the branch {options.branch}" if options.branch else "committed" if options.commit else done
        print(f"\nThe update {'was already applied, and ' if planned.uncommitted else ''}is {done}.")


def _lines(planned: UpdatePlan) -> list[str]:
    """The decisions, grouped by outcome and reason, without the baseline."""
    from platform_new.merge import baseline
    from platform_new.merge.three_way import Outcome

    groups: dict[tuple[int, str, str], list[str]] = {}
    order = list(Outcome)
    for decision in planned.answer.decisions:
        if decision.path != baseline.PATH:
            path = f"{decision.before} → {decision.path}" if decision.before else decision.path
            key = order.index(decision.outcome), decision.outcome.value, decision.reason
            groups.setdefault(key, []).append(path)
    lines = []
    for (_, outcome, reason), paths in sorted(groups.items()):
        lines.append(f"{outcome}: {reason}")
        lines += [f"  {path}" for path in paths[:PATHS_SHOWN]]
        if len(paths) > PATHS_SHOWN:
            lines.append(f"  … and {len(paths) - PATHS_SHOWN} more")
    return lines


def as_report(path: Path, planned: UpdatePlan, branch: str) -> Report:
    """The report on an update. On a branch there are no obstacles."""
    from platform_new.cli.inventory import State, report_on

    if planned.up_to_date:
        return report_on(path, planned, State.UP_TO_DATE)
    states = {0: State.CLEAN, REFUSED: State.REFUSED, CONFLICTS: State.CONFLICTS}
    return report_on(path, planned, states[exit_code(planned, branch)])
