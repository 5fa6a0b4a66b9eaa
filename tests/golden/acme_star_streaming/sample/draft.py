"""A table while it is being filled."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ingest.spec import Column, Reference, Table
from sample.domain import as_type

Rows = dict[str, list[Any]]


@dataclass
class Draft:
    """A table while it is being filled; `rows` has only the columns filled so far.

    `times` says when each row came into being, and `ends` when it ceased, if it did; `temporary`
    rows all do, such as promotions. `countries` are the ISO codes of the countries that the rows
    belong to, if they belong to any.
    """

    table: Table
    seed: str
    count: int
    times: list[datetime]
    rows: Rows = field(default_factory=dict)
    ends: dict[int, datetime] = field(default_factory=dict)
    temporary: bool = False
    countries: list[str] | None = None

    def chance(self, *purpose: str) -> random.Random:
        """Random numbers for one purpose: another purpose does not change them."""
        return random.Random(".".join((self.seed, self.table.name, *purpose)))

    def column(self, name: str) -> Column:
        """The column with this name."""
        return next(column for column in self.table.columns if column.name == name)

    def has(self, names: Sequence[str]) -> bool:
        """Whether all these columns are filled."""
        return all(name in self.rows for name in names)

    def optional(self, name: str) -> bool:
        """Whether the column can be NULL."""
        return not self.column(name).required and name not in self.table.key

    def tuples(self, names: Sequence[str]) -> list[tuple[Any, ...]]:
        """The values of these columns, row by row."""
        return list(zip(*(self.rows[name] for name in names), strict=True))

    def put(self, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Fill these columns, in the types of the spec."""
        for position, name in enumerate(names):
            type_ = self.column(name).type
            self.rows[name] = [as_type(row[position], type_) for row in rows]

    def keep(self, wanted: Sequence[bool]) -> None:
        """Drop the other rows."""
        if all(wanted):
            return
        kept = [index for index, keep in enumerate(wanted) if keep]
        self.rows = {name: [values[index] for index in kept] for name, values in self.rows.items()}
        self.times = [self.times[index] for index in kept]
        self.ends = {new: self.ends[old] for new, old in enumerate(kept) if old in self.ends}
        if self.countries:
            self.countries = [self.countries[index] for index in kept]
        self.count = len(kept)

    def parent_rows(self, reference: Reference, parent: Draft) -> list[int | None]:
        """For each row, the row of the parent that the reference points to."""
        if parent is self or not self.has(reference.columns):
            return [None] * self.count
        found = parent.targets(reference.to_columns)
        return [found.get(key) for key in self.tuples(reference.columns)]

    def targets(self, names: Sequence[str]) -> dict[tuple[Any, ...], int]:
        """The distinct tuples that a reference to these columns can have, with their rows."""
        found: dict[tuple[Any, ...], int] = {}
        for index, target in enumerate(self.tuples(names)):
            if None not in target:
                found.setdefault(target, index)
        return found


def unique_sets(table: Table) -> list[tuple[str, ...]]:
    """Every group of columns that must differ from row to row, the primary key first."""
    names = {column.name for column in table.columns}
    single = [(column.name,) for column in table.columns if column.unique]
    groups = [group for group in (table.key, *table.unique, *single) if group]
    return [group for group in dict.fromkeys(groups) if set(group) <= names]
