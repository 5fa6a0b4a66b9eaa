"""Renamed relations in the warehouse: relations to drop, and recorded tables that keep their rows under new names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from platform_new.plan.model import PlannedColumn

Collections = Mapping[str, tuple[Any, ...]]

MODELS = {
    **dict.fromkeys(("table", "current", "hierarchy", "history", "profiles"), "model"),
    **dict.fromkeys(("mart", "pit", "rows", "lineage", "versions"), "name"),
}
"""The collections whose members have a model that is rebuilt, with the attribute that names it."""

RECORDED = ("snapshot", "hub", "link", "satellite", "effectivity")
"""The collections whose members have a table with rows that no run can rebuild."""


class Recorded(Protocol):
    """A table with rows that no run can rebuild, and its columns."""

    @property
    def name(self) -> str:
        """The name of the table."""

    @property
    def recorded(self) -> tuple[PlannedColumn, ...]:
        """Its columns."""


@dataclass(frozen=True)
class RenamedTable:
    """A recorded table, its former names, and pairs of the former and current names of its columns."""

    name: str
    before: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Renaming:
    """All renames; `models` are pairs of former and current names."""

    models: tuple[tuple[str, str], ...]
    recorded: tuple[RenamedTable, ...]

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"renaming": "renames"}


def renaming(now: Collections, before: Sequence[Collections]) -> tuple[Renaming, ...]:
    """The renames between the collections of plans under former names and the current collections; empty if none."""
    models = tuple(dict.fromkeys(pair for known in before for pair in _models(now, known)))
    recorded = tuple(table for collection in RECORDED for table in _recorded(now, before, collection))
    return (Renaming(models, recorded),) if models or recorded else ()


def _models(now: Collections, before: Collections) -> Iterator[tuple[str, str]]:
    taken = {getattr(each, name) for collection, name in MODELS.items() for each in now.get(collection, ())}
    for collection, name in MODELS.items():
        for old, new in _pairs(before, now, collection):
            if getattr(old, name) not in taken:
                yield getattr(old, name), getattr(new, name)


def _recorded(now: Collections, before: Sequence[Collections], collection: str) -> Iterator[RenamedTable]:
    current: tuple[Recorded, ...] = now.get(collection, ())
    taken = {table.name for table in current}
    known = [each[collection] for each in before if current and _alike(each, now, collection)]
    for position, table in enumerate(current):
        earlier: list[Recorded] = [tables[position] for tables in known]
        names = dict.fromkeys(each.name for each in earlier if each.name not in taken)
        columns = dict.fromkeys(pair for each in earlier for pair in _columns(each, table))
        if names or columns:
            yield RenamedTable(table.name, tuple(names), tuple(columns))


def _columns(before: Recorded, now: Recorded) -> Iterator[tuple[str, str]]:
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
