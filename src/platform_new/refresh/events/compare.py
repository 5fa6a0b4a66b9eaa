"""What changed in the events of a topic, according to a sample of newer events, and the resulting topic. Pure.

A sample shows what events contain, not what they will never contain. So only violations of the spec are changes: an
unknown field, or a value that would become a dead letter. Listed values that do not occur, types that could be
narrower, and optional fields that are always present are not changes.

A change is compatible if every event that was valid before stays valid, and if the tables of the lake can follow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from platform_new.introspect.events.propose import MOST_VALUES
from platform_new.refresh.compare import Change
from platform_new.refresh.events.sample import Fit, Fits, Place
from platform_new.refresh.types import Step, step
from platform_new.spec.data_type import MAX_PRECISION, DataType, decimal
from platform_new.spec.events.models import OBJECT, EventField, Topic
from platform_new.spec.names import distinct

Fields = tuple[EventField, ...]
WIDER = {("smallint", "integer"), ("smallint", "bigint"), ("integer", "bigint"), ("real", "double")}
"""Type changes that the tables of the lake can follow; a `numeric` can also get more digits."""


@dataclass(frozen=True)
class FollowedTopic:
    """The topic after changes, and the keys that were dropped from each field because they became invalid."""

    topic: Topic
    dropped: Mapping[Place, tuple[str, ...]]


def with_names_of(known: Topic, seen: Topic) -> Topic:
    """The introspected topic, with the spec's names for known fields and free names for new ones."""
    renamed = _renamed(known.fields, seen.fields)
    return known.model_copy(update={"fields": renamed})


def compare(known: Topic, seen: Topic, fits: Fits) -> tuple[Change, ...]:
    """The differences between a topic of the spec and sample events, both with the names of the spec."""
    return tuple(_fields(known.fields, seen.fields, (), ("topics", known.name), fits, known.event_time))


def follow(known: Topic, seen: Topic, changes: Iterable[Change]) -> FollowedTopic:
    """The topic with these changes applied."""
    by_place: dict[Place, list[Change]] = {}
    for change in changes:
        by_place.setdefault(place_of(change.path), []).append(change)
    dropped: dict[Place, tuple[str, ...]] = {}
    return FollowedTopic(
        known.model_copy(update={"fields": _after(known.fields, seen.fields, (), by_place, dropped)}), dropped
    )


def place_of(path: tuple[str, ...]) -> Place:
    """The names of the fields on a path such as `("topics", "views", "fields", "device", "fields", "kind", "type")`."""
    return tuple(name for key, name in zip(path[2::2], path[3::2], strict=False) if key == "fields")


def _renamed(known: Fields, seen: Fields) -> Fields:
    mine = {field.source_name: field for field in known}
    taken = {field.name for field in known}
    fields = []
    for each in seen:
        match = mine.get(each.source_name)
        name = match.name if match else distinct(each.name, taken)
        taken.add(name)
        inner = _renamed(match.fields if match else (), each.fields)
        origin = each.source_name if each.source_name != name else None
        fields.append(each.model_copy(update={"name": name, "origin": origin, "fields": inner}))
    return tuple(fields)


def _fields(
    known: Fields, seen: Fields, above: Place, path: tuple[str, ...], fits: Fits, event_time: str = ""
) -> Iterator[Change]:
    there = {field.name: field for field in seen}
    for field in known:
        here, place = (*path, "fields", field.name), (*above, field.name)
        fit = fits.get(place, Fit())
        if not fit.of:
            continue
        if fit.missing and (field.required or field.name == event_time):
            yield _optional(here, fit)
        if fit.mistyped and field.name in there:
            yield _type(field, there[field.name], here, fit)
        elif field.type == OBJECT and field.name in there and not field.repeated:
            yield from _fields(field.fields, there[field.name].fields, place, here, fits)
        if fit.unknown and not fit.mistyped:
            yield _values(field, here, fit)
        for name, value in (("min", fit.low), ("max", fit.high)):
            if value is not None and not fit.mistyped:
                because = "every previous event is still in range"
                yield Change((*here, name), f"{name} changed", getattr(field, name), value, True, because)
    mine = {field.name for field in known}
    for field in seen:
        if field.name not in mine:
            because = "no stream relies on it yet"
            yield Change((*path, "fields", field.name), "field added", None, _kind(field), True, because)


