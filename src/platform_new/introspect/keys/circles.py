"""Declared foreign keys that lead from one column to the next, so that no inferred key closes a circle."""

from __future__ import annotations

from collections.abc import Iterable

from platform_new.introspect.catalog import FoundTable, TableId

Place = tuple[TableId, str]
"""A column of a table."""


class Declared:
    """The foreign keys of one column each that tables declare."""

    def __init__(self, tables: Iterable[FoundTable]):
        self.target: dict[Place, Place] = {
            (table.id, key.columns[0]): (key.to, key.to_columns[0])
            for table in tables
            for key in table.foreign_keys
            if len(key.columns) == len(key.to_columns) == 1
        }

    def lead(self, start: Place, end: Place) -> bool:
        """Whether the keys lead from one column to the other, or whether both are the same."""
        passed = set()
        while start != end and start in self.target and start not in passed:
            passed.add(start)
            start = self.target[start]
        return start == end
