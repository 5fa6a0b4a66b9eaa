"""Generates the tables of a source: every key is unique, and every foreign key has its row."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.spec import Column, Reference, Source, Table
from sample.domain import as_type, nth, size
from sample.order import in_order
from sample.values import row_times_of, values_for

Rows = dict[str, list[Any]]

# A fact has this many times the rows of a table with the role.
SHARE = {"fact": 1, "bridge": 1, "dimension": 5, "reference": 20}
FEWEST = 12
# The share of optional references that are not NULL.
LINKED = 0.9


@dataclass(frozen=True)
class _Part:
    """Key columns that are filled together: a plain column, or the columns of a foreign key."""

    columns: tuple[str, ...]
    size: int
    nth: Callable[[int], tuple[Any, ...]]
    plain: bool


@dataclass
class _Draft:
    """A table while it is being filled; `rows` has only the columns filled so far."""

    table: Table
    count: int
    random: random.Random
    rows: Rows = field(default_factory=dict)

    def column(self, name: str) -> Column:
        return next(column for column in self.table.columns if column.name == name)

    def has(self, names: Sequence[str]) -> bool:
        return all(name in self.rows for name in names)

    def optional(self, name: str) -> bool:
        return not self.column(name).required and name not in self.table.key

    def tuples(self, names: Sequence[str]) -> list[tuple[Any, ...]]:
        return list(zip(*(self.rows[name] for name in names), strict=True))

    def put(self, names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
        for position, name in enumerate(names):
            type_ = self.column(name).type
            self.rows[name] = [as_type(row[position], type_) for row in rows]

    def keep(self, wanted: Sequence[bool]) -> None:
        for name, values in self.rows.items():
            self.rows[name] = [value for value, keep in zip(values, wanted, strict=True) if keep]
        self.count = sum(wanted)


def make_tables(source: Source, rows: int) -> dict[str, Rows]:
    """The rows of every table, as columns of Python values; a fact has about `rows` rows."""
    ordered, deferred = in_order(source.tables)
    drafts: dict[str, _Draft] = {}
    for table in ordered:
        waiting = deferred.get(table.name, [])
        drafts[table.name] = _fill(source, table, rows, drafts, waiting)
    for name, references in deferred.items():
        for reference in references:
            _link(drafts[name], reference, drafts[reference.to], replace=True)
        _keep_unique(drafts[name])
    while _drop_dangling(drafts):
        pass
    return {name: draft.rows for name, draft in drafts.items()}


def _fill(
    source: Source, table: Table, rows: int, drafts: dict[str, _Draft], waiting: list[Reference]
) -> _Draft:
    count = max(min(rows, FEWEST), rows // SHARE.get(table.role, 1))
    draft = _Draft(table, count, random.Random(f"{source.name}.{table.name}"))
    in_key = {name for names in _unique_sets(table) for name in names}
    references = sorted(
        (reference for reference in table.references if reference not in waiting),
        key=lambda reference: -len(reference.columns),
    )
    to_others = [reference for reference in references if reference.to != table.name]
    for names in _unique_sets(table):
        if not any(name in draft.rows for name in names):
            _make_key(draft, names, to_others, drafts)
    for reference in to_others:
        if not draft.has(reference.columns):
            _link(draft, reference, drafts[reference.to])
    row_times = row_times_of(draft.count, draft.random)
    later = {reference_column for r in references for reference_column in r.columns}
    later |= {name for r in waiting for name in r.columns if draft.optional(name)}
    for column in table.columns:
        if column.name not in draft.rows and column.name not in later:
            unique = column.name in in_key
            values = values_for(table, column, row_times, source.name, unique=unique)
            draft.rows[column.name] = values
    for reference in references:
        if reference.to == table.name and not draft.has(reference.columns):
            _link_to_itself(draft, reference)
    for column in table.columns:
        draft.rows.setdefault(column.name, [None] * draft.count)
    _keep_unique(draft)
    return draft


def _unique_sets(table: Table) -> list[tuple[str, ...]]:
    """Every group of columns that must differ from row to row, the primary key first."""
    names = {column.name for column in table.columns}
    single = [(column.name,) for column in table.columns if column.unique]
    groups = [group for group in (table.key, *table.unique, *single) if group]
    return [group for group in dict.fromkeys(groups) if set(group) <= names]


def _make_key(
    draft: _Draft, names: tuple[str, ...], references: list[Reference], drafts: dict[str, _Draft]
) -> None:
    """Fill the columns with distinct tuples; drops rows if there are not enough tuples."""
    parts = _parts(draft, names, references, drafts)
    counted = next((part for part in parts if part.plain and part.size >= draft.count), None)
    others = [part for part in parts if part is not counted]
    possible = math.prod(part.size for part in others)
    if counted and possible:
        picks = [[_skewed(draft.random, part.size) for part in others] for _ in range(draft.count)]
        seen: Counter[tuple[int, ...]] = Counter()
        for pick in picks:
            seen[tuple(pick)] += 1
            pick.append(seen[tuple(pick)] - 1)
        others.append(counted)
    else:
        possible = min(possible, 10**12)
        chosen = draft.random.sample(range(possible), min(draft.count, possible))
        picks = [_digits(number, [part.size for part in others]) for number in sorted(chosen)]
        if draft.count != len(picks):
            _shrink(draft, len(picks))
    for position, part in enumerate(others):
        draft.put(part.columns, [part.nth(pick[position]) for pick in picks])


def _parts(
    draft: _Draft, names: tuple[str, ...], references: list[Reference], drafts: dict[str, _Draft]
) -> list[_Part]:
    parts: list[_Part] = []
    covered: set[str] = set()
    for reference in references:
        columns = set(reference.columns)
        if columns <= set(names) and not columns & covered:
            targets = _targets(drafts[reference.to], reference)
            parts.append(_Part(reference.columns, len(targets), targets.__getitem__, plain=False))
            covered |= columns
    linked = {name for reference in references for name in reference.columns}
    for name in names:
        # A column of a second, overlapping reference is filled by that reference.
        if name not in covered and (name not in linked or not covered):
            parts.append(_plain_part(draft.column(name)))
    return parts


def _plain_part(column: Column) -> _Part:
    return _Part((column.name,), size(column), lambda number: (nth(column, number),), plain=True)


def _shrink(draft: _Draft, count: int) -> None:
    draft.keep([index < count for index in range(draft.count)])


def _digits(number: int, sizes: list[int]) -> list[int]:
    """The number in the mixed radix of the sizes: each number is a different combination."""
    digits = []
    for size_ in sizes:
        number, digit = divmod(number, size_)
        digits.append(digit)
    return digits


def _skewed(chance: random.Random, count: int) -> int:
    """A number below the count; small numbers are more frequent, as with real customers."""
    return int(count * chance.random() ** 1.5)


def _targets(parent: _Draft, reference: Reference) -> list[tuple[Any, ...]]:
    """The distinct tuples that the reference can point to."""
    found = dict.fromkeys(parent.tuples(reference.to_columns))
    return [target for target in found if None not in target]


def _link(draft: _Draft, reference: Reference, parent: _Draft, replace: bool = False) -> None:
    """Point each row to a parent row that agrees with the columns filled so far."""
    optional = [name for name in reference.columns if draft.optional(name)]
    fixed = [name for name in reference.columns if name in draft.rows]
    if replace:
        fixed = [name for name in fixed if any(value is not None for value in draft.rows[name])]
        fixed = [name for name in fixed if name in draft.table.key]
    positions = [reference.columns.index(name) for name in fixed]
    choices: dict[tuple[Any, ...], list[tuple[Any, ...]]] = {}
    for target in _targets(parent, reference):
        choices.setdefault(tuple(target[i] for i in positions), []).append(target)
    given = draft.tuples(fixed) if fixed else [()] * draft.count
    once = reference.columns in _unique_sets(draft.table)
    linked = []
    for known in given:
        found = choices.get(known, [])
        if not found or (optional and draft.random.random() > LINKED):
            linked.append(None)
            continue
        pick = _skewed(draft.random, len(found))
        linked.append(found.pop(pick) if once else found[pick])
    nothing = (None,) * len(reference.columns)
    for name, position in zip(reference.columns, range(len(reference.columns)), strict=True):
        if name not in fixed:
            type_ = draft.column(name).type
            values = [(target or nothing)[position] for target in linked]
            draft.rows[name] = [as_type(value, type_) for value in values]
    if not optional:
        draft.keep([target is not None for target in linked])


def _link_to_itself(draft: _Draft, reference: Reference) -> None:
    """Point rows to earlier rows, as in a tree; a root is NULL or points to itself."""
    open_ = [name for name in reference.columns if name not in draft.rows]
    fixed = [name for name in reference.columns if name in draft.rows]
    optional = any(draft.optional(name) for name in open_)
    targets = draft.tuples(reference.to_columns)
    positions = [reference.columns.index(name) for name in fixed]
    given = draft.tuples(fixed) if fixed else [()] * draft.count
    earlier: dict[tuple[Any, ...], list[int]] = {}
    linked = []
    for index, known in enumerate(given):
        before = earlier.setdefault(tuple(targets[index][i] for i in positions), [])
        choices = earlier.get(known, [])
        if len(choices) > 2 and draft.random.random() < LINKED:
            linked.append(targets[choices[_skewed(draft.random, len(choices))]])
        else:
            nothing = (None,) * len(reference.columns)
            linked.append(nothing if optional else targets[index])
        before.append(index)
    for name in open_:
        position = reference.columns.index(name)
        type_ = draft.column(name).type
        draft.rows[name] = [as_type(target[position], type_) for target in linked]


def _keep_unique(draft: _Draft) -> None:
    """Set an optional column of each repeated key to NULL, or drop the row if there is none."""
    for names in _unique_sets(draft.table):
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


def _drop_dangling(drafts: dict[str, _Draft]) -> bool:
    """Set dangling references to NULL, or drop their rows; returns whether there were any."""
    found = False
    for draft in drafts.values():
        for reference in draft.table.references:
            targets = set(_targets(drafts[reference.to], reference))
            optional = [name for name in reference.columns if draft.optional(name)]
            kept = []
            for index, key in enumerate(draft.tuples(reference.columns)):
                # The two columns can differ in type: compare in the child's type.
                dangling = None not in key and key not in targets
                if dangling and optional:
                    draft.rows[optional[0]][index] = None
                kept.append(not dangling or bool(optional))
                found = found or dangling
            draft.keep(kept)
    return found
