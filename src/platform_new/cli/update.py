"""`platform-new update`: bring a repository to today's spec and today's templates."""

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
"""How many paths of one kind a screen shows; `--json` has them all."""


def command(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Repositories; by default the one around you.")
    ] = None,
    plan: Annotated[bool, typer.Option("--plan", help="Say what would happen, and write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")] = False,
    abort: Annotated[bool, typer.Option("--abort", help="Restore what was before the last update.")] = False,
    go_on: Annotated[bool, typer.Option("--continue", help="End an update whose conflicts you have resolved.")] = False,
    commit: Annotated[bool, typer.Option("--commit", help="Commit the result, together with the spec.")] = False,
    branch: Annotated[
        str, typer.Option(metavar="NAME", help="Commit the result on a new branch; the working tree is left alone.")
    ] = "",
    without_base: Annotated[
        bool,
        typer.Option("--without-base", help="Update without a baseline: every difference becomes a conflict."),
    ] = False,
) -> None:
    """Bring repositories to today's spec and today's templates. Your edits are merged, never lost.

    \b
    platform-new update                in the repository
    platform-new update --plan         says what would happen
    platform-new update --commit       one commit that says what changed and why
    platform-new update --abort        restores what was before
    platform-new update ~/repos/*      many at once; no failure of one stops another

    The exit code is 0 if all is clean, 3 with conflicts, 2 if one was refused: then nothing was written there.
    """
    from platform_new.cli.repository import repositories, repository_of
    from platform_new.errors import Problem, Refused
    from platform_new.merge import update

    places = repositories(paths)
    asked = [name for name, given in (("--plan", plan), ("--abort", abort), ("--continue", go_on)) if given]
    if len(asked) > 1 or (asked and (commit or branch)) or (commit and branch) or ((abort or go_on) and places[1:]):
        raise Refused(Problem("these words do not go together", "see `platform-new update --help`"))
    if abort:
        _say_aborted(update.abort(repository_of(places[0])))
    elif go_on:
        _continue(repository_of(places[0]))
    elif len(places) > 1:
        _update_many(places, UpdateOptions(plan, commit, branch, without_base), as_json)
    else:
        wish = UpdateOptions(plan, commit, branch, without_base)
        prospect = _update(repository_of(places[0]), wish)
        if as_json:
            print(as_report(places[0], prospect, branch).model_dump_json(indent=2))
        else:
            show(prospect, wish)
        raise typer.Exit(exit_code(prospect, branch))


@dataclass(frozen=True)
class UpdateOptions:
    """What is wanted of an update."""

    plan: bool
    commit: bool
    branch: str
    without_base: bool


def _update(folder: Path, wish: UpdateOptions, progress: Callable[[str], None] = progress) -> UpdatePlan:
    """Look at one repository and, unless only a plan is wanted, do it. What is in the way stops it, and is reported."""
    from platform_new import flow
    from platform_new.merge import update

    def rendered(folder: Path) -> FreshRender:
        return flow.render_today(folder, progress)

    if wish.plan:
        return update.look(folder, rendered, without_base=wish.without_base)
    with update.ready(folder) as undone:
        if undone:
            print("An interrupted update was undone first.", file=sys.stderr)
        prospect = update.look(folder, rendered, without_base=wish.without_base)
        if wish.branch or not prospect.obstacles:
            update.carry_out(prospect, commit=wish.commit, branch=wish.branch)
    return prospect


def _update_many(places: list[Path], wish: UpdateOptions, as_json: bool) -> None:
    from platform_new.cli.fleet import each
    from platform_new.cli.inventory import State, in_json, table
    from platform_new.cli.report import without_passwords

    reports = each(places, partial(_report, wish))
    print(without_passwords(in_json(reports) if as_json else table(reports)))
    states = {report.outcome for report in reports}
    refused = states & {State.REFUSED, State.FAILED}
    raise typer.Exit(REFUSED if refused else CONFLICTS if State.CONFLICTS in states else 0)


def _report(wish: UpdateOptions, path: Path, folder: Path) -> Report:
    return as_report(path, _update(folder, wish, lambda _: None), wish.branch)


def exit_code(prospect: UpdatePlan, branch: str = "") -> int:
    """How the command ends: 0 if all is clean, 3 with conflicts, 2 if something is in the way."""
    if prospect.obstacles and not branch:
        return REFUSED
    return CONFLICTS if prospect.answer.conflicts else 0


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
    print("The repository is as it was before the update.")
    for path, object_id in saved:
        print(f"  what you wrote since into {path} is kept: git show {object_id}")


def is_refused(prospect: UpdatePlan, wish: UpdateOptions) -> bool:
    """Whether something was in the way of what was wanted, so that nothing was done."""
    return bool(prospect.obstacles) and not (wish.plan or wish.branch)


def show(prospect: UpdatePlan, wish: UpdateOptions) -> None:
    """Say what becomes of the files, and what is to be done now."""
    conflicts = len(prospect.answer.conflicts)
    if not is_refused(prospect, wish):
        for line in _lines(prospect):
            print(line)
    if prospect.up_to_date:
        print(f"{prospect.name} is up to date.")
    elif prospect.obstacles and not wish.branch:
        for problem in prospect.obstacles:
            print(problem, file=sys.stderr)
        said = "An update would be refused" if wish.plan else "The update was refused; nothing was written"
        print(f"{said}: {len(prospect.obstacles)} in the way.", file=sys.stderr)
    elif wish.plan:
        print(f"\n{conflicts} to resolve. Nothing was written." if conflicts else "\nNothing was written.")
    elif conflicts:
        print(f"\n{conflicts} to resolve. Then `git add` them and run `platform-new update --continue`;")
        print("or restore what was before: `platform-new update --abort`.")
    else:
        done = "staged; look at `git diff --cached`"
        done = f"on the branch {wish.branch}" if wish.branch else "committed" if wish.commit else done
        print(f"\nThe update {'was there already, and ' if prospect.uncommitted else ''}is {done}.")


def _lines(prospect: UpdatePlan) -> list[str]:
    """The decisions, those of one kind and reason together, without platform-new's own record."""
    from platform_new.merge import baseline
    from platform_new.merge.three_way import Outcome

    groups: dict[tuple[int, str, str], list[str]] = {}
    order = list(Outcome)
    for decision in prospect.answer.decisions:
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


def as_report(path: Path, prospect: UpdatePlan, branch: str) -> Report:
    """The answer for machines. On a branch nothing is in the way."""
    from platform_new.cli.inventory import State, report_on

    if prospect.up_to_date:
        return report_on(path, prospect, State.UP_TO_DATE)
    states = {0: State.CLEAN, REFUSED: State.REFUSED, CONFLICTS: State.CONFLICTS}
    return report_on(path, prospect, states[exit_code(prospect, branch)])
