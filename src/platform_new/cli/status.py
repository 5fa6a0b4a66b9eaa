"""`platform-new status`: how repositories stand to today's spec and today's templates."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from platform_new.cli.fleet import Report, each, table


def command(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Repositories; by default the one around you.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print an inventory as JSON.")] = False,
    check: Annotated[bool, typer.Option("--check", help="End with 1 if a repository is not up to date.")] = False,
) -> None:
    """Say how repositories stand: which version made them, what is behind, edited, deleted, what would conflict.

    \b
    platform-new status
    platform-new status ~/repos/* --json

    Nothing is written. The exit code is 0; with --check it is 1 if a repository is not up to date.
    """
    reports = each(paths or [Path()], survey)
    print(json.dumps(reports, indent=2, ensure_ascii=False) if as_json else table(reports))
    if check and any(report["outcome"] != "up to date" for report in reports):
        raise typer.Exit(1)


def survey(folder: Path) -> Report:
    """How one repository stands."""
    from platform_new import flow
    from platform_new.cli.update import as_data
    from platform_new.merge.update import look

    prospect = look(folder, flow.render_today)
    report = as_data(prospect)
    if report["outcome"] == "clean":
        report["outcome"] = "uncommitted" if prospect.uncommitted else "behind"
    return report
