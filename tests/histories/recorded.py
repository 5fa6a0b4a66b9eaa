"""What is recorded of a member, and what a dimension shows of it, as `history:` says; in plain Python.

Kimball's types: 0 shows the original value, 1 the current value, 2 each value on its version, 3 the current and the
previous value, 4 each value in a mini-dimension, 6 each value on its version and the current value.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from histories.history import Row

VERSIONED = {2, 6}


@dataclass
class Recorded:
    """A recorded row, and whether it follows the row before without a gap: a deleted member may return."""

    row: Row
    follows: bool


@dataclass(frozen=True)
class Typed:
    """The types of a dimension's columns, and of its table, at a run."""

    columns: Mapping[str, int]
    table: int

    @property
    def all(self) -> set[int]:
        """The types; those of a dimension without columns say whether it has versions."""
        return set(self.columns.values()) or {2 if self.table in VERSIONED else self.table}

    @property
    def is_recorded(self) -> bool:
        return self.all != {1}

    @property
    def has_versions(self) -> bool:
        return bool(self.all & VERSIONED)

    def of(self, *types: int) -> list[str]:
        """The columns of these types."""
        return [column for column, type_ in self.columns.items() if type_ in types]


def record(runs: Iterable[tuple[Row | None, Typed]]) -> list[Recorded]:
    """The rows that these runs have recorded of a member: its attributes, or None if it was missing."""
    rows: list[Recorded] = []
    known: set[str] = set()
    is_open = False
    for attributes, typed in runs:
        if not typed.is_recorded:
            continue
        new, known = typed.columns.keys() - known, known | typed.columns.keys()
        if attributes is None:
            is_open = False
            continue
        row = {column: attributes.get(column) for column in typed.columns}
        for recorded in rows:
            recorded.row.update({column: row[column] for column in new})
        if not is_open or any(rows[-1].row[column] != value for column, value in row.items()):
            rows.append(Recorded({**dict.fromkeys(known), **row}, is_open))
        is_open = True
    return rows


def derive(runs: Iterable[Row | None], typed: Typed) -> list[Recorded]:
    """The rows that a style derives from all that these runs have loaded of a member.

    A column has no value before it was loaded, and keeps its value while it is excluded.
    """
    rows: list[Recorded] = []
    known: Row = dict.fromkeys(typed.columns)
    is_open = False
    for attributes in runs:
        if attributes is not None:
            known = {column: attributes.get(column, value) for column, value in known.items()}
            if not is_open or known != rows[-1].row:
                rows.append(Recorded(known, is_open))
        is_open = attributes is not None
    return rows


def show(rows: list[Recorded], typed: Typed) -> list[Row]:
    """The rows of the dimension for a member with these recorded rows."""
    return [_shown(version, rows, typed) for version in versions(rows, typed)]


def versions(rows: list[Recorded], typed: Typed) -> list[Recorded]:
    """The recorded rows with which a version of the dimension begins; of a dimension without versions, the last row."""
    if not typed.has_versions:
        return rows[-1:]
    if typed.all == {2}:
        return rows
    opens, before = typed.of(*VERSIONED), [None, *rows[:-1]]
    return [
        here
        for earlier, here in zip(before, rows, strict=False)
        if not (earlier and here.follows and all(earlier.row[name] == here.row[name] for name in opens))
    ]


def _shown(version: Recorded, rows: list[Recorded], typed: Typed) -> Row:
    row: Row = {}
    for column, type_ in typed.columns.items():
        values = [recorded.row[column] for recorded in rows]
        if type_ == 0:
            row[column] = values[0]
        elif type_ in (1, 3):
            row[column] = values[-1]
        elif type_ in VERSIONED:
            row[column] = version.row[column]
        if type_ == 3:
            row[f"previous_{column}"] = next((value for value in reversed(values) if value != values[-1]), None)
        elif type_ == 6:
            row[f"current_{column}"] = values[-1]
    return row
