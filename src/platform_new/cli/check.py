"""`platform-new check`: do repositories match their spec and pass their own checks?"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.screen import progress

if TYPE_CHECKING:
    from platform_new.cli.inventory import Report

FINDINGS, REFUSED = 1, 2


def command(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(metavar="[PATH]...", help="Repositories or patterns; by default the current repository."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an inventory with all findings as JSON.")] = False,
) -> None:
    """Check repositories: the spec is valid, the files match the plan, and the repository's own checks pass.

    \b
    platform-new check
    platform-new check ~/repos/* --json

    The exit code is 0 without findings, 1 with findings, and 2 if a repository could not be checked.
    """
    from platform_new.cli.fleet import each
    from platform_new.cli.inventory import State, in_columns, in_json
    from platform_new.cli.report import has_colour, in_words, without_passwords
    from platform_new.cli.repository import repositories

    asked = repositories(paths)
    reports = each(asked, partial(_survey, quiet=len(asked) > 1))
    if as_json:
        print(without_passwords(in_json(reports)))
    else:
        found = [(each.path, each.outcome.value, str(len(each.problems) or "")) for each in reports]
        lines = in_columns([("repository", "state", "findings"), *found] if len(found) > 1 else found)
        for report in reports:
            for finding in report.problems:
                text = in_words(finding.problem(), colour=has_colour(sys.stdout))
                lines.append(f"{report.path}: {text}" if len(found) > 1 else text)
        print(without_passwords("\n".join(lines)))
    states = {report.outcome for report in reports}
    if states & {State.REFUSED, State.FAILED}:
        raise typer.Exit(REFUSED)
    if State.FINDINGS in states:
        raise typer.Exit(FINDINGS)


def _survey(path: Path, folder: Path, *, quiet: bool) -> Report:
    from platform_new import flow
    from platform_new.cli.inventory import State, report

    findings = flow.check(folder, (lambda _: None) if quiet else progress)
    return report(path, State.FINDINGS if findings else State.PASSED, findings)
