"""Foreign keys of several columns, and the foreign keys that they imply."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, product

from platform_new.introspect.catalog import FoundTable, TableId
from platform_new.introspect.keys.circles import Place
from platform_new.introspect.keys.evidence import Columns, Evidence, Inclusion, Link
from platform_new.introspect.keys.names import Names
from platform_new.introspect.keys.words import words

ASKED = 8
"""How many combinations of columns are compared with a composite key."""
ENOUGH = 5
"""Fewer different combinations of values are no evidence, unless all names are equal."""


def composite_links(
    tables: Sequence[FoundTable], names: Names, evidence: Evidence, is_known: Callable[[TableId, str], bool]
) -> dict[Link, Inclusion]:
    """The foreign keys to keys of several columns: columns named alike, whose combinations all occur in the key."""
    asked = {
        link: exact
        for target in tables
        for key in dict.fromkeys((target.key, *target.uniques))
        if len(key) > 1
        for table in tables
        for link, exact in _alike(table, target, key, names)
        if not all(is_known(table.id, name) for name in link.source.names)
    }
    found = evidence.contained(asked)
    kept: dict[Link, Inclusion] = {}
    for link, inclusion in found.items():
        enough = inclusion.values >= ENOUGH or (asked[link] and inclusion.values)
        if enough and not inclusion.missing and not _is_rival(link, kept):
            kept[link] = inclusion
    return kept


def _is_rival(link: Link, kept: Mapping[Link, Inclusion]) -> bool:
    """Whether columns of the link already point to the same key, or the key points back."""
    return any(
        (other.target == link.target and set(other.source.names) & set(link.source.names))
        or (other.source == link.target and other.target == link.source)
        for other in kept
        if other.source.table == link.source.table or other.source == link.target
    )


def _alike(table: FoundTable, target: FoundTable, key: tuple[str, ...], names: Names) -> Iterator[tuple[Link, bool]]:
    """Links from columns that are named like the columns of the key, and whether each is named exactly so."""
    if table.id == target.id:
        return
    linked = {name for each in table.foreign_keys for name in each.columns}
    columns = [column for column in table.columns if column.name not in linked and not column.exclude]
    types = {column.name: column.data_type for column in target.columns}
    parts = []
    for name in key:
        theirs = {words(name), names.column(target.id, name)}
        if ("id",) in theirs:
            theirs = {words(name), (*names.core(target.id), "id")} - {("id",)}
        likeness = [
            (best, column.name)
            for column in columns
            if column.data_type.compares_with(types[name]) and (best := _likeness(table, column.name, theirs, names))
        ]
        if not likeness:
            return
        parts.append(sorted(likeness, key=lambda each: -each[0]))
    for combination in islice(product(*parts), ASKED):
        mine = tuple(name for _, name in combination)
        if len(set(mine)) == len(mine) and not (mine == table.key == key):
            exact = all(likeness == 2 for likeness, _ in combination)
            yield Link(Columns(table.id, mine), Columns(target.id, key)), exact


def _likeness(table: FoundTable, column: str, theirs: set[tuple[str, ...]], names: Names) -> int:
    """2 if a column is named like the key's, 1 if its name ends so, else 0."""
    mine = {words(column), names.column(table.id, column)}
    if mine & theirs:
        return 2
    return int(any(len(name) > len(key) > 0 and name[-len(key) :] == key for name in mine for key in theirs if key))


def without_implied(
    tables: Sequence[FoundTable], single: Mapping[Place, Link], composite: Mapping[Link, Inclusion]
) -> tuple[list[Place], dict[Link, Inclusion]]:
    """The links without those that follow from a composite one: an order's customer has the order's warehouse."""
    declared = [
        Link(Columns(table.id, key.columns), Columns(key.to, key.to_columns))
        for table in tables
        for key in table.foreign_keys
    ]
    every = [*declared, *single.values(), *composite]
    by_table: dict[TableId, list[Link]] = {}
    for link in every:
        by_table.setdefault(link.source.table, []).append(link)

    def leads(columns: Columns, to: Columns, seen: frozenset[Columns]) -> bool:
        """Whether the links from these columns lead to the others."""
        if columns == to:
            return True
        for link in by_table.get(columns.table, ()):
            mapped = dict(zip(link.source.names, link.target.names, strict=True))
            if set(columns.names) <= mapped.keys():
                beyond = Columns(link.target.table, tuple(mapped[name] for name in columns.names))
                if beyond not in seen and leads(beyond, to, seen | {beyond}):
                    return True
        return False

    def implied(link: Link) -> bool:
        for other in by_table[link.source.table]:
            mapped = dict(zip(other.source.names, other.target.names, strict=True))
            if other == link or len(mapped) < 2 or not set(link.source.names) <= mapped.keys():
                continue
            beyond = Columns(other.target.table, tuple(mapped[name] for name in link.source.names))
            if leads(beyond, link.target, frozenset((beyond, link.source))):
                return True
        return False

    kept = [place for place, link in single.items() if not implied(link)]
    return kept, {link: inclusion for link, inclusion in composite.items() if not implied(link)}
