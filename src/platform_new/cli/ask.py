"""Prompts for the questions that no flag, variable or file answers, each choice with its summary."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import questionary
import typer

from platform_new.answers import QUESTIONS, Answer, Answers
from platform_new.catalog import Axis, Catalog
from platform_new.cli.flags import menu
from platform_new.cli.tree import tree_lines
from platform_new.plan import Plan
from platform_new.samples import USUAL

PROMPT = "the prompt"
MOST_FILES = 12
"""The preview shows only the number of files of a folder that has more."""
OWN_DATA = "own data"


def ask_for(answers: Answers, catalog: Catalog, *, name_only: bool) -> None:
    """Ask what has no answer yet: the name, the source, and each prompted axis with more than one choice."""
    if "name" not in answers.given:
        _put(answers, "name", questionary.text("What is the platform called?", validate=_name_error))
    if name_only:
        return
    if not answers.sources and not answers.value("from") and not answers.value("sample"):
        _ask_for_source(answers)
    for axis in catalog.questions:
        if axis.asked and len(axis.choices) > 1 and axis.name not in answers.given:
            _put(answers, axis.name, _select(axis))


def agree_to(plan: Plan, folder: Path) -> None:
    """Show the tree that would be written and ask for confirmation. Raises `typer.Abort` if the user declines."""
    print(f"\n{folder}/")
    for line in tree_lines({file.path: "" for file in plan.files}, most=MOST_FILES):
        print(line)
    print()
    if not _answer(questionary.confirm(f"Write these {len(plan.files)} files?", default=True)):
        raise typer.Abort


def _ask_for_source(answers: Answers) -> None:
    samples = [questionary.Choice(_title(name, summary), name) for name, summary in menu("sample")]
    own = questionary.Choice(_title("your own", "A database or a folder of files to introspect"), OWN_DATA)
    chosen = _answer(questionary.select("Where does the data come from?", [own, *samples], default=USUAL[0]))
    if chosen != OWN_DATA:
        answers.given["sample"] = Answer(chosen, PROMPT)
        return
    question = "Database address (postgresql://user:password@host/database, …) or folder path:"
    # The input is erased afterwards: an address may contain a password.
    address = questionary.text(question, erase_when_done=True, validate=lambda text: bool(text.strip()))
    answers.given["from"] = Answer([_answer(address).strip()], PROMPT)


def _select(axis: Axis) -> questionary.Question:
    choices = [
        questionary.Choice(_title(each.label, each.summary), each.name, checked=axis.many and each.name in axis.default)
        for each in axis.choices.values()
    ]
    if axis.many:
        return questionary.checkbox(axis.question, choices)
    return questionary.select(axis.question, choices, default=next(iter(axis.default), None))


def _title(label: str, summary: str) -> str:
    return f"{label} — {summary}"


def _name_error(text: str) -> bool | str:
    from pydantic import ValidationError

    from platform_new.spec.models import Platform

    try:
        Platform(name=text)
    except ValidationError:
        return QUESTIONS["name"].help
    return True


def _put(answers: Answers, name: str, question: questionary.Question) -> None:
    answers.given[name] = Answer(_answer(question), PROMPT)


def _answer(question: questionary.Question) -> Any:
    """The answer. Raises `KeyboardInterrupt` on Ctrl-C."""
    return question.unsafe_ask()
