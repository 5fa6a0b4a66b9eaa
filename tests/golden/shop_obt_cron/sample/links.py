"""References between rows: a row points to a row that exists at its time, and some are popular."""

from __future__ import annotations

import random
from bisect import bisect_right
from collections.abc import Iterable
from datetime import datetime
from itertools import accumulate
from typing import Any

from ingest.spec import Reference
from sample.domain import as_type
from sample.draft import Draft, unique_sets

# The share of optional references that are not NULL, and of those to rows that are valid for some
# time only, such as promotions.
LINKED = 0.9
LINKED_WHILE_VALID = 0.35
# How often a row shares what its parent refers to, as an order has the address of its customer.
SHARED = 0.9
# With this exponent a fifth of the customers place more than half of the orders.
PARETO = 1.2
MOST_POPULAR = 30.0
# Between dimensions the differences are smaller: a category has some times the products of another.
MILDER = 0.35
TRIES = 8
# So many rows of a tree are roots, before other rows refer to them.
ROOTS = 4
# How many lines a document such as an order has, and how often.
LINES = (1, 2, 3, 4, 5, 6, 8)
LINES_WEIGHTS = (38, 26, 15, 9, 6, 4, 2)


class Pool:
    """The rows of a parent that a reference can point to."""

    def __init__(self, draft: Draft, parent: Draft, rows: Iterable[int]) -> None:
        self._rows = sorted(rows, key=lambda row: (parent.times[row], row))
        self._times = [parent.times[row] for row in self._rows]
        self._ends = parent.ends
        popular = _popularity(parent, 1 if draft.table.role == "fact" else MILDER)
        self._weights = list(accumulate(popular[row] for row in self._rows))
        # People do not share an address: each parent has about as many rows.
        personal = any(column.pii for column in parent.table.columns)
        self._evenly = personal and draft.table.role != "fact"
        self._next = 0

    def pick(self, time: datetime, chance: random.Random, optional: bool) -> int | None:
        """A row that exists at the time; without one, the first row, or None if optional."""
        existing = bisect_right(self._times, time)
        if not existing:
            return None if optional else self._rows[0]
        if self._evenly:
            self._next = self._next + 1 if self._next < existing else 1
            return self._rows[self._next - 1]
        for _ in range(TRIES):
            drawn = chance.random() * self._weights[existing - 1]
            row = self._rows[bisect_right(self._weights, drawn, hi=existing - 1)]
            if row not in self._ends or time <= self._ends[row]:
                return row
        return None if optional else row

    def take(self) -> int | None:
        """The next row, for a reference that no two rows share; None after the last row."""
        self._next += 1
        return self._rows[self._next - 1] if self._next <= len(self._rows) else None


def _popularity(parent: Draft, exponent: float) -> list[float]:
    chance = parent.chance("popularity")
    return [
        min(chance.paretovariate(PARETO), MOST_POPULAR) ** exponent for _ in range(parent.count)
    ]


def lines_of(header: Draft) -> list[int]:
    """The row of the header for each line of a document; every header has lines."""
    counts = header.chance("lines").choices(LINES, LINES_WEIGHTS, k=header.count)
    return [row for row, count in enumerate(counts) for _ in range(count)]


def link(
    draft: Draft, reference: Reference, drafts: dict[str, Draft], replace: bool = False
) -> None:
    """Point each row to a parent row that agrees with the columns filled so far."""
    parent = drafts[reference.to]
    optional = [name for name in reference.columns if draft.optional(name)]
    fixed = [name for name in reference.columns if name in draft.rows]
    if replace:
        fixed = [name for name in fixed if any(value is not None for value in draft.rows[name])]
        fixed = [name for name in fixed if name in draft.table.key]
    positions = [reference.columns.index(name) for name in fixed]
    choices: dict[tuple[Any, ...], list[int]] = {}
    group = {}
    targets = parent.targets(reference.to_columns)
    for target, row in targets.items():
        group[row] = tuple(target[i] for i in positions)
        choices.setdefault(group[row], []).append(row)
    pools = {key: Pool(draft, parent, rows) for key, rows in choices.items()}
    once = reference.columns in unique_sets(draft.table)
    chance = draft.chance(*reference.columns)
    linked_share = LINKED_WHILE_VALID if parent.temporary else LINKED
    shared = {} if once else _shared(draft, reference, drafts, targets)
    # A line of a document was counted for its document, unless something else decides.
    free = not fixed and not once and len(targets) == parent.count
    lines = lines_of(parent) if free and reference.to == draft.table.line_of else None
    linked: list[int | None] = []
    for index, known in enumerate(draft.tuples(fixed) if fixed else [()] * draft.count):
        pool, same = pools.get(known), shared.get(index)
        if lines:
            linked.append(lines[index])
        elif pool is None or (optional and chance.random() > linked_share):
            linked.append(None)
        elif once:
            linked.append(pool.take())
        elif group.get(same) == known and chance.random() < SHARED:
            linked.append(same)
        else:
            linked.append(pool.pick(draft.times[index], chance, bool(optional)))
    _point(draft, reference, parent, linked, [n for n in reference.columns if n not in fixed])
    if not optional:
        draft.keep([row is not None for row in linked])


