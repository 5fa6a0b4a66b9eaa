"""Finds the sources, tables and columns that have a different name in the warehouse and the spec.

A load records the origin of everything that it loads, which identifies it under any name. If no
load has recorded the origin, the former names in the spec are used.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """A source, table or column of the spec; `former` are its previous names, newest first."""

    name: str
    origin: str
    former: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """The names in the warehouse; `landed_as` maps each current name to its name there.

    `ambiguous` maps names whose data in the warehouse belongs, or may belong, to another entry, to
    a description of that entry. `leftover` maps old names in the warehouse to the names that are
    loaded now.
    """

    landed_as: Mapping[str, str]
    ambiguous: Mapping[str, str]
    leftover: Mapping[str, str]

    @property
    def moves(self) -> dict[str, str]:
        """The names in the warehouse that have to change, with their current names."""
        return {was: name for name, was in self.landed_as.items() if was != name}


def compare_names(
    named: Sequence[Named], recorded: Mapping[str, str], landed: Collection[str]
) -> Names:
    """Match the names in the warehouse with the spec; `recorded` are the origins loads recorded."""
    landed_as = _by_origin(named, recorded, landed)
    free = {name for name in landed if name not in landed_as.values()}
    free -= {name for name in free if _owner(named, recorded.get(name))}
    _add_by_former_name(named, landed_as, free)
    landed_as = {each.name: each.name for each in named if each.name in free} | landed_as
    ambiguous = _swapped(named, recorded, landed_as)
    # A name that cannot change stays in place, and may block another.
    while found := _taken(named, recorded, landed, landed_as).keys() - ambiguous.keys():
        ambiguous |= _taken(named, recorded, landed, landed_as)
        for name in found:
            landed_as.pop(name, None)
    return Names(landed_as, ambiguous, _leftover(named, recorded, landed, landed_as))


def one_by_one(moves: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The moves in an order in which each new name is free, with temporary names for swaps."""
    between = {
        was: f"_renaming_{number}" for number, was in enumerate(moves) if moves[was] in moves
    }
    yield from between.items()
    yield from ((was, name) for was, name in moves.items() if was not in between)
    yield from ((name, moves[was]) for was, name in between.items())


def _owner(named: Sequence[Named], origin: str | None) -> str | None:
    """The name with this origin; None if several have it, since it does not identify either."""
    owners = [each.name for each in named if each.origin == origin]
    return owners[0] if len(owners) == 1 else None


def _by_origin(
    named: Sequence[Named], recorded: Mapping[str, str], landed: Collection[str]
) -> dict[str, str]:
    landed_as: dict[str, str] = {}
    for name in sorted(landed):
        owner = _owner(named, recorded.get(name))
        if owner and (owner not in landed_as or owner == name):
            landed_as[owner] = name
    return landed_as


def _add_by_former_name(named: Sequence[Named], landed_as: dict[str, str], free: set[str]) -> None:
    """Repeat until nothing is found: if `a` became `b` and `b` became `c`, `c` frees `b`."""
    found = True
    while found:
        found = False
        for each in named:
            before = next((name for name in each.former if name in free), None)
            if before and each.name not in landed_as and each.name not in free:
                landed_as[each.name], found = before, True
                free.remove(before)


def _swapped(
    named: Sequence[Named], recorded: Mapping[str, str], landed_as: Mapping[str, str]
) -> dict[str, str]:
    """Names that another loaded entry had before; only a recorded origin could tell them apart."""
    return {
        each.name: f"perhaps those of {other.name}"
        for each in named
        for other in named
        if each.name in other.former
        and each.name not in recorded
        and landed_as.get(each.name) == each.name
        and landed_as.get(other.name) == other.name
    }


def _taken(
    named: Sequence[Named],
    recorded: Mapping[str, str],
    landed: Collection[str],
    landed_as: Mapping[str, str],
) -> dict[str, str]:
    """Names under which something else is loaded that keeps its name."""
    stays = set(landed) - {was for name, was in landed_as.items() if was != name}
    return {
        each.name: f"those of {recorded.get(each.name, 'something else')}"
        for each in named
        if each.name in stays and landed_as.get(each.name, "") != each.name
    }


def _leftover(
    named: Sequence[Named],
    recorded: Mapping[str, str],
    landed: Collection[str],
    landed_as: Mapping[str, str],
) -> dict[str, str]:
    current = {each.name for each in named} | set(landed_as.values())
    return {
        name: each.name
        for name in sorted(set(landed) - current)
        for each in named
        if recorded.get(name) == each.origin or (name not in recorded and name in each.former)
    }
