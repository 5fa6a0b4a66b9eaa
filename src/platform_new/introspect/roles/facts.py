"""Facts: tables whose rows are events or measurements, weighed against what speaks for a dimension."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from platform_new.introspect.roles.features import POSITIONS, Features
from platform_new.introspect.roles.times import HAPPENED, LIFETIME, NOUNS, STARTED, is_validity
from platform_new.introspect.roles.vocabulary import ENTITIES, EVENTS, LINES, LOOKUPS
from platform_new.spec.words import words_of


@dataclass(frozen=True)
class Clue:
    """What speaks for (or with a negative weight against) a fact, with a test and its sentence."""

    says: str
    weight: float
    holds: Callable[[Features], bool]


def _own_time(features: Features) -> bool:
    """A moment of the business, not of a person's or row's life."""
    time = features.event_time
    if time is None or time.rank > STARTED:
        return False
    words = set(features.bare[time.column]) - NOUNS
    named = bool(words & set(features.words))
    return (named or not words & LIFETIME or time.rank < HAPPENED) and not _is_valid_for_a_time(features)


def _is_valid_for_a_time(features: Features) -> bool:
    """Valid from and to, or a start and an end without anything to sum."""
    bounds = [field for field in features.others if field.data_type.is_time and is_validity(features.bare[field.name])]
    return len(bounds) >= 2 and not features.additive


def _is_part(features: Features) -> bool:
    """Named like the lines of an event, such as `invoice_items`, or a numbered part of another row."""
    named = len(features.words) > 1 and features.words[-1] in LINES
    own = [name for name in features.shape.key if name not in features.linked]
    numbered = bool(features.measures) and len(own) == 1 < len(features.shape.key)
    position = numbered and features.bare[own[0]][-1] in POSITIONS
    return position or (named and numbered) or is_named_like_lines(features)


def is_named_like_lines(features: Features) -> bool:
    """Whether the name ends like that of lines, and the table belongs to an event by its name or a reference."""
    above = {words_of(link.to)[-1] for link in features.business if link.to}
    return features.words[-1] in LINES and bool((above | set(features.words[:-1])) & EVENTS)


def _is_measurement(features: Features) -> bool:
    """Little else than numbers: readings, balances, prices of a day."""
    numbers = [field for field in features.others if field.data_type.is_number]
    return bool(features.measures) and not features.labels and 2 * len(numbers) >= len(features.others)


def _is_event(features: Features) -> bool:
    """Named after an event, or a log of changes such as `page_versions`."""
    words = features.words
    if words[-1] in CHANGES and len(words) > 1:
        return True
    return words[-1] in EVENTS and not set(words[:-1]) & DEFINITIONS


DEFINITIONS = frozenset(
    """
    product plan template definition option catalog attribute integration gateway identifier component slab chart rule
    campaign coupon discount promotion program policy criteria override price_list
    """.split()
)
"""Words of tables that describe what may happen, rather than what happened."""
CHANGES = frozenset("version revision history log edit change".split())

CLUES = (
    Clue("named after an event", 3, _is_event),
    Clue("named after an event in part", 1, lambda f: not _is_event(f) and bool(set(f.words) & EVENTS)),
    Clue("rows of an event", 2, _is_part),
    Clue("a name that says fact", 3, lambda f: f.words[0] in ("fact", "fct")),
    Clue("a name that says dimension", -5, lambda f: words_of(f.shape.name)[0] == "dim"),
    Clue("a date of its own", 1, _own_time),
    Clue("measures", 0.5, lambda f: bool(f.additive)),
    Clue("little else than numbers", 1, _is_measurement),
    Clue("several references", 1.5, lambda f: len(f.business) > 1),
    Clue("a reference to a person", 1, lambda f: f.is_about_person),
    Clue("a document number", 0.5, lambda f: bool(f.numbers)),
    Clue("a composite key", 1, lambda f: len(f.shape.key) > 1),
    Clue("named after a thing", -2, lambda f: f.words[-1] in ENTITIES and not _is_part(f)),
    Clue("named after a lookup", -1.5, lambda f: f.words[-1] in LOOKUPS),
    Clue("named after a definition", -1, lambda f: bool(set(f.words) & DEFINITIONS)),
    Clue("no reference", -1.5, lambda f: not f.business),
    Clue("a name", -0.5, lambda f: bool(f.labels)),
    Clue("a required name", -0.5, lambda f: any(field.required for field in f.labels)),
    Clue("a unique name", -1.5, lambda f: any((field.name,) in f.shape.uniques for field in f.labels)),
    Clue("valid for a time", -2, _is_valid_for_a_time),
    Clue("an address", -1, lambda f: len(f.contacts) > 1),
)
THRESHOLD = 2


def weigh(features: Features) -> tuple[float, list[Clue]]:
    """The weight of what speaks for a fact, and the clues that hold."""
    held = [clue for clue in CLUES if clue.holds(features)]
    return sum(clue.weight for clue in held), held


def why_fact(features: Features) -> str:
    """Why the table is a fact; empty if it is none."""
    weight, held = weigh(features)
    if weight < THRESHOLD:
        return ""
    reasons = [clue.says for clue in held if clue.weight > 0]
    against = [clue.says for clue in held if clue.weight < 0]
    return f"{', '.join(reasons)}{' (against: ' * bool(against)}{', '.join(against)}{')' * bool(against)}"


def find_facts(features: Mapping[str, Features]) -> dict[str, str]:
    """The facts among the tables, with the reason for each."""
    return {name: reason for name, each in features.items() if (reason := why_fact(each))}
