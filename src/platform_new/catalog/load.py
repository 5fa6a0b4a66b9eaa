"""Reads every axis and card, and checks them against each other."""

from __future__ import annotations

import dataclasses
import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from platform_new.catalog.axes import AXIS, SOURCE_AXIS, AxisCard, load_axes, read, template_root
from platform_new.catalog.cards import CARD, PARTS, STAND_IN, SUFFIX, Card, Choice, LayerCard, TemplateFile, card_model
from platform_new.catalog.entities import ENTITIES, PLACEHOLDER, PLACES
from platform_new.documents.document import Document
from platform_new.documents.invalid import validate
from platform_new.documents.suggest import did_you_mean
from platform_new.errors import Problem, Refused

CHOICE_NAME = re.compile(r"[a-z][a-z0-9_]*")
SHARED = ("shared", "driver")
"""Folders of `template/` that are not layers: files that templates include, and the files that copier renders."""


@dataclass(frozen=True)
class Axis:
    """A question with its choices; `default` names the choices without an answer: exactly one unless `many`.

    An axis that is not `asked` follows from the sources, or is answered by a flag.
    """

    name: str
    label: str
    question: str
    description: str
    default: tuple[str, ...]
    order: int
    choices: Mapping[str, Choice]
    asked: bool = True
    many: bool = False


@dataclass(frozen=True)
class Catalog:
    """All axes in the order of the questions, the layers that are not choices, and the root of the folders."""

    root: Path
    layers: tuple[Choice, ...]
    axes: Mapping[str, Axis]

    @property
    def questions(self) -> tuple[Axis, ...]:
        """The axes that a platform chooses on (the kinds of source are chosen per source)."""
        return tuple(axis for axis in self.axes.values() if axis.name != SOURCE_AXIS)

    @property
    def kinds(self) -> Mapping[str, Choice]:
        """The kinds of source."""
        return self.axes[SOURCE_AXIS].choices

    def choice(self, axis: str, name: str) -> Choice:
        """The card of a choice that is known to exist."""
        return self.axes[axis].choices[name]


@functools.cache
def load_catalog(root: Path | None = None) -> Catalog:
    """Read every axis and card in `root/template`.

    Raises `Refused` with every mistake, each with its file and line.
    """
    root = root or template_root()
    problems: list[Problem] = []
    try:
        cards = load_axes(root)
    except Refused as refusal:
        cards, problems = {}, list(refusal.problems)
    read_cards = [_Reading(root, path, cards) for path in sorted((root / "template").glob(f"*/*/{CARD}"))]
    read_layers = [_Reading(root, path, {}) for path in sorted((root / "template").glob(f"*/{CARD}"))]
    readings = [each for each in (*read_layers, *read_cards) if not each.axis or each.axis in cards or not problems]
    axes = {name: _axis(name, card, readings) for name, card in cards.items()}
    layers = tuple(each.choice for each in readings if each.choice and not each.axis)
    for reading in readings:
        _check_against_the_others(reading, axes)
        problems += reading.document.problems
    problems += _defaults(root, axes, cards)
    problems += _placeholders(root, readings)
    problems += _parts(readings)
    problems += _folders(root, readings, cards)
    if problems:
        raise Refused(sorted(dict.fromkeys(problems), key=lambda each: (each.file, each.line or 0)))
    return Catalog(root, tuple(sorted(layers, key=lambda layer: (layer.order, layer.name))), axes)


def _axis(name: str, card: AxisCard, readings: Iterable[_Reading]) -> Axis:
    found = [each.choice for each in readings if each.choice and each.axis == name]
    choices = {choice.name: choice for choice in sorted(found, key=lambda choice: (choice.order, choice.name))}
    fields = {key: getattr(card, key) for key in AxisCard.model_fields if key != "sheet"}
    return Axis(name=name, choices=choices, **fields)


