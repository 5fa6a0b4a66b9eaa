"""`platform-new check`: does a repository keep its promises?"""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from platform_new.cli.screen import progress


def command(
    paths: Annotated[
        list[Path] | None, typer.Argument(metavar="[PATH]...", help="Repositories; by default the one around you.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON.")] = False,
) -> None:
    """Say whether repositories keep their promises: the spec holds, files are as planned, their own checks pass.

    \b
    platform-new check
    platform-new check ~/repos/* --json

    The exit code is 0 without findings and 1 with some.
    """
    from platform_new import flow
    from platform_new.cli.report import has_colour, in_words, without_passwords
    from platform_new.cli.repository import repository_of

    findings = {str(folder): flow.check(folder, progress) for folder in paths or [repository_of(Path())]}
    if as_json:
        data = {folder: [dataclasses.asdict(finding) for finding in found] for folder, found in findings.items()}
        print(without_passwords(json.dumps(data, indent=2, ensure_ascii=False)))
    else:
        for folder, found in findings.items():
            print(f"{folder}: {f'{len(found)} to mend' if found else 'keeps its promises'}")
            for finding in found:
                print(without_passwords(in_words(finding, colour=has_colour(sys.stdout))))
    if any(findings.values()):
        raise typer.Exit(1)
