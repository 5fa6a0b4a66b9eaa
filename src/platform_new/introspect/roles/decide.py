"""The role of each table of a source, decided for all tables together."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from platform_new.introspect.roles.bridges import why_bridge
from platform_new.introspect.roles.facts import find_facts
from platform_new.introspect.roles.features import Features, find_features
from platform_new.introspect.roles.lines import find_lines
from platform_new.introspect.roles.members import why_dimension, why_reference
from platform_new.introspect.roles.operational import find_operational
from platform_new.introspect.roles.shape import Role, Shape
from platform_new.introspect.roles.times import HAPPENED


def propose_roles(shapes: Iterable[Shape]) -> dict[str, Role]:
    """The role of each table, by its name."""
    by_name = {shape.name: shape for shape in shapes}
    features = find_features(by_name)
    roles = {name: Role("operational", reason) for name, reason in find_operational(features).items()}
    business = {name: each for name, each in features.items() if name not in roles}
    referrers = _referrers(business)
    likely = find_facts(business)
    roles |= {
        name: Role("bridge", reason)
        for name, each in business.items()
        if (reason := why_bridge(each, is_thing=_is_thing(referrers.get(name, ()), likely)))
    }
    facts = find_facts({name: each for name, each in business.items() if name not in roles})
    lines = find_lines(features, facts)
    roles |= {name: _fact(features[name], reason, lines.get(name)) for name, reason in facts.items()}
    left = [name for name in by_name if name not in roles]
    return {**roles, **_members(features, roles, left, referrers)}


def _fact(features: Features, because: str, line: tuple[str, str] | None) -> Role:
    header, why = line or (None, "")
    because = f"lines of {header}" if header else because
    time = features.event_time
    if header and time and not (time.rank <= HAPPENED and time.required):
        time = None
    return Role("fact", because, header, why, time.column if time else None, time.because if time else "")


def _is_thing(referrers: Sequence[str], facts: Collection[str]) -> bool:
    """Whether facts, or several tables, refer to the rows of a table."""
    return len(referrers) > 1 or any(other in facts for other in referrers)


def _referrers(features: Mapping[str, Features]) -> dict[str, list[str]]:
    """The tables that refer to each table, in the order of the source."""
    found: dict[str, list[str]] = {}
    for name, each in features.items():
        for link in each.links:
            if link.to and name not in found.setdefault(link.to, []):
                found[link.to].append(name)
    return found


def _members(
    features: Mapping[str, Features],
    roles: Mapping[str, Role],
    left: list[str],
    referrers: Mapping[str, list[str]],
) -> dict[str, Role]:
    found = {}
    for name in left:
        pointing = {other: roles[other].role if other in roles else "dimension" for other in referrers.get(name, ())}
        reason = why_reference(features[name], pointing)
        found[name] = Role("reference", reason) if reason else Role("dimension", why_dimension(pointing))
    return found
