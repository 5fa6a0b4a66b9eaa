"""Compares the rows of a mart in two warehouses."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

EXAMPLES = 3


@dataclass(frozen=True)
class Comparison:
    """A mart in the local warehouse and in the stand-in.

    `only_local` and `only_stand_in` count the rows that only one of them has; `columns` are the columns whose values
    differ in some of these rows, as far as the rows can be paired.
    """

    mart: str
    rows: int
    only_local: int = 0
    only_stand_in: int = 0
    columns: tuple[str, ...] = ()

    @property
    def is_equal(self) -> bool:
        """Whether both have the same rows."""
        return not (self.only_local or self.only_stand_in or self.columns)


def compare(mart: str, local: Path, stand_in: Path) -> Comparison:
    """Compare the rows in two files of `export.py`; a mart that only one of them has counts as having no rows there."""
    (names, ours), (other_names, theirs) = (_read(folder / f"{mart}.jsonl") for folder in (local, stand_in))
    if names != other_names:
        columns = tuple(sorted(set(names) ^ set(other_names)))
        return Comparison(mart, ours.total(), ours.total(), theirs.total(), columns)
    only, other = ours - theirs, theirs - ours
    return Comparison(mart, ours.total(), only.total(), other.total(), _differing(names, only, other))


def _read(path: Path) -> tuple[tuple[str, ...], Counter[tuple[str | None, ...]]]:
    if not path.is_file():
        return (), Counter()
    names, *rows = (tuple(json.loads(line)) for line in path.read_text(encoding="utf-8").splitlines())
    return names, Counter(rows)


def _differing(
    names: tuple[str, ...], only: Counter[tuple[str | None, ...]], other: Counter[tuple[str | None, ...]]
) -> tuple[str, ...]:
    """The columns in which the rows differ, when each is paired with the row that it shares most values with."""
    differing: set[str] = set()
    for row in list(only.elements())[:EXAMPLES]:
        nearest = min(other, key=lambda each: sum(a != b for a, b in zip(row, each, strict=True)), default=None)
        if nearest:
            differing |= {name for name, a, b in zip(names, row, nearest, strict=True) if a != b}
    return tuple(sorted(differing))
