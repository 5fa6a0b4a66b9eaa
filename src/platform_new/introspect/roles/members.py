"""Dimensions and references: what facts are about, and the lookups of dimensions."""

from __future__ import annotations

from collections.abc import Mapping

from platform_new.introspect.roles.features import Features
from platform_new.introspect.roles.times import MADE
from platform_new.introspect.roles.vocabulary import LOOKUPS, PEOPLE
from platform_new.spec.words import words_of

OF_THEIR_OWN = PEOPLE | frozenset("branch company organization organisation office product project shop store".split())
"""People, places and things of a business: dimensions of their own even if only other dimensions point to them."""
SMALL = 3
"""The most columns that a lookup has besides its key."""


def why_reference(features: Features, referrers: Mapping[str, str]) -> str:
    """Why the table is a reference; empty if it is a dimension. `referrers` are the roles of the tables that refer."""
    word = features.words[-1]
    if features.shape.is_hierarchy or not features.shape.key or len(features.business) > 1 or features.is_about_person:
        return ""
    if features.additive or (features.event_time and features.event_time.rank < MADE):
        return ""
    above = [words_of(link.to)[-1] for link in features.business if link.to and link.to not in referrers]
    if (
        word in LOOKUPS
        and len(features.others) <= SMALL
        and features.tellings + features.labels
        and set(above) <= LOOKUPS
    ):
        return "a lookup: little more than a code and a name"
    by_facts = any(role in ("fact", "bridge") for role in referrers.values())
    if referrers and not by_facts and word not in OF_THEIR_OWN:
        return f"only {_listed(list(referrers))} {'points' if len(referrers) == 1 else 'point'} to it"
    return ""


def why_dimension(referrers: Mapping[str, str]) -> str:
    """Why the table is a dimension."""
    if not referrers:
        return "nothing points to it, and it has no event to measure"
    return f"{_listed(list(referrers))} {'points' if len(referrers) == 1 else 'point'} to it"


def _listed(names: list[str]) -> str:
    if len(names) > 3:
        return f"{', '.join(names[:2])} and {len(names) - 2} others"
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
