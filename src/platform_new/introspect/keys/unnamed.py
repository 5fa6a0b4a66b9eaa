"""Foreign keys whose names mean no table: `movie_id` for the table `title`, a UUID that occurs in one key only."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence, Set
from typing import Protocol

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId
from platform_new.introspect.keys.circles import Place
from platform_new.introspect.keys.evidence import Columns, Evidence, Inclusion, Link
from platform_new.introspect.keys.names import Guess, Names, Target
from platform_new.introspect.keys.naming import Namesake
from platform_new.introspect.keys.weighed import Weighed

MANY = 3
"""In fewer tables, a name without a table is no evidence of an entity."""
ENOUGH = 10
"""Fewer different values do not show which key they come from."""
MOST_PAIRS = 1_000
SCORE = 0.7


class Source(Protocol):
    """What is known about a source."""

    tables: dict[TableId, FoundTable]
    columns: dict[Place, FoundColumn]
    names: Names
    namesake: Namesake
    evidence: Evidence


def by_satellites(unknown: Sequence[Place], referenced: Set[TableId], source: Source) -> dict[Place, Weighed]:
    """The links of names that no table has but several tables use, to a table to which nothing points yet.

    One of these tables has to be named after it: where `aka_title` has `movie_id`, a movie is a `title`.
    """
    groups: dict[str, list[Place]] = defaultdict(list)
    for place in unknown:
        groups[source.namesake.stem(*place)[0][-1]].append(place)
    found: dict[Place, Weighed] = {}
    for places in groups.values():
        if len({table for table, _ in places}) >= MANY:
            counts = {
                target: sum(_is_named_after(table, target.table, source.names) for table, _ in places)
                for target in source.namesake.by_table.values()
                if target.table not in referenced and _fits(places, target, source)
            }
            best = sorted(counts, key=lambda target: -counts[target])
            if best and counts[best[0]] and [*counts.values()].count(counts[best[0]]) == 1:
                found |= _confirmed(places, best[0], source)
    return found


def _fits(places: Sequence[Place], target: Target, source: Source) -> bool:
    type_ = source.columns[target.table, target.column].data_type
    stems = {source.namesake.stem(*place) for place in places}
    return not stems & source.namesake.stems[target.table] and all(
        source.columns[place].data_type.compares_with(type_) for place in places
    )


def _is_named_after(table: TableId, other: TableId, names: Names) -> bool:
    mine, core = names.own[table], names.core(other)
    return table != other and len(mine) > len(core) and core in (mine[: len(core)], mine[-len(core) :])


def _confirmed(places: Sequence[Place], target: Target, source: Source) -> dict[Place, Weighed]:
    links = {place: Link(Columns(place[0], (place[1],)), target.columns) for place in places}
    inclusions = source.evidence.contained(links.values())
    if any(link not in inclusions or inclusions[link].missing for link in links.values()):
        return {}
    why = f"no table has its name, nothing else points to {target.table.name}, and tables with this column are named so"
    return {place: Weighed(Guess(link, SCORE, why), inclusions[link], SCORE) for place, link in links.items()}


def by_values(unknown: Sequence[Place], source: Source) -> dict[Place, Weighed]:
    """The links of texts and UUIDs whose values all occur in exactly one key. Numbers occur in many."""
    pairs = [
        Link(Columns(place[0], (place[1],)), target.columns)
        for place in unknown
        for target in source.namesake.by_table.values()
        if _same_kind(source.columns[place], source.columns[target.table, target.column])
    ]
    if len(pairs) > MOST_PAIRS:
        return {}
    fits: dict[Place, list[tuple[Link, Inclusion]]] = defaultdict(list)
    for link, inclusion in source.evidence.contained(pairs).items():
        if inclusion.values >= ENOUGH and not inclusion.missing:
            fits[link.source.table, link.source.names[0]].append((link, inclusion))
    why = "its values occur in this key only"
    return {
        place: Weighed(Guess(found[0][0], SCORE, why), found[0][1], SCORE)
        for place, found in fits.items()
        if len(found) == 1
    }


def _same_kind(column: FoundColumn, key: FoundColumn) -> bool:
    return column.type == key.type and not key.data_type.is_number
