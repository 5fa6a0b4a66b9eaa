"""What a choice is and brings: `template/<axis>/<choice>/choice.yml`, and the files beside it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import Field, create_model

from platform_new.catalog.axes import Capability, Record, Text, Texts

CARD = "choice.yml"
SUFFIX = ".jinja"
PARTS = "_parts"
"""In the folder of a layer: what it adds to files that another layer has, by the name of the place."""
Pairs = dict[str, str | int]


@dataclass(frozen=True)
class TemplateFile:
    """A file of a layer: its pattern, the template below `template/`, whether it is executable.

    `pattern` is the path in the repository, with placeholders; `moved_from` are the patterns that it had in older
    versions, the last one first.
    """

    pattern: str
    template: str
    executable: bool = False
    moved_from: tuple[str, ...] = ()


class Clash(Record):
    """Another choice that this one cannot be combined with, and the reason."""

    axis: Text = Field(description="The other axis.")
    choice: Text = Field(description="The choice of it.")
    because: Text = Field(description="Why the two do not go together.")


class Sheet(Record):
    """What any card may add to files that every repository has once, and what decides how sources fit."""

    variables: dict[str, Text] = Field({}, description="Environment variables, each with its purpose.")
    folders: dict[str, Text] = Field({}, description="Folders of the repository, each with what is in it.")
    runbooks: dict[str, Text] = Field({}, description="Pages of `docs/runbooks/`, each with when to open it.")
    checks: Texts = Field((), description="Commands that `make check` runs besides.")
    tests: Text | None = Field(None, description="What `make test` says at its end.")
    ci: Texts = Field((), description="Commands that CI runs besides.")
    ignored: Texts = Field((), description="What git ignores besides, one pattern an item.")
    kept: Texts = Field((), description="What `make clean` leaves of the folder `data/`.")
    history: int = Field(1, ge=1, description="How many commits CI needs.")
    imports: Texts = Field((), description="Folders from which Python imports.")
    ruff: Texts = Field((), description="Rules of Ruff that hold besides.")
    updates: Text | None = Field(None, description="Who keeps the repository up to date, for docs/updating.md.")
    entities: dict[str, Text] = Field({}, description="What a modelling style derives, for the paths of its templates.")
    reports: Texts = Field((), description="The kinds of its marts that reports are made of.")
    samples: Texts = Field((), description="The built-in sources that show what the choice does.")
    carries: Literal["tables", "events"] = Field("tables", description="What a source of this kind has.")
    no_tables: Text | None = Field(None, description="Why a platform of this choice has no sources of tables.")
    served_from: tuple[Text, ...] = Field(
        (),
        max_length=2,
        description="What the column `served_from` says of a row made of a table, and of one that a stream made.",
    )


class Card(Record):
    """What `choice.yml` says."""

    label: Text = Field(description="What the choice is called.")
    summary: Text = Field(description="What it is, in a sentence.")
    why: Text = Field(description="Why one would take it.")
    status: Literal["executed", "emulated", "compiled"] = Field(
        description="`executed`, `emulated` or `compiled`: how far its generated repository was proved."
    )
    order: int = Field(100, description="Where it stands among the choices.")
    requires: dict[str, Texts] = Field({}, description="Packages by the group of `pyproject.toml` that they belong to.")
    clashes: tuple[Clash, ...] = Field((), description="Choices of other axes that it cannot be combined with.")
    brings: Texts = Field((), description="Folders beside it whose files come along; with a card, that comes too.")
    moved: dict[str, Texts] = Field({}, description="Where files were in older versions, by where they are now.")
    sheet: Sheet = Field(default_factory=Sheet, description="What its axis and every axis wants to know.")


class LayerCard(Card):
    """What the card of a layer says that nobody chooses."""

    because: Text = Field(description="Why a repository has it, in a few words.")
    when: Text | None = Field(None, description="The fact of the plan that it needs; without it, it is always there.")


class Choice(Card):
    """A card with its place and its files: a choice of an axis, or (without an axis) a layer that nobody chooses.

    `files` are the templates in its folder, and in the folders beside it that it `brings`: what several choices share,
    or another choice, whose sheet and packages come along. `parts` are templates that files of other layers include, by
    the place there.
    """

    axis: str
    name: str
    files: tuple[TemplateFile, ...] = ()
    parts: Mapping[str, str] = Field(default_factory=dict)
    because: str
    when: str | None = None

    @property
    def layer(self) -> str:
        """The choice's folder below `template/`."""
        return f"{self.axis}/{self.name}" if self.axis else self.name

    @property
    def carries_events(self) -> bool:
        """Whether a source of this kind has topics with events, where others have tables."""
        return self.sheet.carries == "events"


TYPES: Mapping[str, Any] = {"text": Text, "texts": Texts, "number": int, "switch": bool, "pairs": Pairs}
EMPTY: Mapping[str, Any] = {"text": None, "texts": (), "number": None, "switch": False, "pairs": {}}


@functools.cache
def card_model(axis: str, capabilities: tuple[tuple[str, Capability], ...]) -> type[Card]:
    """The model of the cards of an axis: their sheet has a typed key for each of its capabilities."""
    fields: dict[str, Any] = {name: _field(each) for name, each in capabilities}
    sheet = create_model(f"{axis.title()}Sheet", __base__=Sheet, __doc__=Sheet.__doc__, **fields)
    needed = any(each.required for _, each in capabilities)
    described = Card.model_fields["sheet"].description
    whole = Field(description=described) if needed else Field(default_factory=sheet, description=described)
    return create_model(f"{axis.title()}Card", __base__=Card, __doc__=Card.__doc__, sheet=(sheet, whole))


def _field(capability: Capability) -> tuple[Any, Any]:
    type_, default = TYPES[capability.type], EMPTY[capability.type]
    if capability.values:
        one = Literal[capability.values]  # type: ignore[valid-type]
        type_ = tuple[one, ...] if capability.type == "texts" else one
    if capability.required:
        return type_, Field(description=capability.description)
    return (type_ | None if default is None else type_), Field(default, description=capability.description)
