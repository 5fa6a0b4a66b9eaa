"""From flags, environment and spec file to one answer for each question, with its origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from platform_new.answers.questions import FOR_FLAGS, QUESTIONS, Question
from platform_new.catalog.axes import names_in
from platform_new.documents.document import Document, read_document
from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, Refused

SOURCES = "sources"
TRUE, FALSE = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")


@dataclass(frozen=True)
class Answer:
    """A value and its origin: a flag, a variable, or a line of the spec file."""

    value: Any
    place: str
    line: int | None = None


@dataclass
class Answers:
    """The answers by name, the sources in the spec file, and the problems found so far."""

    given: dict[str, Answer] = field(default_factory=dict)
    sources: list[Document] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def value(self, name: str) -> Any:
        """The answer, or None if there is none."""
        return self.given[name].value if name in self.given else None

    def document(self, model: type[BaseModel]) -> Document:
        """The answers to the questions of a model, as a document whose positions are the origins of the answers."""
        names = [name for name, question in QUESTIONS.items() if question.model is model and name in self.given]
        return _Answered(self, {name: self.given[name].value for name in names})


class _Answered(Document):
    """Answers as a file: their problems name the flag, variable or line that they come from."""

    def __init__(self, answers: Answers, data: dict[str, Any]):
        inner = {(name, key) for name, value in data.items() if isinstance(value, dict) for key in value}
        super().__init__("", data, values=dict.fromkeys([(), *((name,) for name in data), *inner], 0))
        self.answers = answers

    def problem(self, path: tuple, reason: str, hint: str = "", value: Any = None, *, of_key: bool = False) -> Problem:
        found = super().problem(path, reason, hint, value)
        if path and path[0] in self.data:
            origin = self.answers.given[path[0]]
            return Problem(found.reason, found.hint, origin.place, origin.line, found.value)
        return found


def resolve(flags: Mapping[str, Any], environment: Mapping[str, str], spec_file: Path | None = None) -> Answers:
    """Take each answer from the layer with the highest precedence. `None` and an empty list are not answers.

    Problems are added to the answers' `problems`. Raises `Refused` if the spec file cannot be read.
    """
    answers = _from_file(spec_file) if spec_file else Answers()
    for question in FOR_FLAGS.values():
        if question.variable in environment:
            _from_variable(answers, question, environment[question.variable])
    for name, value in flags.items():
        if value not in (None, [], ()):
            question = QUESTIONS[name]
            value = list(value) if isinstance(value, tuple) else value
            if question.kind in ("choices", "pairs"):
                value = _items(value) if question.kind == "choices" else _pairs(value)
            answers.given[name] = Answer(value, question.place)
    # `from` and `sample` exclude each other: a flag for one overrides the other from a lower layer.
    for name, other in (("from", "sample"), ("sample", "from")):
        if flags.get(name) and not flags.get(other):
            answers.given.pop(other, None)
    return answers


def _from_variable(answers: Answers, question: Question, text: str) -> None:
    value: Any = text
    if question.kind == "choices":
        value = _items([text])
    elif question.kind == "pairs":
        value = _pairs(text)
    elif question.kind == "texts":
        value = _split(text)
    elif question.kind == "switch":
        value = text.lower() in TRUE
        if text.lower() not in TRUE + FALSE:
            answers.problems.append(Problem("has to be true or false", file=question.variable, value=text))
    if value not in ("", []):
        answers.given[question.name] = Answer(value, question.variable)


def _items(values: list[str]) -> list[str]:
    """The items of comma-separated lists."""
    return [item for value in values for item in names_in(value)]


def _pairs(text: str) -> dict[str, str | int] | str:
    """The values of comma-separated `key=value` by key; the text if it has another form, for the model to refuse."""
    pairs = [item.partition("=") for item in names_in(text)]
    if not all(key and equals for key, equals, _ in pairs):
        return text
    return {key: int(value) if value.isdecimal() else value for key, _, value in pairs}


def _split(text: str) -> list[str]:
    """The space-separated items of a variable; spaces in what looks like a password do not separate items."""
    items: list[str] = []
    for item in text.split():
        start = next((index for index, each in enumerate(items) if ":" in each and "@" not in each), None)
        if start is not None and "@" in item and "://" not in item and not Path(item).exists():
            items[start:] = [" ".join([*items[start:], item])]
        else:
            items.append(item)
    return items


def _from_file(path: Path) -> Answers:
    try:
        document = read_document(path.read_text(encoding="utf-8-sig"), str(path))
    except OSError as error:
        reason = f"the file cannot be read: {error.strerror}"
        raise Refused(Problem(reason, "check its path", "--spec", value=str(path))) from None
    except UnicodeDecodeError:
        raise Refused(Problem("this is not UTF-8", "save the file as UTF-8", str(path))) from None
    answers = Answers(problems=document.problems)
    for name, value in (document.data or {}).items():
        if name in QUESTIONS:
            is_single = QUESTIONS[name].kind in ("texts", "choices") and isinstance(value, str)
            answers.given[name] = Answer([value] if is_single else value, str(path), document.line((name,)))
        elif name == SOURCES and isinstance(value, list):
            parts = [document.part((SOURCES, index)) for index in range(len(value))]
            answers.sources += parts
        elif name == SOURCES:
            hint = "begin each source with `- name: …`"
            answers.problems.append(document.problem((name,), "`sources` has to be a list", hint))
        else:
            hint = did_you_mean(name, [*QUESTIONS, SOURCES], limit=20)
            answers.problems.append(document.problem((name,), "unknown key", hint, name, of_key=True))
    return answers
