"""Cards and axes, and the catalog that holds them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from platform_new.errors import Problem, Refused

BASE, LOOKUPS = "base", "lookups"
PARTS = (BASE, LOOKUPS)
"""The layers that nobody chooses."""
SUFFIX = ".jinja"
PLACEHOLDER = re.compile(r"\{([a-z_]+)\}")
"""In a template's path: once for each of what it names."""
CARD = "choice.yml"
SOURCE_AXIS = "source"


@dataclass(frozen=True)
class Clash:
    """Another choice that this one cannot be combined with, and the reason."""

    axis: str
    choice: str
    because: str


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


@dataclass(frozen=True)
class Choice:
    """One card: what the choice is, why one would take it, and what it brings.

    `layer` is the folder below `template/`; `files` are the templates in it, and in the folders beside it that it
    `brings`: what several choices share, or another choice, whose `sheet` and packages come along.
    """

    axis: str
    name: str
    label: str
    summary: str
    why: str
    status: str
    order: int = 100
    requires: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    clashes: tuple[Clash, ...] = ()
    sheet: Mapping[str, Any] = field(default_factory=dict)
    files: tuple[TemplateFile, ...] = ()

    @property
    def carries_events(self) -> bool:
        """Whether a source of this kind has topics with events, where others have tables."""
        return self.sheet.get("carries") == "events"

    @property
    def layer(self) -> str:
        """The choice's folder below `template/`."""
        return f"{self.axis}/{self.name}" if self.axis else self.name


@dataclass(frozen=True)
class Axis:
    """A question with its choices; `default` names the one that is taken without an answer.

    One that is not `asked` follows from the sources, or is answered by a flag.
    """

    name: str
    label: str
    question: str
    default: str | None
    order: int
    choices: Mapping[str, Choice]
    asked: bool = True


@dataclass(frozen=True)
class Catalog:
    """All axes, in the order in which they are asked, and where their folders are.

    Beside them are what every platform has, `base`, and what one has whose streams join tables, `lookups`.
    """

    root: Path
    base: Choice
    lookups: Choice
    axes: Mapping[str, Axis]

    @property
    def questions(self) -> tuple[Axis, ...]:
        """The axes that a platform chooses on (the kinds of source are chosen per source)."""
        return tuple(axis for axis in self.axes.values() if axis.name != SOURCE_AXIS)

    def choice(self, axis: str, name: str) -> Choice:
        """The card of a choice that is known to exist."""
        return self.axes[axis].choices[name]


def template_root() -> Path:
    """The folder that holds `copier.yml` and `template/`: inside the package when installed, else the checkout."""
    installed = Path(__file__).parent.parent / "_template"
    return installed if installed.is_dir() else Path(__file__).parents[3]


@functools.cache
def load_catalog(root: Path | None = None) -> Catalog:
    """Read every axis and card below `root/template`.

    Raises `Refused` with one problem for each card that cannot be used.
    """
    root = root or template_root()
    problems: list[Problem] = []
    base, lookups = (_load_choice(root / "template" / part / CARD, "", problems) for part in PARTS)
    axes = [_load_axis(path, problems) for path in sorted((root / "template").glob("*/axis.yml"))]
    if problems or base is None or lookups is None:
        raise Refused(problems)
    return Catalog(
        root, base, lookups, {axis.name: axis for axis in sorted(axes, key=lambda axis: (axis.order, axis.name))}
    )


def _load_axis(path: Path, problems: list[Problem]) -> Axis:
    name = path.parent.name
    data = _read(path)
    cards = [_load_choice(card, name, problems) for card in sorted(path.parent.glob(f"*/{CARD}"))]
    choices = {card.name: card for card in sorted((c for c in cards if c), key=lambda card: (card.order, card.name))}
    default = data.get("default")
    if default is not None and default not in choices:
        problems.append(Problem("the default is not one of the choices", file=str(path), value=default))
    return Axis(
        name, data["label"], data["question"], default, data.get("order", 100), choices, data.get("asked", True)
    )


def _load_choice(path: Path, axis: str, problems: list[Problem]) -> Choice | None:
    data = _read(path)
    allowed = {"label", "summary", "why", "status", "order", "requires", "clashes", "sheet", "brings", "moved"}
    required = {"label", "summary", "why", "status"}
    for key in sorted(data.keys() - allowed):
        problems.append(
            Problem("the card has an unknown key", f"use {', '.join(sorted(allowed))}", str(path), value=key)
        )
    for key in sorted(required - data.keys()):
        problems.append(Problem(f"the card lacks `{key}`", "add it", str(path)))
    if data.keys() - allowed or required - data.keys():
        return None
    folders = (path.parent, *(path.parents[1] / name for name in data.get("brings") or ()))
    data |= _with_what_is_brought(data, folders[1:])
    moved = {new: _listed(old) for new, old in data["moved"].items()}
    files = tuple(file for folder in folders for file in _files(folder, moved))
    problems += _moves_that_do_not_hold(path, moved, {file.pattern for file in files})
    return Choice(
        axis=axis,
        name=path.parent.name,
        label=data["label"],
        summary=data["summary"],
        why=data["why"],
        status=data["status"],
        order=data.get("order", 100),
        requires={group: tuple(packages) for group, packages in data["requires"].items()},
        clashes=tuple(Clash(**clash) for clash in data.get("clashes") or ()),
        sheet=data["sheet"],
        files=files,
    )


def _with_what_is_brought(data: Mapping[str, Any], folders: Iterable[Path]) -> dict[str, dict[str, Any]]:
    """What the card needs, says and has moved; a folder with a card of its own brings these along, and ours win."""
    cards = [*(_read(folder / CARD) for folder in folders if (folder / CARD).is_file()), data]
    return {
        name: {key: value for card in cards for key, value in (card.get(name) or {}).items()}
        for name in ("requires", "sheet", "moved")
    }


def _files(layer: Path, moved: Mapping[str, tuple[str, ...]]) -> Iterator[TemplateFile]:
    root = layer.parent if layer.name in PARTS else layer.parents[1]
    for file in sorted(layer.rglob("*")):
        if file.is_file() and file.name != CARD and "__pycache__" not in file.parts:
            pattern = file.relative_to(layer).as_posix().removesuffix(SUFFIX)
            executable = bool(file.stat().st_mode & 0o100)
            yield TemplateFile(pattern, file.relative_to(root).as_posix(), executable, moved.get(pattern, ()))


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _moves_that_do_not_hold(card: Path, moved: Mapping[str, tuple[str, ...]], patterns: set[str]) -> Iterator[Problem]:
    """A move is from where no file is any more to where one is, once for each of the same things."""
    for new, olds in moved.items():
        if new not in patterns:
            yield Problem("`moved` names a file that the choice does not have", "correct it", str(card), value=new)
        for old in olds:
            if old in patterns:
                reason = "`moved` names a file that is still there as one from before"
                yield Problem(reason, "delete the line, or the file", str(card), value=old)
            if set(PLACEHOLDER.findall(old)) != set(PLACEHOLDER.findall(new)):
                reason = f"`moved` has other placeholders than `{new}`, so that nobody could say which file is which"
                yield Problem(reason, "a file that was split has no path before", str(card), value=old)


def _read(path: Path) -> dict[str, Any]:
    from ruamel.yaml import YAML

    return dict(YAML(typ="safe").load(path.read_text(encoding="utf-8")) or {})
