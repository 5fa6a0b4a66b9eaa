"""`platform-new diff`: what the team changed since the generated baseline."""

from __future__ import annotations

import difflib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from platform_new.merge.update import Edit

NOWHERE = "/dev/null"


def command(
    path: Annotated[
        Path, typer.Argument(metavar="[PATH]", help="The repository; by default the current one.")
    ] = Path(),
    names: Annotated[bool, typer.Option("--names", help="Print only the paths.")] = False,
) -> None:
    """Show what your team changed in the generated files, as a diff against the generated baseline.

    \b
    platform-new diff
    platform-new diff --names
    """
    from platform_new.cli.repository import repository_of
    from platform_new.merge.update import edits

    for edit in edits(repository_of(path)):
        if names:
            state = "deleted" if edit.present is None else "edited" if edit.place == edit.path else "moved"
            print(f"{state:<8} {edit.path}{'' if edit.place == edit.path else f' → {edit.place}'}")
        else:
            sys.stdout.writelines(_unified(edit))


def _unified(edit: Edit) -> Iterator[str]:
    after = NOWHERE if edit.present is None else f"b/{edit.place}"
    if edit.place != edit.path:
        yield f"rename from {edit.path}\nrename to {edit.place}\n"
    texts = [_lines(edit.baseline), _lines(edit.present or b"")]
    for line in difflib.unified_diff(*texts, f"a/{edit.path}", after):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def _lines(content: bytes) -> list[str]:
    return content.decode(errors="replace").splitlines(keepends=True)
