"""The history of a dimension's columns: the types of slowly changing dimensions (Kimball and Ross, ch. 5).

The snapshot records the rows as they were. The types say how the dimension shows them, so a changed type loses nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from enum import IntEnum

from platform_new.plan.model import PlannedColumn, StagedTable
from platform_new.plan.modeling.body import Selected


class HistoryType(IntEnum):
    """Kimball's types by number; type 5 is what a dimension with a mini-dimension already is."""

    RETAIN = 0
    """The original value."""
    OVERWRITE = 1
    """The current value."""
    ADD_ROW = 2
    """A row for each version."""
    ADD_COLUMN = 3
    """The current value, and the previous value in a further column."""
    MINI_DIMENSION = 4
    """A dimension of their own for columns that often change."""
    HYBRID = 6
    """A row for each version, and the current value in a further column."""


VERSIONED = frozenset({HistoryType.ADD_ROW, HistoryType.HYBRID})
"""The types of which a change opens a version."""
TWICE = frozenset({HistoryType.ADD_COLUMN, HistoryType.HYBRID})
"""The types that give a dimension two columns."""


def type_of_table(table: StagedTable) -> int:
    """The type of a dimension's columns that have none of their own; past versions need a key."""
    if not table.key:
        return HistoryType.OVERWRITE
    return HistoryType.ADD_ROW if table.spec.history is None else table.spec.history


def resolved(column: PlannedColumn, table: StagedTable) -> PlannedColumn:
    """The column of the row of a table's dimension with the type of its history; a key has none."""
    if column.kind == "key":
        return replace(column, history=None)
    given = column.history if table.key else None
    return replace(column, history=type_of_table(table) if given is None else given)


def types_of(selected: Iterable[Selected], table: StagedTable) -> frozenset[int]:
    """The types in the row of a table's dimension; of a row with only a key, whether its members come and go."""
    columns = (item.column for item in selected if item.column.kind not in ("key", "deletion"))
    found = frozenset(resolved(column, table).history for column in columns)
    return found or frozenset({HistoryType.ADD_ROW if type_of_table(table) in VERSIONED else type_of_table(table)})


def width(columns: Iterable[PlannedColumn], default: int | None) -> int:
    """The number of columns that these become in a dimension with this default type; without types, their number."""
    types = [default if column.history is None else column.history for column in columns]
    return len(types) if default is None else sum(2 if each in TWICE else 1 for each in types)
