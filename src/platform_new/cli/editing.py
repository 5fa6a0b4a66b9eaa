"""Shared by the commands that change the spec: the edit and its update are one step, which can be previewed."""

from __future__ import annotations

import dataclasses
import difflib
import inspect
import sys
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from platform_new.cli.screen import progress
from platform_new.cli.update import PATHS_SHOWN, UpdateOptions, as_report, exit_code, is_refused, show

if TYPE_CHECKING:
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.merge.update import FreshRender, UpdatePlan

Command = TypeVar("Command", bound=Callable[..., Any])
PlanOption = Annotated[bool, typer.Option("--plan", help="Show what would happen, and write nothing.")]
CommitOption = Annotated[bool, typer.Option("--commit", help="Commit the result, together with the spec.")]
BranchOption = Annotated[
    str, typer.Option(metavar="NAME", help="Commit the result on a new branch; the working tree stays untouched.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the result as JSON.")]
OUTCOME = """\
The spec files keep their comments and order, and the repository is updated as by `platform-new update`. If the update
is refused, the spec stays unchanged too. The exit code is 0 if the update is clean, 3 with conflicts, 2 if refused.\
"""


def changes_the_spec(command: Command) -> Command:
    """Append to the command's help what happens to the spec and to the repository."""
    command.__doc__ = f"{inspect.cleandoc(command.__doc__ or '')}\n\n{OUTCOME}"
    return command


def update_options(plan: bool, commit: bool, branch: str) -> UpdateOptions:
    """The options of an update. Raises `Refused` if they cannot be combined."""
    from platform_new.errors import Problem, Refused

    if plan + commit + bool(branch) > 1:
        options = ("--plan", plan), ("--commit", commit), ("--branch", bool(branch))
        given = " ".join(option for option, is_given in options if is_given)
        raise Refused(Problem("these options cannot be combined", "keep one of them", value=given))
    return UpdateOptions(plan, commit, branch, without_base=False)


def edit_and_update(folder: Path, edit: Callable[[SpecFiles], str], options: UpdateOptions, *, as_json: bool) -> None:
    """Edit the spec and update the repository in one step, print the result, and exit with its code.

    `edit` returns a summary of the edit, which becomes the subject of the commit.
    """
    from platform_new.merge import update

    with nullcontext(False) if options.plan else update.ready(folder) as undone:
        if undone:
            print("Rolled back an interrupted update first.", file=sys.stderr)
        planned, summary = _preview(folder, edit)
        if not options.plan and (options.branch or not planned.obstacles):
            update.carry_out(planned, commit=options.commit, branch=options.branch)
    if as_json:
        print(as_report(folder, planned, options.branch).model_dump_json(indent=2))
    else:
        refused = is_refused(planned, options)
        print("" if refused else summary, end="")
        show(planned, options)
        if not refused:
            _warn_of_orphans(planned)
    raise typer.Exit(exit_code(planned, options.branch))


def _preview(folder: Path, edit: Callable[[SpecFiles], str]) -> tuple[UpdatePlan, str]:
    """The update that the edit of the spec would cause, and the edit as text."""
    from platform_new import flow
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.merge import update

    files = SpecFiles(folder)
    summary = edit(files)

    def rendered(_: Path) -> FreshRender:
        with files.written() as edited:
            return flow.render_current(edited, progress)

    planned = update.plan_update(folder, rendered)
    if not files.changes:
        return planned, f"{summary}: the spec already says so.\n"
    planned = dataclasses.replace(planned, edit=update.SpecEdit(summary, files.changes))
    return planned, f"{summary}.\n{''.join(_differences(files))}\n"


def _warn_of_orphans(planned: UpdatePlan) -> None:
    from platform_new.merge.three_way import Outcome

    if planned.answer.of(Outcome.ORPHANED):
        print("\nThe orphaned files are yours now, and what they were generated for is gone: adapt or delete them.")


def _differences(files: SpecFiles) -> Iterator[str]:
    """The edit as a diff; a new, removed or heavily changed file as its path and its number of lines."""
    for path, content in files.changes.items():
        before, after = files.before(path).splitlines(), (content or b"").decode().splitlines()
        lines = list(difflib.unified_diff(before, after, path, path, n=1, lineterm=""))
        if before and after and len(lines) <= PATHS_SHOWN:
            yield from (f"{line}\n" for line in lines[1:])
        else:
            yield f"{path}: {len(after)} lines (previously {len(before)})\n"
