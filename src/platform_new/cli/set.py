"""`platform-new set`: change a choice or another key of `platform.yml`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from platform_new.cli.editing import (
    BranchOption,
    CommitOption,
    JsonOption,
    PlanOption,
    changes_the_spec,
    edit_and_update,
    update_options,
)

if TYPE_CHECKING:
    from platform_new.edit.spec_files import SpecFiles

ASSIGNMENT = re.compile(r"(?P<key>\w+(?:\.\w+)?)(?:(?P<how>\+=|-=|=)(?P<value>.*))?", re.DOTALL)


def keys(incomplete: str) -> list[tuple[str, str]]:
    """The keys of `platform.yml`, each with its description."""
    from platform_new.edit.choose import settable

    return [(name, summary) for name, summary in settable().items() if name.startswith(incomplete)]


def values(ctx: typer.Context, incomplete: str) -> list[tuple[str, str]]:
    """The choices of the axis, each with its summary."""
    from platform_new.cli.flags import menu

    return [(name, summary) for name, summary in menu(str(ctx.params.get("key"))) if name.startswith(incomplete)]


@changes_the_spec
def command(
    key: Annotated[
        str,
        typer.Argument(
            metavar="AXIS|KEY", help="An axis (`platform-new choices`), or a key such as owner.", autocompletion=keys
        ),
    ],
    value: Annotated[
        str | None,
        typer.Argument(
            metavar="CHOICE|TEXT",
            help="The choice or text; `''` removes the key.",
            autocompletion=values,
            show_default=False,
        ),
    ] = None,
    plan: PlanOption = False,
    commit: CommitOption = False,
    branch: BranchOption = "",
    as_json: JsonOption = False,
) -> None:
    """Change a choice of the platform, or another key of platform.yml.

    \b
    platform-new set warehouse postgres
    platform-new set modeling obt --plan
    platform-new set owner sales-data@acme.example --commit
    platform-new set calendar.holidays DE
    platform-new set AXIS+=CHOICE           for an axis with several choices: adds one; -= removes one
    """
    from platform_new.catalog import load_catalog
    from platform_new.cli.repository import repository_of
    from platform_new.edit.choose import set_value

    key, how, new = _assignment(key, value)
    folder, options = repository_of(Path()), update_options(plan, commit, branch)

    def edit(files: SpecFiles) -> str:
        return set_value(files, load_catalog(), key, new, how)

    edit_and_update(folder, edit, options, as_json=as_json)


def _assignment(key: str, value: str | None) -> tuple[str, str, str]:
    """The key, the operator (`=`, `+=` or `-=`) and the value of `KEY VALUE`, `KEY=VALUE` or `KEY+= VALUE`."""
    from platform_new.errors import Problem, Refused

    found = ASSIGNMENT.fullmatch(key)
    if value is None and not (found and found["how"]):
        raise Refused(Problem("missing value", f"platform-new set {key} VALUE", value=key))
    if found is None or (value is not None and found["value"]):
        return key, "=", value or ""
    return found["key"], found["how"] or "=", found["value"] if value is None else value