def _shared(
    draft: Draft, reference: Reference, drafts: dict[str, Draft], targets: dict[Any, int]
) -> dict[int, int]:
    """The row that another parent of a row refers to: the customer's address for an order."""
    found: dict[int, int] = {}
    for other in draft.table.references:
        if other.to in (draft.table.name, reference.to) or not draft.has(other.columns):
            continue
        parent = drafts.get(other.to)
        if parent is None:
            continue
        theirs = [
            each
            for each in parent.table.references
            if each.to == reference.to and each.to_columns == reference.to_columns
        ]
        if theirs and parent.has(theirs[0].columns):
            keys = parent.tuples(theirs[0].columns)
            for index, row in enumerate(draft.parent_rows(other, parent)):
                if row is not None and keys[row] in targets:
                    found.setdefault(index, targets[keys[row]])
    return found


def _point(
    draft: Draft,
    reference: Reference,
    parent: Draft,
    linked: list[int | None],
    names: list[str],
) -> None:
    for name in names:
        there = parent.rows[reference.to_columns[reference.columns.index(name)]]
        type_ = draft.column(name).type
        draft.rows[name] = [None if row is None else as_type(there[row], type_) for row in linked]


def follow_parents(draft: Draft, drafts: dict[str, Draft]) -> None:
    """No row is older than the rows that it refers to."""
    for reference in draft.table.references:
        if reference.to in drafts and reference.to != draft.table.name:
            parent = drafts[reference.to]
            for index, row in enumerate(draft.parent_rows(reference, parent)):
                if row is not None:
                    draft.times[index] = max(draft.times[index], parent.times[row])


def link_to_itself(draft: Draft, reference: Reference) -> None:
    """Point rows to earlier rows, as in a tree; a root is NULL or points to itself."""
    open_ = [name for name in reference.columns if name not in draft.rows]
    fixed = [name for name in reference.columns if name in draft.rows]
    optional = any(draft.optional(name) for name in open_)
    chance = draft.chance(*reference.columns)
    targets = draft.tuples(reference.to_columns)
    positions = [reference.columns.index(name) for name in fixed]
    given = draft.tuples(fixed) if fixed else [()] * draft.count
    earlier: dict[tuple[Any, ...], list[int]] = {}
    nothing = (None,) * len(reference.columns)
    linked = []
    for index, known in enumerate(given):
        choices = earlier.get(known, [])
        # The first rows have more children, as the first employees manage more people.
        pick = choices[int(len(choices) * chance.random() ** 2)] if len(choices) >= ROOTS else index
        if pick == index or draft.times[pick] > draft.times[index] or chance.random() > LINKED:
            linked.append(nothing if optional else targets[index])
        else:
            linked.append(targets[pick])
        earlier.setdefault(tuple(targets[index][i] for i in positions), []).append(index)
    for name in open_:
        position = reference.columns.index(name)
        type_ = draft.column(name).type
        draft.rows[name] = [as_type(target[position], type_) for target in linked]


def keep_unique(draft: Draft) -> None:
    """Set an optional column of each repeated key to NULL, or drop the row if there is none."""
    for names in unique_sets(draft.table):
        seen: set[tuple[Any, ...]] = set()
        optional = [name for name in names if draft.optional(name)]
        kept = []
        for index, key in enumerate(draft.tuples(names)):
            repeated = None not in key and key in seen
            if repeated and optional:
                draft.rows[optional[0]][index] = None
            kept.append(not repeated or bool(optional))
            seen.add(key)
        draft.keep(kept)


def drop_dangling(drafts: dict[str, Draft]) -> bool:
    """Set dangling references to NULL, or drop their rows; returns whether there were any."""
    found = False
    for draft in drafts.values():
        for reference in draft.table.references:
            targets = drafts[reference.to].targets(reference.to_columns)
            optional = [name for name in reference.columns if draft.optional(name)]
            kept = []
            for index, key in enumerate(draft.tuples(reference.columns)):
                dangling = None not in key and key not in targets
                if dangling and optional:
                    draft.rows[optional[0]][index] = None
                kept.append(not dangling or bool(optional))
                found = found or dangling
            draft.keep(kept)
    return found
