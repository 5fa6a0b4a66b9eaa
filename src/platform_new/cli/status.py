"""`platform-new status`: compare repositories with the current spec and templates."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from platform_new.cli.inventory import Report, State
    from platform_new.merge.update import UpdatePlan

NOT_UP_TO_DATE, REFUSED = 1, 2


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Repositories or patterns; by default the current repository."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an inventory as JSON.")] = False,
    check: Annotated[bool, typer.Option("--check", help="Exit with code 1 if a repository is not up to date.")] = False,
) -> None:
    """Show the state of repositories: what changed since they were generated, what is edited, deleted or in conflict.

    \b
    platform-new status
    platform-new status ~/repos/* --json

    Nothing is written. The exit code is 0, or 2 if the state of a repository could not be determined; with --check, it
    is 1 if a repository is not up to date.
    """
    from platform_new.cli.fleet import each
    from platform_new.cli.inventory import State, in_json, table
    from platform_new.cli.report import without_passwords
    from platform_new.cli.repository import repositories

    reports = each(repositories(paths), survey)
    print(without_passwords(in_json(reports) if as_json else table(reports)))
    states = {report.outcome for report in reports}
    if states & {State.REFUSED, State.FAILED}:
        raise typer.Exit(REFUSED)
    if check and states != {State.UP_TO_DATE}:
        raise typer.Exit(NOT_UP_TO_DATE)


def survey(path: Path, folder: Path) -> Report:
    """The state of one repository."""
    from platform_new import flow
    from platform_new.cli.inventory import report_on
    from platform_new.merge.update import plan_update

    planned = plan_update(folder, flow.render_current)
    return report_on(path, planned, _state(planned))


def _state(planned: UpdatePlan) -> State:
    from platform_new.cli.inventory import State

    if planned.up_to_date:
        return State.UP_TO_DATE
    if planned.uncommitted:
        return State.UNCOMMITTED
    if planned.obstacles:
        return State.BLOCKED
    return State.CONFLICTS if planned.answer.conflicts else State.BEHIND