class _Reading:
    """A card while it is read: its document, which collects problems, and the choice if the card is valid."""

    def __init__(self, root: Path, path: Path, axes: Mapping[str, AxisCard]):
        self.root, self.folder = root, path.parent
        self.axis = path.parent.parent.name if path.parent.parent != root / "template" else ""
        self.document = read(path, root)
        self.choice: Choice | None = None
        self.card: Card | None = None
        if self.document.data is not None:
            axis = axes.get(self.axis)
            model = card_model(self.axis, tuple(axis.sheet.items())) if axis else LayerCard if not self.axis else Card
            self.card = validate(model, self._whole())
        if self.card:
            self.choice = self._made(self.card)

    def _whole(self) -> Document:
        """The card, merged with the packages, sheet and moves of the cards that it brings; its own values win."""
        own, brought = self.document.data, _words(self.document.data.get("brings"))
        beside = [self.folder.parent / name / CARD for name in brought]
        datas = [read(path, self.root).data for path in beside if path.is_file()]
        merged = {
            name: functools.reduce(_over, values)
            for name in ("requires", "sheet", "moved")
            if (values := [data[name] for data in (*datas, own) if (data or {}).get(name)])
            and all(isinstance(value, dict) for value in values)
        }
        return dataclasses.replace(self.document, data={**own, **merged})

    def _made(self, card: Card) -> Choice:
        folders = (self.folder, *(self.folder.parent / name for name in card.brings))
        files = tuple(file for folder in folders for file in self._files(folder, card.moved))
        parts = {
            file.name.removesuffix(SUFFIX): self._below(file)
            for folder in reversed(folders)
            for file in sorted((folder / PARTS).glob(f"*{SUFFIX}"))
        }
        name, fields = self.folder.name, {key: getattr(card, key) for key in Card.model_fields}
        because, when = (card.because, card.when) if isinstance(card, LayerCard) else (f"{self.axis} {name}", None)
        return Choice.model_construct(
            **fields, axis=self.axis, name=name, files=files, parts=parts, because=because, when=when
        )

    def _files(self, layer: Path, moved: Mapping[str, tuple[str, ...]]) -> Iterator[TemplateFile]:
        for file in sorted(layer.rglob("*")):
            if file.is_file() and file.name != CARD and not {PARTS, STAND_IN, "__pycache__"} & set(file.parts):
                pattern = file.relative_to(layer).as_posix().removesuffix(SUFFIX)
                executable = bool(file.stat().st_mode & 0o100)
                yield TemplateFile(pattern, self._below(file), executable, moved.get(pattern, ()))

    def _below(self, file: Path) -> str:
        return file.relative_to(self.root / "template").as_posix()

    def complain(self, path: tuple[str | int, ...], reason: str, hint: str = "", value: Any = None) -> None:
        """Add a problem at a path of the card."""
        of_key = len(path) > 1 and path[0] == "moved"
        self.document.problems.append(self.document.problem(path, reason, hint, value, of_key=of_key))


def _over(below: Any, own: Any) -> Any:
    """A value of a card over the value that it brings: mappings are merged."""
    if not (isinstance(below, dict) and isinstance(own, dict)):
        return own
    return {**below, **{key: _over(below.get(key), value) for key, value in own.items()}}


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) else [each for each in value or () if isinstance(each, str)]


def _check_against_the_others(reading: _Reading, axes: Mapping[str, Axis]) -> None:
    """Check that the axes, choices, folders and files that a card names exist."""
    card, choice = reading.card, reading.choice
    if not card or not choice:
        return
    if not CHOICE_NAME.fullmatch(choice.name):
        reading.complain((), "a choice cannot have this name", "rename the folder: lowercase letters, digits and `_`",
                         choice.name)  # fmt: skip
    for index, clash in enumerate(card.clashes):
        if clash.axis not in axes:
            reading.complain(("clashes", index, "axis"), "unknown axis", did_you_mean(clash.axis, axes), clash.axis)
        elif clash.choice not in axes[clash.axis].choices:
            hint = did_you_mean(clash.choice, axes[clash.axis].choices)
            reading.complain(("clashes", index, "choice"), f"unknown {clash.axis}", hint, clash.choice)
    for index, name in enumerate(card.brings):
        if not (reading.folder.parent / name).is_dir():
            beside = [each.name for each in reading.folder.parent.iterdir() if each.is_dir()]
            reading.complain(("brings", index), "there is no such folder beside this one", did_you_mean(name, beside),
                             name)  # fmt: skip
    if choice.when and choice.when not in ENTITIES:
        reading.complain(("when",), "unknown fact of the plan", did_you_mean(choice.when, ENTITIES, limit=20),
                         choice.when)  # fmt: skip
    _moves(reading, card, {file.pattern for file in choice.files})


