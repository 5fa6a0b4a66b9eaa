"""`platform-new certify`: is production what the laptop shows?"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from platform_new.cli.screen import progress

FAILED = 1


def command(
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The repository; by default the current one.")
    ] = Path(),
    rows: Annotated[
        int, typer.Option("--rows", min=1, metavar="N", help="About how many rows each fact of the sample has.")
    ] = 200,
    page: Annotated[
        Path | None,
        typer.Option("--page", metavar="FILE", help="Where to write the certificate, as Markdown; `-` prints it."),
    ] = None,
) -> None:
    """Certify a repository: run its sample on a stand-in of its production warehouse, and compare every mart.

    No account is needed. The stand-in is installed once, into the cache of your user; the repository's data are not
    touched.

    \b
    platform-new certify
    platform-new certify ~/repos/acme --page docs/certificate.md

    The exit code is 0 if everything was built, all tests passed and all marts are equal, otherwise 1; it is 2 if the
    warehouse has no stand-in, or nothing could be run.
    """
    from platform_new import flow
    from platform_new.certify import page_of, summary_of
    from platform_new.cli.repository import repository_of
    from platform_new.errors import writing_in

    certificate = flow.certify(repository_of(path), rows, progress)
    if page and str(page) != "-":
        with writing_in(page.parent):
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(page_of(certificate), encoding="utf-8")
    print(page_of(certificate) if str(page) == "-" else summary_of(certificate))
    if not certificate.holds:
        raise typer.Exit(FAILED)
