"""Finds out which of the things in a warehouse has another name in the spec by now.

A load notes where each landed thing came from, so that it is known by its origin, whatever it was
called since. Where no load has noted it, the names count that the spec remembers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Named:
    """A source, table or column of the spec; `former` are its names of before, the newest first."""

    name: str
    origin: str
    former: tuple[str, ...] = ()


@dataclass(frozen=True)
class Names:
    """What is landed under which names; `landed_as` has it by the names of today.

    `doubtful` are names under which something is landed that is not, or may not be, their own, with
    what it may be; `left` is landed twice, and is no longer the one that is loaded.
    """

    landed_as: Mapping[str, str]
    doubtful: Mapping[str, str]
    left: Mapping[str, str]

    @property
    def moves(self) -> dict[str, str]:
        """The names of before that have to change, with those of today."""
        return {was: name for name, was in self.landed_as.items() if was != name}


def compare_names(
    named: Sequence[Named], noted: Mapping[str, str], landed: Collection[str]
) -> Names:
    """Who each landed name belongs to; `noted` are the origins that loads have noted."""
    landed_as = _by_origin(named, noted, landed)
    free = {name for name in landed if name not in landed_as.values()}
    free -= {name for name in free if _owner(named, noted.get(name))}
    _add_by_former_name(named, landed_as, free)
    landed_as = {each.name: each.name for each in named if each.name in free} | landed_as
    doubtful = _swapped(named, noted, landed_as)
    # What cannot take its name stays where it is, and so may be in the way of another.
    while found := _taken(named, noted, landed, landed_as).keys() - doubtful.keys():
        doubtful |= _taken(named, noted, landed, landed_as)
        for name in found:
            landed_as.pop(name, None)
    return Names(landed_as, doubtful, _left(named, noted, landed, landed_as))


def one_by_one(moves: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The moves in an order in which each new name is free, with names in between for swaps."""
    between = {
        was: f"_renaming_{number}" for number, was in enumerate(moves) if moves[was] in moves
    }
    yield from between.items()
    yield from ((was, name) for was, name in moves.items() if was not in between)
    yield from ((name, moves[was]) for was, name in between.items())


def _owner(named: Sequence[Named], origin: str | None) -> str | None:
    """The name of what comes from there; two that come from one place are not told apart by it."""
    owners = [each.name for each in named if each.origin == origin]
    return owners[0] if len(owners) == 1 else None


def _by_origin(
    named: Sequence[Named], noted: Mapping[str, str], landed: Collection[str]
) -> dict[str, str]:
    landed_as: dict[str, str] = {}
    for name in sorted(landed):
        owner = _owner(named, noted.get(name))
        if owner and (owner not in landed_as or owner == name):
            landed_as[owner] = name
    return landed_as


def _add_by_former_name(named: Sequence[Named], landed_as: dict[str, str], free: set[str]) -> None:
    """Until nothing is found: where `a` became `b`, which became `c`, one makes room."""
    found = True
    while found:
        found = False
        for each in named:
            before = next((name for name in each.former if name in free), None)
            if before and each.name not in landed_as and each.name not in free:
                landed_as[each.name], found = before, True
                free.remove(before)


def _swapped(
    named: Sequence[Named], noted: Mapping[str, str], landed_as: Mapping[str, str]
) -> dict[str, str]:
    """Names that were another's, which is landed too: who is who, only a note could tell."""
    return {
        each.name: f"perhaps those of {other.name}"
        for each in named
        for other in named
        if each.name in other.former
        and each.name not in noted
        and landed_as.get(each.name) == each.name
        and landed_as.get(other.name) == other.name
    }


def _taken(
    named: Sequence[Named],
    noted: Mapping[str, str],
    landed: Collection[str],
    landed_as: Mapping[str, str],
) -> dict[str, str]:
    """Names under which something else is landed that does not move away."""
    stays = set(landed) - {was for name, was in landed_as.items() if was != name}
    return {
        each.name: f"those of {noted.get(each.name, 'something else')}"
        for each in named
        if each.name in stays and landed_as.get(each.name, "") != each.name
    }


def _left(
    named: Sequence[Named],
    noted: Mapping[str, str],
    landed: Collection[str],
    landed_as: Mapping[str, str],
) -> dict[str, str]:
    current = {each.name for each in named} | set(landed_as.values())
    return {
        name: each.name
        for name in sorted(set(landed) - current)
        for each in named
        if noted.get(name) == each.origin or (name not in noted and name in each.former)
    }