def _optional(path: tuple[str, ...], fit: Fit) -> Change:
    kind = "optional" if fit.present else "field removed"
    because = f"{_of(fit.missing, fit.of)} lack it and would be dead letters"
    hint = "" if fit.present else "the spec keeps it, because older events have it"
    return Change((*path, "required"), kind, True, False, True, because, hint)


def _type(known: EventField, seen: EventField, path: tuple[str, ...], fit: Fit) -> Change:
    after = _wide_enough(known, seen, fit)
    plain = not (known.is_nested or seen.is_nested)
    wider = plain and ((known.type, after) in WIDER or _are_decimals(known.type, after))
    took = step(known.type, after) if plain else Step.CHANGED
    because = f"{_of(fit.mistyped, fit.present)} have another type and would be dead letters"
    if not wider:
        because += "; with the new type, older events may be, and the table in the lake keeps the previous type"
    hint = "" if wider else "or add a new topic for the new events: `platform-new add topic`"
    kind = f"type {took.value if took is not Step.SAME else Step.CHANGED.value}"
    shown = after if plain else _kind(seen)
    return Change((*path, "type"), kind, _kind(known), shown, wider, because, hint)


def _wide_enough(known: EventField, seen: EventField, fit: Fit) -> str:
    """The type that fits the values of the sample; a `numeric` gets as many digits as they need."""
    before, now = known.data_type, seen.data_type
    if before and now and before.base == "numeric" and now.is_number:
        _, scale = before.digits
        precision = len(str(int(fit.greatest))) + scale
        return decimal(precision, scale) if precision <= MAX_PRECISION else "double"
    # Scalar values of several types become text, and so do values of the same type that do not fit.
    mixed = seen.type == "json" and not fit.nested
    return "text" if mixed or seen.type == known.type else seen.type


def _values(known: EventField, path: tuple[str, ...], fit: Fit) -> Change:
    new = tuple(fit.unknown)
    more = (*(known.values or ()), *new)
    after = more if len(more) <= MOST_VALUES else None
    shown = ", ".join(map(str, new[:MOST_VALUES]))
    because = f"events with {shown} would be dead letters; deploy the new jobs before more arrive"
    return Change(
        (*path, "values"), "values added" if after else "values unrestricted", known.values, after, True, because
    )


def _of(count: int, all_: int) -> str:
    return f"{count:,} of {all_:,} events"


def _kind(field: EventField) -> str:
    return f"list of {field.type}" if field.repeated else field.type


def _after(
    known: Fields,
    seen: Fields,
    above: Place,
    by_place: Mapping[Place, list[Change]],
    dropped: dict[Place, tuple[str, ...]],
) -> Fields:
    there = {field.name: field for field in seen}
    fields = []
    for field in known:
        place = (*above, field.name)
        mine = there.get(field.name)
        update: dict[str, Any] = {}
        for change in by_place.get(place, ()):
            if change.path[-1] == "type" and mine:
                whole = field.is_nested or mine.is_nested
                type_ = mine.type if whole else change.after
                obsolete = _obsolete_keys(field, type_, whole=whole)
                update |= {"type": type_, "repeated": mine.repeated, "fields": _as_optional(mine.fields)}
                update |= dict.fromkeys(obsolete)
                dropped |= {place: obsolete} if obsolete else {}
            else:
                update[change.path[-1]] = change.after
        if "type" not in update and field.fields and mine:
            update["fields"] = _after(field.fields, mine.fields, place, by_place, dropped)
        fields.append(field.model_copy(update=update))
    new = [field for field in seen if (*above, field.name) in by_place and field.name not in {f.name for f in known}]
    return (*fields, *_as_optional(tuple(new)))


def _as_optional(fields: Fields) -> Fields:
    """New fields as optional fields: older events lack them, whatever the sample shows."""
    return tuple(
        field.model_copy(update={"required": False, "values": None, "fields": _as_optional(field.fields)})
        for field in fields
    )


def _are_decimals(*types: str) -> bool:
    return all(DataType.parse(each).base == "numeric" for each in types)


def _obsolete_keys(field: EventField, type_: str, *, whole: bool) -> tuple[str, ...]:
    """The keys about values that do not apply to the new type."""
    numbers = not whole and all(DataType.parse(each).is_number for each in (field.type, type_))
    keys = () if numbers else ("values", "min", "max", "references")
    return tuple(name for name in keys if getattr(field, name) is not None)
