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
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="Ask even with --from.")] = False,
    git: Annotated[bool, typer.Option("--git/--no-git", help="Make it a git repository with one commit.")] = True,
    output_dir: Annotated[Path, typer.Option(help="The folder in which the folder NAME is made.")] = Path(),
) -> None:
    from platform_new import flow
    from platform_new.answers import answered_spec, resolve
    from platform_new.catalog import load_catalog

    catalog = load_catalog()
    answers = resolve(flags, os.environ, spec_file)
    _check_name(answers, output_dir)
    # Who has made a mistake already is told before being asked anything.
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


command.__doc__ = f"""Create a platform in the folder NAME, a git repository with one commit.

\b
platform-new acme --yes
platform-new acme --from postgresql://me:secret@db.example.com/shop
platform-new acme --from ./exports --warehouse postgres --orchestrator none
platform-new acme --spec answers.yml --no-git --output-dir platforms

{EPILOG}
"""


def _check_name(answers: Answers, output_dir: Path) -> None:
    """Put down what is wrong with the name for this command: that it is a command's, or that of a folder in use.

    `flow.create` refuses the latter as well; here it is one of all problems, and known before a database is looked at.
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
        hint = f"take another name, such as `{name}-platform`"
        answers.problems.append(Problem("a platform cannot have the name of a command", hint, place, value=name))
    if problem := flow.occupied(folder):
        answers.problems.append(problem)


def _say(created: Created, answered: AnsweredSpec, folder: Path) -> None:
    commit = ", in one commit" if created.committed else ""
    print(f"Created {folder}: {created.files} files{commit}.")
    print(f"\n    cd {folder}")
    for variable in answered.variables:
        print(f"    export {variable}=…    # the address; without it: sample data")
    print("    make run")
