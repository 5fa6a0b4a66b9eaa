"""Infers the primary keys of tables that declare none: unique, never empty, and named or placed like a key."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId
from platform_new.introspect.keys.evidence import Columns, Evidence, Uniqueness
from platform_new.introspect.keys.names import Names
from platform_new.introspect.keys.naming import MANY
from platform_new.introspect.keys.vocabulary import COUNTERS
from platform_new.introspect.keys.words import MARK_WORDS, Words, similar, singular, stands_for, without_mark

ASKED = 6
"""How many columns of a table may be its key."""
LONGEST = 4
SETS = 40
"""How many sets of columns of each size are tried for a table."""
FOREMOST = 3
"""Other columns may be parts of a key only if they are among the first ones."""
IDENTIFIER, COUNTER, ATTRIBUTE = range(3)
PARTS = {IDENTIFIER: 6, COUNTER: 2, ATTRIBUTE: 2}
"""How many columns of each kind may be parts of a composite key; up to LONGEST of them together."""
NUMBERS = tuple(map(singular, ("no", "nr", "nbr", "num", "number")))
SHORT = 3
NAMED_AFTER, FIRST, OTHER = 0.95, 0.7, 0.4
REFERS = 0.05
ENOUGH_ROWS = 30
"""In fewer rows, a reference to another table may be unique by chance."""


@dataclass(frozen=True)
class Keys:
    """The key of a table with the reason, and other columns that are unique and never empty."""

    key: tuple[str, ...] = ()
    why: str = ""
    others: tuple[str, ...] = ()


def infer_primary_keys(tables: Sequence[FoundTable], names: Names, evidence: Evidence) -> dict[TableId, Keys]:
    """The keys of those tables that declare none."""
    open_ = [table for table in tables if not table.key and not table.exclude]
    usual = _usual_first_columns(tables, names)
    ranked = {table.id: _candidates(table, names, usual) for table in open_}
    asked = [Columns(table.id, (name,)) for table in open_ for name in ranked[table.id]]
    unique = evidence.unique(asked)
    found = {table.id: _single(table, ranked[table.id], unique) for table in open_}
    rest = [table for table in open_ if not found[table.id].key and table.rows != 0]
    parts = {table.id: _parts(table, names) for table in rest}
    for size in range(2, LONGEST + 1):
        sets = {table.id: _sets(parts[table.id], size) for table in rest if not found[table.id].key}
        together = evidence.unique(Columns(id_, columns) for id_, each in sets.items() for columns in each)
        for id_, each in sets.items():
            found[id_] = _composite(id_, each, together) or found[id_]
    return found


def can_be_key(column: FoundColumn) -> bool:
    """Whether values of the column's type identify things: whole numbers, texts and UUIDs."""
    type_ = column.data_type
    whole = type_.is_whole or (type_.base == "numeric" and type_.precision is not None and not type_.scale)
    return not column.exclude and (whole or type_.base in ("text", "uuid"))


def _usual_first_columns(tables: Sequence[FoundTable], names: Names) -> set[Words]:
    """The names that many tables give to their first column, such as `record_id`."""
    firsts = Counter(names.column(table.id, table.columns[0].name) for table in tables if table.columns)
    return {name for name, count in firsts.items() if count >= MANY and name[-1] in MARK_WORDS}


def _candidates(table: FoundTable, names: Names, usual: set[Words]) -> dict[str, float]:
    ranks = {column.name: _rank(table, place, names, usual) for place, column in enumerate(table.columns)}
    best = sorted((name for name, rank in ranks.items() if rank), key=lambda name: -ranks[name])
    return {name: ranks[name] for name in best[:ASKED]}


def _rank(table: FoundTable, place: int, names: Names, usual: set[Words]) -> float:
    column = table.columns[place]
    if not can_be_key(column):
        return 0.0
    name, core = names.column(table.id, column.name), names.core(table.id)
    later = place / 1000
    if name == ("id",) or (name in usual and not set(name) & names.entities):
        return 1.0 - later
    stem, mark = without_mark(name, names.entities)
    if mark and stem and means(stem, core) and names.may_mean(stem, table.id):
        return NAMED_AFTER - later
    if mark:
        refers = bool(stem) and bool(set(stem) & names.entities)
        return (FIRST if not place else OTHER) - 2 * REFERS * refers - later
    return 0.5 if not place else 0.0


