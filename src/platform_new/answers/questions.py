"""The questions: the fields of `Platform`, and the origin of the first sources."""

from __future__ import annotations

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, Field

from platform_new.catalog.axes import load_axes
from platform_new.spec.models import Identifier, Platform

NONE = "none"
"""The answer to `sample` that asks for a platform without a source."""


class Start(BaseModel):
    """The origin of a platform's first sources."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    from_: tuple[str, ...] = Field(
        (), alias="from", description="Introspect a database (its address) or a folder of files."
    )
    source_name: Identifier | None = Field(
        None, description="The source's name; by default that of the database or folder."
    )
    schema_: tuple[str, ...] = Field((), alias="schema", description="Introspect only this schema of the database.")
    views: bool = Field(False, description="Introspect the database's views as well.")
    sample: str | None = Field(None, description=f"Start from a built-in sample source; `{NONE}` for no source at all.")


@dataclass(frozen=True)
class Question:
    """A question that a key of the spec file can answer and, in most cases, a flag, a variable or the prompt.

    `name` is the key; `kind` is `text`, `texts` (a list), `choices` (a list, or comma-separated items), `pairs` (keys
    and values, or comma-separated `key=value`), `switch` (true or false) or `parts` (a list of keys and values, which
    only the spec file can have).
    """

    name: str
    model: type[BaseModel]
    help: str
    kind: str

    @property
    def flag(self) -> str:
        """The command-line option."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def variable(self) -> str:
        """The environment variable."""
        return f"PLATFORM_NEW_{self.name.upper()}"

    @property
    def place(self) -> str:
        """The place to name in messages about the command line."""
        return "NAME" if self.name == "name" else self.flag


def _questions(model: type[BaseModel]) -> Mapping[str, Question]:
    names = {field.alias or name: field for name, field in model.model_fields.items()}
    axes = load_axes() if model is Platform else {}
    return {
        name: Question(name, model, field.description or "", "choices" if name in axes and axes[name].many else kind)
        for name, field in names.items()
        for kind in [_kind(field.annotation)]
    }


def _kind(annotation: typing.Any) -> str:
    if annotation is bool:
        return "switch"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "pairs"
    inner = typing.get_args(annotation) if isinstance(annotation, types.UnionType) else (annotation,)
    if any(isinstance(each, type) and issubclass(each, BaseModel) for each in typing.get_args(annotation)):
        return "parts"
    return "texts" if any(typing.get_origin(each) is tuple for each in inner) else "text"


QUESTIONS: Mapping[str, Question] = {**_questions(Platform), **_questions(Start)}
FOR_FLAGS = {name: question for name, question in QUESTIONS.items() if question.kind != "parts"}
"""The questions that a flag or a variable can answer."""
