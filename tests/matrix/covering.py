"""A few configurations that hold every pair of choices, and so every single choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

Configuration = dict[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]


def pairs_of(configuration: Mapping[str, str]) -> set[Pair]:
    """Every two choices that the configuration makes together."""
    return set(combinations(sorted(configuration.items()), 2))


def covering(axes: Mapping[str, Sequence[str]], possible=lambda configuration: True) -> list[Configuration]:
    """Configurations with one choice of each axis, that hold every pair which a possible configuration can hold.

    Greedy, and the same each time: the configuration with most of the pairs that are still missing comes next.
    """
    every = [dict(zip(axes, choices, strict=True)) for choices in product(*axes.values())]
    every = [configuration for configuration in every if possible(configuration)]
    missing = {pair for configuration in every for pair in pairs_of(configuration)}
    chosen = []
    while missing:
        best = max(every, key=lambda configuration: len(pairs_of(configuration) & missing))
        chosen.append(best)
        missing -= pairs_of(best)
    return chosen