def means(stem: Words, core: Words) -> bool:
    """Whether the words before a key's mark are the name of its table, or the beginning or end of it."""
    if stem in (core, core[-len(stem) :], core[: len(stem)]) or (len(stem) == 1 and stands_for(stem[0], core)):
        return True
    return len(stem) <= len(core) and all(similar(a, b) for a, b in zip(stem, core, strict=False))


def _single(table: FoundTable, ranked: Mapping[str, float], unique: Mapping[Columns, Uniqueness]) -> Keys:
    seen = {name: unique.get(Columns(table.id, (name,))) for name in ranked}
    if not table.rows:
        likely = [name for name in ranked if ranked[name] >= NAMED_AFTER - 0.01]
        return Keys((likely[0],), "named like a key; the table has no rows") if likely else Keys()
    whole = [
        name
        for name, found in seen.items()
        if found and found.is_key and (ranked[name] > OTHER - REFERS or found.rows >= ENOUGH_ROWS)
    ]
    if not whole:
        return Keys()
    key = whole[0]
    others = tuple(name for name in whole[1:] if ranked[name] >= OTHER - 0.1)
    return Keys((key,), f"unique and never empty in {_rows(seen[key])}", others)


def _rows(found: Uniqueness | None) -> str:
    return f"{found.rows:,} row{'' if found.rows == 1 else 's'}" if found else "no rows"


def _parts(table: FoundTable, names: Names) -> dict[str, int]:
    """The columns that may be parts of a composite key, in their order, each with its kind."""
    ranks = {}
    for place, column in enumerate(table.columns):
        name = names.column(table.id, column.name)
        stem, mark = without_mark(name, names.entities)
        refers = bool(mark) and bool(set(stem) & names.entities)
        if can_be_key(column) and (mark in NUMBERS or (not refers and counts((stem or name)[-1]))):
            ranks[column.name] = COUNTER
        elif can_be_key(column) and mark:
            ranks[column.name] = IDENTIFIER
        elif place < FOREMOST and (can_be_key(column) or _is_exact_time(column)):
            ranks[column.name] = ATTRIBUTE
    best = {name for rank, most in PARTS.items() for name in [n for n in ranks if ranks[n] == rank][:most]}
    return {name: ranks[name] for name in ranks if name in best}


def _is_exact_time(column: FoundColumn) -> bool:
    """Whether the column is a time whose values do not change when they are loaded, so that keys stay different."""
    return column.data_type.is_time and not (column.caveat or column.merged or column.emptied)


def counts(word: str) -> bool:
    """Whether a word says that a column counts the rows of a header: `line`, `linenumber`."""
    return word in COUNTERS or any(word.endswith(counter) for counter in COUNTERS if len(counter) > SHORT)


def _sets(parts: Mapping[str, int], size: int) -> list[tuple[str, ...]]:
    """Sets of this many columns: identifiers with at most one attribute, those with a counter first."""
    found = []
    for columns in combinations(parts, size):
        ranks = [parts[name] for name in columns]
        if IDENTIFIER in ranks and ranks.count(ATTRIBUTE) <= 1:
            found.append((ranks.count(ATTRIBUTE), COUNTER not in ranks, columns))
    # Sorting is stable, so that the foremost columns come first.
    return [columns for *_, columns in sorted(found, key=lambda each: each[:2])][:SETS]


def _composite(table: TableId, sets: Sequence[tuple[str, ...]], unique: Mapping[Columns, Uniqueness]) -> Keys | None:
    for columns in sets:
        found = unique.get(Columns(table, columns))
        if found and found.is_key:
            return Keys(columns, f"together unique and never empty in {_rows(found)}")
    return None
