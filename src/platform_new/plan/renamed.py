"""Renamed relations in the warehouse: relations to drop, and snapshots that keep their history under the new name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from platform_new.plan.modeling.shape import Snapshot

Collections = Mapping[str, tuple[Any, ...]]

MODELS = {
    "table": "model",
    "current": "model",
    "hierarchy": "model",
    "history": "model",
    "profiles": "model",
    "mart": "name",
}
"""The collections whose members have a model, with the attribute that names it."""


@dataclass(frozen=True)
class RenamedSnapshot:
    """A snapshot, the former names of its table, and pairs of the former and current names of its columns."""

    name: str
    before: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Renaming:
    """All renames; `models` are pairs of former and current names."""

    models: tuple[tuple[str, str], ...]
    snapshots: tuple[RenamedSnapshot, ...]

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"renaming": "renames"}


def renaming(now: Collections, before: Sequence[Collections]) -> tuple[Renaming, ...]:
    """The renames between the collections of plans under former names and the current collections; empty if none."""
    models = tuple(dict.fromkeys(pair for known in before for pair in _models(now, known)))
    snapshots = tuple(_snapshots(now, before))
    return (Renaming(models, snapshots),) if models or snapshots else ()


def _models(now: Collections, before: Collections) -> Iterator[tuple[str, str]]:
    taken = {getattr(each, name) for collection, name in MODELS.items() for each in now.get(collection, ())}
    for collection, name in MODELS.items():
        for old, new in _pairs(before, now, collection):
            if getattr(old, name) not in taken:
                yield getattr(old, name), getattr(new, name)


def _snapshots(now: Collections, before: Sequence[Collections]) -> Iterator[RenamedSnapshot]:
    current: tuple[Snapshot, ...] = now.get("snapshot", ())
    taken = {snapshot.name for snapshot in current}
    known = [each["snapshot"] for each in before if current and _alike(each, now, "snapshot")]
    for position, snapshot in enumerate(current):
        earlier: list[Snapshot] = [snapshots[position] for snapshots in known]
        names = dict.fromkeys(each.name for each in earlier if each.name not in taken)
        columns = dict.fromkeys(pair for each in earlier for pair in _columns(each, snapshot))
        if names or columns:
            yield RenamedSnapshot(snapshot.name, tuple(names), tuple(columns))


def _columns(before: Snapshot, now: Snapshot) -> Iterator[tuple[str, str]]:
    """The renamed columns; none if the style carries other columns under the former names, since pairs are unknown."""
    old, new = before.recorded, now.recorded
    if [column.origin for column in old] == [column.origin for column in new]:
        names = {column.name for column in new}
        pairs = zip(old, new, strict=True)
        yield from ((mine.name, theirs.name) for mine, theirs in pairs if mine.name not in names)


def _pairs(before: Collections, now: Collections, collection: str) -> Iterator[tuple[Any, Any]]:
    if _alike(before, now, collection):
        yield from zip(before.get(collection, ()), now.get(collection, ()), strict=True)


def _alike(before: Collections, now: Collections, collection: str) -> bool:
    return len(before.get(collection, ())) == len(now.get(collection, ()))
