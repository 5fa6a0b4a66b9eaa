"""A few configurations that cover every pair of choices, and so every choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations, product

Configuration = dict[str, str]
Pair = tuple[tuple[str, str], tuple[str, str]]


def pairs_of(configuration: Mapping[str, str]) -> set[Pair]:
    """Every pair of choices in the configuration."""
    return set(combinations(sorted(configuration.items()), 2))


def covering(axes: Mapping[str, Sequence[str]], possible=lambda configuration: True) -> list[Configuration]:
    """Configurations with one choice per axis that cover every pair of a possible configuration.

    Greedy and deterministic: the next configuration is the one with the most missing pairs.
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
