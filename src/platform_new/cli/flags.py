"""Flags of the commands that build a spec: one for each question, with completion of the choices."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

from platform_new.answers.questions import FOR_FLAGS, NONE, Question
from platform_new.errors import Problem, Refused

KINDS = {
    "text": str | None,
    "pairs": str | None,
    "texts": list[str] | None,
    "choices": list[str] | None,
    "switch": bool | None,
}
SPEC_FILE = inspect.Parameter(
    "spec_file",
    inspect.Parameter.KEYWORD_ONLY,
    default=typer.Option(None, "--spec", help="A YAML file with answers, keyed by flag name, and complete `sources:`."),
    annotation=Path | None,
)
EPILOG = """\
Each flag is also an environment variable, such as PLATFORM_NEW_WAREHOUSE, and a key of the --spec file.
Flags override variables, and variables override the file.\
"""


def with_questions(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command a flag for each question, and `--spec`.

    The function is called with the flags by name, the spec file, and its own options.
    """
    parameters = {_parameter_name(question): _parameter(question) for question in FOR_FLAGS.values()}
    own = list(inspect.signature(function, eval_str=True).parameters.values())[2:]
    for name in {each.name for each in (SPEC_FILE, *own)} & FOR_FLAGS.keys():
        raise Refused(
            Problem("a command already has a flag with this name", "rename the folder", f"template/{name}", value=name)
        )

    @functools.wraps(function)
    def command(**given: Any) -> Any:
        flags = {question.name: given.pop(_parameter_name(question)) for question in FOR_FLAGS.values()}
        return function(flags, given.pop("spec_file"), **given)

    arguments = [*parameters.values(), SPEC_FILE, *(each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own)]
    command.__signature__ = inspect.Signature(arguments)
    command.__annotations__ = {each.name: each.annotation for each in arguments}
    return command


def _parameter_name(question: Question) -> str:
    return f"{question.name}_answer"


def _parameter(question: Question) -> inspect.Parameter:
    if question.name == "name":
        default = typer.Argument(None, help=question.help, show_default=False, metavar="[NAME]")
    else:
        flags = [question.flag, f"--no-{question.name}"] if question.kind == "switch" else [question.flag]
        default = typer.Option(
            None,
            "/".join(flags),
            help=question.help,
            show_default=False,
            metavar=_metavar(question),
            autocompletion=_choices_of(question),
        )
    return inspect.Parameter(
        _parameter_name(question), inspect.Parameter.KEYWORD_ONLY, default=default, annotation=KINDS[question.kind]
    )


def _metavar(question: Question) -> str | None:
    if question.kind == "switch":
        return None
    if question.kind == "choices":
        return "NAME,…"
    if question.kind == "pairs":
        return "KEY=VALUE,…"
    return {"from": "ADDRESS|FOLDER", "owner": "TEAM", "description": "TEXT"}.get(question.name, "NAME")


def _choices_of(question: Question) -> Callable[[str], list[tuple[str, str]]] | None:
    """Completion of the flag's value: choice names with summaries. The catalog is read only on completion."""
    if question.kind not in ("text", "choices"):
        return None

    def complete(incomplete: str) -> list[tuple[str, str]]:
        before, comma, begun = incomplete.rpartition(",") if question.kind == "choices" else ("", "", incomplete)
        return [(f"{before}{comma}{name}", said) for name, said in menu(question.name) if name.startswith(begun)]

    return complete


def menu(name: str) -> list[tuple[str, str]]:
    """The answers that a question offers, each with its summary; empty if it accepts any text."""
    from platform_new.catalog import load_catalog

    axes = {axis.name: axis for axis in load_catalog().questions}
    if name in axes:
        return [(choice.name, f"{choice.label}: {choice.summary}") for choice in axes[name].choices.values()]
    if name == "sample":
        from platform_new.samples import USUAL, sample_names, sample_source

        names = sorted(sample_names(), key=lambda sample: sample not in USUAL)
        samples = [(sample, sample_source(sample).description or "") for sample in names]
        return [*samples, (NONE, "A platform without a source")]
    return []
