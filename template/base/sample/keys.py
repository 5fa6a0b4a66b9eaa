"""Fills the columns of a key with tuples of which no two are equal."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ingest.spec import Column, Reference
from sample.domain import nth, size
from sample.draft import Draft
from sample.links import LINES, Pool, lines_of


@dataclass(frozen=True)
class _Part:
    """Key columns that are filled together: a plain column, or the columns of a foreign key."""

    columns: tuple[str, ...]
    size: int
    nth: Callable[[int], tuple[Any, ...]]
    draw: Callable[[random.Random], list[int]]
    plain: bool


def make_key(
    draft: Draft, names: tuple[str, ...], references: list[Reference], drafts: dict[str, Draft]
) -> None:
    """Fill the columns with distinct tuples; drops rows if there are not enough tuples."""
    chance = draft.chance("key", *names)
    parts = _parts(draft, names, references, drafts)
    counted = next((part for part in parts if part.plain and part.size >= draft.count), None)
    if counted is None:
        counted = next((part for part in parts if part.plain and part.size >= max(LINES)), None)
    others = [part for part in parts if part is not counted]
    possible = math.prod(part.size for part in others)
    picks = None
    if counted and possible:
        drawn = [part.draw(chance) for part in others]
        seen: Counter[tuple[int, ...]] = Counter()
        picks = []
        for pick in zip(*drawn, strict=True) if drawn else [()] * draft.count:
            picks.append([*pick, seen[pick]])
            seen[pick] += 1
        if max(seen.values(), default=0) > counted.size:
            picks = None
    if picks is not None:
        others.append(counted)
    else:
        others = parts
        possible = min(math.prod(part.size for part in others), 10**12)
        chosen = chance.sample(range(possible), min(draft.count, possible))
        picks = [_digits(number, [part.size for part in others]) for number in sorted(chosen)]
        draft.keep([index < len(picks) for index in range(draft.count)])
    for position, part in enumerate(others):
        draft.put(part.columns, [part.nth(pick[position]) for pick in picks])


def _parts(
    draft: Draft, names: tuple[str, ...], references: list[Reference], drafts: dict[str, Draft]
) -> list[_Part]:
    parts: list[_Part] = []
    covered: set[str] = set()
    for reference in references:
        columns = set(reference.columns)
        if columns <= set(names) and not columns & covered:
            parts.append(_linked_part(draft, reference, drafts[reference.to]))
            covered |= columns
    linked = {name for reference in references for name in reference.columns}
    for name in names:
        # A column of a second, overlapping reference is filled by that reference.
        if name not in covered and (name not in linked or not covered):
            parts.append(_plain_part(draft, draft.column(name)))
    return parts


def _linked_part(draft: Draft, reference: Reference, parent: Draft) -> _Part:
    targets = parent.targets(reference.to_columns)
    tuples, rows = list(targets), list(targets.values())

    def draw(chance: random.Random) -> list[int]:
        place = {row: number for number, row in enumerate(rows)}
        if reference.to == draft.table.line_of and len(rows) == parent.count:
            return [place[row] for row in lines_of(parent)][: draft.count]
        pool = Pool(draft, parent, rows)
        return [place[pool.pick(time, chance, optional=False)] for time in draft.times]

    return _Part(reference.columns, len(tuples), tuples.__getitem__, draw, plain=False)


def _plain_part(draft: Draft, column: Column) -> _Part:
    number = size(column)

    def draw(chance: random.Random) -> list[int]:
        # Small numbers are more frequent.
        return [int(number * chance.random() ** 1.5) for _ in range(draft.count)]

    return _Part((column.name,), number, lambda each: (nth(column, each),), draw, plain=True)


def _digits(number: int, sizes: list[int]) -> list[int]:
    """The number in the mixed radix of the sizes: each number is a different combination."""
    digits = []
    for size_ in sizes:
        number, digit = divmod(number, size_)
        digits.append(digit)
    return digits
