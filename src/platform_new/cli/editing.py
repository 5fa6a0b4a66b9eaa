"""What commands share that change the spec: the change and its update are one step, which can be looked at first."""

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
PlanOption = Annotated[bool, typer.Option("--plan", help="Say what would happen, and write nothing.")]
CommitOption = Annotated[bool, typer.Option("--commit", help="Commit the result, together with the spec.")]
BranchOption = Annotated[
    str, typer.Option(metavar="NAME", help="Commit the result on a new branch; the working tree is left alone.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]
OUTCOME = """\
The spec's files keep their comments and order, and the repository is updated as `platform-new update` does it. If that
is refused, the spec stays as it is too. The exit code is 0 if all is clean, 3 with conflicts, 2 if it was refused.\
"""


def changes_the_spec(command: Command) -> Command:
    """A command whose help says, below its own, what becomes of the spec and of the repository."""
    command.__doc__ = f"{inspect.cleandoc(command.__doc__ or '')}\n\n{OUTCOME}"
    return command


def update_options(plan: bool, commit: bool, branch: str) -> UpdateOptions:
    """What is wanted of the update. Raises `Refused` if that cannot be wanted at once."""
    from platform_new.errors import Problem, Refused

    if plan + commit + bool(branch) > 1:
        words = ("--plan", plan), ("--commit", commit), ("--branch", bool(branch))
        given = " ".join(word for word, is_given in words if is_given)
        raise Refused(Problem("these words do not go together", "keep one of them", value=given))
    return UpdateOptions(plan, commit, branch, without_base=False)


def edit_and_update(folder: Path, edit: Callable[[SpecFiles], str], wish: UpdateOptions, *, as_json: bool) -> None:
    """Have the spec edited and the repository updated, in one step; say what was done, and end with its exit code.

    `edit` says what it does, which becomes the subject of a commit.
    """
    from platform_new.merge import update

    with nullcontext(False) if wish.plan else update.ready(folder) as undone:
        if undone:
            print("An interrupted update was undone first.", file=sys.stderr)
        prospect, said = _look(folder, edit)
        if not wish.plan and (wish.branch or not prospect.obstacles):
            update.carry_out(prospect, commit=wish.commit, branch=wish.branch)
    if as_json:
        print(as_report(folder, prospect, wish.branch).model_dump_json(indent=2))
    else:
        refused = is_refused(prospect, wish)
        print("" if refused else said, end="")
        show(prospect, wish)
        if not refused:
            _warn_of_orphans(prospect)
    raise typer.Exit(exit_code(prospect, wish.branch))


def _look(folder: Path, edit: Callable[[SpecFiles], str]) -> tuple[UpdatePlan, str]:
    """What would become of the repository with the spec edited, and the edit in words."""
    from platform_new import flow
    from platform_new.edit.spec_files import SpecFiles
    from platform_new.merge import update

    files = SpecFiles(folder)
    deed = edit(files)

    def rendered(_: Path) -> FreshRender:
        with files.written() as edited:
            return flow.render_today(edited, progress)

    prospect = update.look(folder, rendered)
    if not files.changes:
        return prospect, f"{deed}: the spec says so already.\n"
    prospect = dataclasses.replace(prospect, edit=update.SpecEdit(deed, files.changes))
    return prospect, f"{deed}.\n{''.join(_differences(files))}\n"


def _warn_of_orphans(prospect: UpdatePlan) -> None:
    from platform_new.merge.three_way import Outcome

    if prospect.answer.of(Outcome.ORPHANED):
        print("\nThe orphaned files are yours now, and what they were made for is gone: mend them, or delete them.")


def _differences(files: SpecFiles) -> Iterator[str]:
    """The edit as a diff; a file that is new, gone or much changed by its name and its number of lines."""
    for path, content in files.changes.items():
        before, after = files.before(path).splitlines(), (content or b"").decode().splitlines()
        lines = list(difflib.unified_diff(before, after, path, path, n=1, lineterm=""))
        if before and after and len(lines) <= PATHS_SHOWN:
            yield from (f"{line}\n" for line in lines[1:])
        else:
            yield f"{path}: {len(after)} lines, {len(before)} before\n"
