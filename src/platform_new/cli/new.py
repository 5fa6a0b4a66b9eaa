"""`platform-new NAME`: create a platform."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from platform_new.cli.flags import EPILOG, with_questions
from platform_new.cli.screen import has_terminal, notice, progress

if TYPE_CHECKING:
    from platform_new.answers import AnsweredSpec, Answers
    from platform_new.flow import Created


@with_questions
def command(
    flags: dict[str, Any],
    spec_file: Path | None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Skip all prompts and use the defaults.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Show the prompts even with --from.")] = False,
    git: Annotated[bool, typer.Option("--git/--no-git", help="Create a git repository with one commit.")] = True,
    output_dir: Annotated[Path, typer.Option(help="The folder in which to create the folder NAME.")] = Path(),
) -> None:
    from platform_new import flow
    from platform_new.answers import answered_spec, resolve
    from platform_new.catalog import load_catalog

    catalog = load_catalog()
    answers = resolve(flags, os.environ, spec_file)
    _check_name(answers, output_dir)
    # Mistakes in the given answers are reported before any question is asked.
    asking = has_terminal() and not yes and not answers.problems
    previewing = asking and (ask or not answers.value("from"))
    if asking:
        from platform_new.cli.ask import ask_for

        named = "name" in answers.given
        ask_for(answers, catalog, name_only=not previewing)
        if not named:
            _check_name(answers, output_dir)
    answered = answered_spec(answers, catalog, progress)
    for each in answered.notices:
        notice(each)
    folder = output_dir / answered.spec.platform.name
    if previewing:
        from platform_new.cli.ask import agree_to

        agree_to(flow.plan_for(answered.spec, catalog), folder)
    created = flow.create(folder, answered.spec, source_texts=answered.texts, git=git, progress=progress)
    _say(created, answered, folder)


command.__doc__ = f"""Create a platform in the folder NAME, as a git repository with one commit.

\b
platform-new acme --yes
platform-new acme --from postgresql://me:secret@db.example.com/shop
platform-new acme --from ./exports --warehouse postgres --orchestrator none
platform-new acme --spec answers.yml --no-git --output-dir platforms

{EPILOG}
"""


def _check_name(answers: Answers, output_dir: Path) -> None:
    """Add a problem to the answers if the name is that of a command or of a folder in use.

    `flow.create` refuses a folder in use as well. The check here reports it with all other problems, before any
    database is introspected.
    """
    from platform_new import flow
    from platform_new.cli.app import COMMANDS
    from platform_new.errors import Problem

    name = answers.value("name")
    if not isinstance(name, str):
        return
    folder = output_dir / name
    if name in COMMANDS:
        place = answers.given["name"].place
        hint = f"choose another name, such as `{name}-platform`"
        answers.problems.append(Problem("a platform cannot have the name of a command", hint, place, value=name))
    if problem := flow.occupied(folder):
        answers.problems.append(problem)


def _say(created: Created, answered: AnsweredSpec, folder: Path) -> None:
    commit = ", in one commit" if created.committed else ""
    print(f"Created {folder}: {created.files} files{commit}.")
    print(f"\n    cd {folder}")
    for variable in answered.variables:
        print(f"    export {variable}=…    # the address; if unset, sample data is used")
    print("    make run")
