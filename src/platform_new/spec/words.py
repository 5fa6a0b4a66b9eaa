"""The words of a name: `l_extendedprice` in a table whose columns all start with `l_` has the words extended, price."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache

JOINED = (
    "date", "price", "number", "key", "code", "type", "name", "status", "time", "cost", "qty", "priority", "amount",
    "quantity", "balance", "bal", "by", "on"
)  # fmt: skip
"""Words that older databases join to the word before them, such as `orderdate`."""
WHOLE = frozenset(
    """
    candidate validate consolidate liquidate mandate surname hockey monkey turkey journey money prototype barcode
    version session action addition reason person option position region station transaction commission location
    description subscription division section permission season collection question session duration reservation
    registration organization organisation observation notification application evaluation installation occupation
    destination dimension extension function icon coupon button common ribbon carton iron lesson salon weapon
    standby nearby hobby ruby lobby overtime lifetime downtime uptime runtime sometime datetime daytime anytime
    """.split()
)
"""Words that end like one of `JOINED` by chance, or that are one word today."""
TENANTS = frozenset({"tenant", "organization", "organisation", "workspace"})
"""Words for the customers among whom an application divides its rows."""
BEFORE_BY_AND_ON = ("ed", "submit", "approve")
SINGULAR = frozenset(
    "status bus bonus virus campus plus minus analysis basis series news address process access business".split()
)


@lru_cache(maxsize=16384)
def words_of(name: str) -> tuple[str, ...]:
    """The words of a snake_case name in the singular, with joined words split."""
    found: list[str] = []
    for word in name.strip("_").split("_"):
        found += _split(word) if word else ()
    return tuple(singular(word) for word in found) or (name,)


def singular(word: str) -> str:
    """The singular of an English noun, by its ending."""
    if word in SINGULAR or len(word) <= 3:
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")) or word.removesuffix("es") in SINGULAR:
        return word[:-2]
    return word if word.endswith(("ss", "us", "is")) else word.removesuffix("s")


def shared_prefix(names: Collection[str]) -> str:
    """The prefix up to the first `_` that all names of a table's columns share; empty if they share none."""
    first = {name.partition("_")[0] for name in names if "_" in name}
    alone = any("_" not in name for name in names)
    return f"{first.pop()}_" if len(first) == 1 and len(names) > 2 and not alone else ""


def without_prefix(names: Sequence[str]) -> dict[str, str]:
    """Each name without the prefix that all of them share."""
    prefix = shared_prefix(names)
    return {name: name.removeprefix(prefix) or name for name in names}


def _split(word: str) -> tuple[str, ...]:
    if word in WHOLE or word.endswith("ion"):
        return (word,)
    for joined in JOINED:
        before = word.removesuffix(joined)
        if before == word or len(before) < 3:
            continue
        if len(joined) > 2 or before.endswith(BEFORE_BY_AND_ON):
            return (*_split(before), joined)
    return (word,)
