"""The drift of a source of events: what changed in newer events of a topic, the impact, and the resulting spec."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from platform_new.catalog import Catalog
from platform_new.introspect import Introspection
from platform_new.plan import make_plan
from platform_new.refresh.compare import Change
from platform_new.refresh.consequences import Consequence, consequence
from platform_new.refresh.drift import AssessedChange, Drift
from platform_new.refresh.events.compare import compare, follow, place_of, with_names_of
from platform_new.refresh.events.sample import Fits
from platform_new.refresh.follow import Dropped
from platform_new.spec.events.models import EventField, EventSource, Topic
from platform_new.spec.models import Spec
from platform_new.spec.rules import check


@dataclass(frozen=True)
class Newer:
    """Newer events of the topic `name`: the topic proposed from them, with reasons, and how they fit the spec."""

    name: str
    topic: Topic
    reasons: Mapping[tuple[str, ...], str]
    fits: Fits


def event_drift(known: EventSource, newer: Newer, last: EventSource | None, spec: Spec, catalog: Catalog) -> Drift:
    """How the events of a topic drifted from the spec.

    Fields that were known at the last introspection and are not in the spec were excluded by the owners: not drift.
    """
    name, topic = newer.name, next(topic for topic in known.topics if topic.name == newer.name)
    seen = with_names_of(topic, newer.topic)
    before = last.topic(name) if last else None
    found = compare(topic, seen, newer.fits)
    own = tuple(
        change for change in found if change.kind == "field added" and _has(before, _place(topic, seen, change))
    )
    changes = tuple(change for change in found if change not in own)
    after = follow(topic, seen, changes)
    assessor = _Assessor(known, topic, seen, spec, catalog)
    dropped = tuple(
        Dropped(".".join((name, *place, key)), "the type of the field changed")
        for place, keys in after.dropped.items()
        for key in keys
    )
    # New fields get no list of values: a sample does not show every value.
    reasons = {("topics", name, *path[2:]): why for path, why in newer.reasons.items() if path[-1] != "values"}
    record = Introspection(_with_topic(last or known, name, seen), reasons)
    return Drift(
        known, record, tuple(map(assessor.assess, changes)), own, _with_topic(known, name, after.topic), dropped, {}
    )


class _Assessor:
    """Assesses each change on its own, by the plans without it and with it."""

    def __init__(self, known: EventSource, topic: Topic, seen: Topic, spec: Spec, catalog: Catalog):
        self.known, self.topic, self.seen, self.spec, self.catalog = known, topic, seen, spec, catalog
        self.before = make_plan(spec, catalog)

    def assess(self, change: Change) -> AssessedChange:
        """The change with its impact; a change that would make the spec invalid is breaking."""
        followed = follow(self.topic, self.seen, [change]).topic
        source = _with_topic(self.known, self.topic.name, followed)
        events = tuple(source if each.name == source.name else each for each in self.spec.event_sources)
        spec = self.spec.model_copy(update={"event_sources": events})
        if findings := check(spec, self.catalog):
            because = f"{change.because}; but {findings[0].value}: {findings[0].reason}"
            hint = "; ".join(filter(None, (findings[0].hint, change.hint)))
            return AssessedChange(replace(change, compatible=False, because=because, hint=hint), Consequence())
        return AssessedChange(change, consequence(self.before, make_plan(spec, self.catalog)))


def _with_topic(source: EventSource, name: str, topic: Topic) -> EventSource:
    topics = tuple(topic if each.name == name else each for each in source.topics)
    return source.model_copy(update={"topics": topics})


def _place(known: Topic, seen: Topic, change: Change) -> tuple[str, ...]:
    """The path of a new field, with the names in the events."""
    names: list[str] = []
    fields: Iterable[EventField] = seen.fields
    for name in place_of(change.path):
        field = next(each for each in fields if each.name == name)
        names.append(field.source_name)
        fields = field.fields
    return tuple(names)


def _has(topic: Topic | None, place: tuple[str, ...]) -> bool:
    """Whether a topic has the field with this path in its events."""
    fields = topic.fields if topic else ()
    for name in place:
        field = next((each for each in fields if each.source_name == name), None)
        if field is None:
            return False
        fields = field.fields
    return True
