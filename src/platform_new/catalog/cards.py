"""Choices and their cards: `template/<axis>/<choice>/choice.yml`, and the files beside it."""

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
"""The folder of a layer with templates that it adds to files of other layers; each is named after its place there."""
STAND_IN = "_stand_in"
"""The folder of a warehouse with what runs its repositories without an account; nothing of it is generated."""
Pairs = dict[str, str | int]


@dataclass(frozen=True)
class TemplateFile:
    """A file of a layer: its pattern, its template relative to `template/`, and whether it is executable.

    `pattern` is the path in the repository, with placeholders; `moved_from` are the patterns of older versions, the
    newest first.
    """

    pattern: str
    template: str
    executable: bool = False
    moved_from: tuple[str, ...] = ()


class Clash(Record):
    """A choice of another axis that this choice cannot be combined with, and the reason."""

    axis: Text = Field(description="The other axis.")
    choice: Text = Field(description="The choice on that axis.")
    because: Text = Field(description="Why the two cannot be combined.")


class Sheet(Record):
    """What any card may add to the files that a repository has once, and what determines which sources fit."""

    variables: dict[str, Text] = Field({}, description="Environment variables, each with its purpose.")
    folders: dict[str, Text] = Field({}, description="Folders of the repository, each with its content.")
    runbooks: dict[str, Text] = Field({}, description="Pages of `docs/runbooks/`, each with when to open it.")
    checks: Texts = Field((), description="Commands that `make check` also runs.")
    tests: Text | None = Field(None, description="The last message of `make test`.")
    ci: Texts = Field((), description="Commands that CI also runs.")
    ignored: Texts = Field((), description="Further patterns for `.gitignore`.")
    kept: Texts = Field((), description="The contents of the folder `data/` that `make clean` keeps.")
    history: int = Field(1, ge=1, description="How many commits CI checks out; with more than one, it compares them.")
    debian: Texts = Field((), description="Debian packages that the commands of CI need.")
    imports: Texts = Field((), description="Folders that Python imports from.")
    ruff: Texts = Field((), description="Further Ruff rules.")
    updates: Text | None = Field(None, description="How the repository is kept up to date, for docs/updating.md.")
    entities: dict[str, Text] = Field({}, description="The entities of a modelling style, for its templates' paths.")
    samples: Texts = Field((), description="The built-in sources that show what the choice does.")
    carries: Literal["tables", "events"] = Field("tables", description="What a source of this kind has.")
    no_tables: Text | None = Field(None, description="Why a platform with this choice has no sources with tables.")
    served_from: tuple[Text, ...] = Field(
        (),
        max_length=2,
        description="The values of the column `served_from` for a row from a table, and for a row from a stream.",
    )


class Card(Record):
    """The keys of `choice.yml`."""

    label: Text = Field(description="The name of the choice for people.")
    summary: Text = Field(description="What it is, in a sentence.")
    why: Text = Field(description="When to choose it.")
    status: Literal["executed", "emulated", "compiled"] = Field(
        description="`executed`, `emulated` or `compiled`: how its generated repository was tested."
    )
    order: int = Field(100, description="The position among the choices.")
    requires: dict[str, Texts] = Field({}, description="Packages by the group of `pyproject.toml` that they belong to.")
    clashes: tuple[Clash, ...] = Field((), description="Choices of other axes that it cannot be combined with.")
    brings: Texts = Field((), description="Folders beside it whose files (and card, if any) are included.")
    moved: dict[str, Texts] = Field({}, description="The paths of files in older versions, by their current paths.")
    sheet: Sheet = Field(default_factory=Sheet, description="The keys that its axis and all axes define.")


class LayerCard(Card):
    """The keys of the card of a layer that is not a choice."""

    because: Text = Field(description="Why a repository has it, in a few words.")
    when: Text | None = Field(None, description="The fact of the plan that it needs; by default it is always included.")


class Choice(Card):
    """A card with its place and its files: a choice of an axis, or (without an axis) a layer that is not a choice.

    `files` are the templates in its folder and in the folders that it `brings`: files that several choices share, or
    another choice, whose sheet and packages are included. `parts` are templates that files of other layers include, by
    the place in those files.
    """

    axis: str
    name: str
    files: tuple[TemplateFile, ...] = ()
    parts: Mapping[str, str] = Field(default_factory=dict)
    because: str
    when: str | None = None

    @property
    def layer(self) -> str:
        """The choice's folder, relative to `template/`."""
        return f"{self.axis}/{self.name}" if self.axis else self.name

    @property
    def carries_events(self) -> bool:
        """Whether a source of this kind has topics with events instead of tables."""
        return self.sheet.carries == "events"


TYPES: Mapping[str, Any] = {"text": Text, "texts": Texts, "number": int, "switch": bool, "pairs": Pairs}
EMPTY: Mapping[str, Any] = {"text": None, "texts": (), "number": None, "switch": False, "pairs": {}}


@functools.cache
def card_model(axis: str, capabilities: tuple[tuple[str, Capability], ...]) -> type[Card]:
    """The model of the cards of an axis: their sheet has a typed key for each of the axis' capabilities."""
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