def _moves(reading: _Reading, card: Card, patterns: set[str]) -> None:
    """A move leads from a path without a file to the path of a file, with the same placeholders.

    A card may bring the moves of a choice without all files of that choice.
    """
    own = reading.document.data.get("moved") or {}
    for new, olds in card.moved.items():
        path = ("moved", new)
        if new in own and new not in patterns:
            reading.complain(path, "`moved` names a file that the choice does not have", did_you_mean(new, patterns),
                             new)  # fmt: skip
        for old in olds:
            if old in patterns:
                reason = "`moved` names a previous path that still has a file"
                reading.complain(path, reason, "delete the line, or the file", old)
            if set(PLACEHOLDER.findall(old)) != set(PLACEHOLDER.findall(new)):
                reason = f"the previous path has other placeholders than `{new}`, so the files cannot be matched"
                reading.complain(path, reason, "delete the line: a file that was split has no previous path", old)


def _defaults(root: Path, axes: Mapping[str, Axis], cards: Mapping[str, AxisCard]) -> Iterator[Problem]:
    for name in cards:
        axis, path = axes[name], root / "template" / name / AXIS
        if not axis.choices:
            hint = f"add a folder with a {CARD}"
            yield Problem("the axis has no valid choice", hint, path.relative_to(root).as_posix())
            continue
        for default in (each for each in axis.default if each not in axis.choices):
            hint = did_you_mean(default, axis.choices)
            yield read(path, root).problem(("default",), "the default is not one of the choices", hint, default)


def _placeholders(root: Path, readings: Iterable[_Reading]) -> Iterator[Problem]:
    """Paths with unknown placeholders: no repository would have such a file."""
    choices = [reading.choice for reading in readings if reading.choice]
    known = {*ENTITIES, *(entity for choice in choices for entity in choice.sheet.entities)}
    for template in sorted({file.template for choice in choices for file in choice.files}):
        for name in PLACEHOLDER.findall(template):
            if name not in known:
                hint = did_you_mean(name, sorted(known), limit=30)
                yield Problem("the path has an unknown placeholder", hint, f"template/{template}", value=f"{{{name}}}")


def _parts(readings: Iterable[_Reading]) -> Iterator[Problem]:
    """Parts for an unknown place: no file would include them."""
    found = {
        template: place for reading in readings if reading.choice for place, template in reading.choice.parts.items()
    }
    for template, place in sorted(found.items()):
        if place not in PLACES:
            reason, hint = "no file includes parts of this name", did_you_mean(place, PLACES, limit=20)
            yield Problem(reason, hint, f"template/{template}", value=place)


def _folders(root: Path, readings: Iterable[_Reading], axes: Mapping[str, AxisCard]) -> Iterator[Problem]:
    """Folders that look like a layer but lack the card."""
    brought = {reading.folder.parent / name for reading in readings if reading.card for name in reading.card.brings}
    for folder in sorted(each for each in (root / "template").iterdir() if each.is_dir()):
        name = folder.relative_to(root).as_posix()
        is_axis, is_layer = (folder / AXIS).is_file(), (folder / CARD).is_file()
        if not is_axis and not is_layer and folder.name not in SHARED:
            yield Problem("the folder is neither an axis nor a layer", f"add {AXIS} or {CARD}", name)
        for inner in sorted(each for each in folder.iterdir() if each.is_dir()) if is_axis else ():
            if not (inner / CARD).is_file() and inner not in brought and inner.name != "__pycache__":
                hint = f"add {CARD}, or name the folder in the `brings:` of a choice"
                yield Problem("the folder has no card", hint, inner.relative_to(root).as_posix())
