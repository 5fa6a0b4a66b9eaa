"""Bridges: tables that link others, many to many, and measure nothing."""

from __future__ import annotations

from itertools import product

from platform_new.introspect.roles.facts import CHANGES, is_named_like_lines
from platform_new.introspect.roles.features import KINDS, POSITIONS, Features, Link
from platform_new.introspect.roles.shape import Field
from platform_new.introspect.roles.times import HAPPENED, is_validity
from platform_new.introspect.roles.vocabulary import ENTITIES, EVENTS, LABELS, LINKS
from platform_new.spec.words import words_of

BOUNDS = frozenset("min max minimum maximum separation weight count".split())
"""Words of numbers that bound or weigh a link, and measure nothing."""
OF_VALUES = frozenset("value text k v name key index position tag".split())
"""Words of the columns of tables with several values of a row."""
VALUES = frozenset("tag keyword label".split())
"""Last words of tables that hold several values of a row."""
MOSTLY = 0.1
"""The share of empty values up to which a reference counts as one that every row has."""


def why_bridge(features: Features, *, is_thing: bool = False) -> str:
    """Why the table is a bridge; empty if it is none. `is_thing` says that other tables refer to its rows as things."""
    alone = len(features.words) == 1 and features.words[0] in ENTITIES - LINKS
    if (is_thing or alone) and len(features.shape.key) == 1:
        return ""
    return _joined(features) or _links(features) or _values(features)


def _joined(features: Features) -> str:
    """A table named after the two tables that it links."""
    ends = {
        link.columns: words_of(link.to) if link.to else features.bare[link.columns[0]][:-1]
        for link in features.business
    }
    names = sorted(set(ends.values()))
    named = any(first != second and first + second == features.words for first, second in product(names, names))
    return (
        "named after the two tables that it links" if named and not features.additive and not features.numbers else ""
    )


def _links(features: Features) -> str:
    ends = features.business
    if len(ends) < 2 or _measured(features) or _happens(features):
        return ""
    within = {column for link in ends for column in link.columns}
    confirmed = any(len(key) > 1 and within >= set(key) for key in (features.shape.key, *features.shape.uniques))
    texts = [field for field in features.others if not _is_detail(field, features)]
    told = len(texts) == 1 and texts[0] in features.tellings and not features.numbers
    if texts and not told and not (confirmed and not features.labels):
        return ""
    bound = [link for link in ends if _always(link, features)]
    unconstrained = not any(field.required for field in features.shape.fields if field.name not in features.shape.key)
    if len(bound) < 2 and not (bound and not texts) and not unconstrained:
        return ""
    if len(features.shape.key) > 1 and within >= set(features.shape.key):
        return "its key consists of references, and it has no other data"
    return f"it links {len(ends)} references and measures nothing"


def _values(features: Features) -> str:
    """Several values of one row, such as tags: a key of the row with a position or a name, and a text."""
    if features.words[-1] in VALUES and len(features.business) == 1 and len(features.others) == 1 and features.tellings:
        return f"several {features.words[-1]}s of one {features.business[0].to or 'row'}"
    key = set(features.shape.key)
    ends = [link for link in features.business if set(link.columns) < key]
    rest = [field for field in features.shape.fields if field.name in key and field.name not in features.linked]
    counts = all(set(features.bare[field.name]) & (OF_VALUES | POSITIONS) for field in rest)
    texts = [field for field in features.others if field.name not in key]
    if len(ends) != 1 or len(features.business) > 1 or features.additive or not (rest and counts and texts):
        return ""
    plain = all(field.data_type.family == "text" and features.bare[field.name][-1] in OF_VALUES for field in texts)
    return f"several values of one {ends[0].to or 'row'}" if plain else ""


def _measured(features: Features) -> bool:
    """Whether it has a number that is more than a bound or a weight."""
    return any(not set(features.bare[name]) & BOUNDS for name in features.measures)


def _always(link: Link, features: Features) -> bool:
    share = [features.shape.field(column).null_share for column in link.columns]
    filled = all(each is not None and each <= MOSTLY for each in share)
    return link.required or set(link.columns) <= set(features.shape.key) or filled


def _is_detail(field: Field, features: Features) -> bool:
    """Whether a column only says more about the link: its position, kind, validity, or yes or no."""
    words = features.bare[field.name]
    family = field.data_type.family
    return (
        field.name in features.shape.key
        or family == "boolean"
        or (family == "time" and is_validity(words))
        or (family in ("number", "text") and bool(set(words) & (KINDS | POSITIONS)) and words[-1] not in LABELS)
        or field.name in features.measures
        or words[0] in ("is", "has")
        or (family == "number" and words[-1] in ("active", "enabled", "default", "deleted"))
    )


def _happens(features: Features) -> bool:
    """Whether a row is an event rather than a link: it has a moment of its own, or somebody did it to something."""
    time = features.event_time
    if is_named_like_lines(features):
        return True
    if time is None:
        return False
    if time.rank <= HAPPENED and not is_validity(features.bare[time.column]) and time.column not in features.shape.key:
        return True
    targets = {words_of(link.to)[-1] for link in features.business if link.to}
    own = [word for word in features.words if word not in targets]
    if own and own[-1] in CHANGES and len(features.words) > 1:
        return True
    # A user and a post in `user_posts` are linked; in `post_approvals`, the user did something to the post.
    done = own and own[-1] in EVENTS and own[-1] not in LINKS
    return bool(done) and features.is_about_person
