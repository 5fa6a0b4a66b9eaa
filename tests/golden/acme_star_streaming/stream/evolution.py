"""What a change of a topic's contract means for messages that are there already: `python -m stream.evolution [REF]`.

Compares `contracts/topics` in the working tree with what a git commit has there. A change is
compatible if every message that kept the contract before keeps it now. Topics are the same if the
broker calls them the same, so a new version of one, under a new name, is a new topic.
Exit code 1 if a change is not compatible.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from stream.contracts import NoHistory, contracts_at, contracts_here, usual_base

Schema = dict[str, Any]
DEAD = "messages of before would be dead letters"
CURE = """\
Take it back, or give the new events a topic of their own: add one with a new version in its `origin`
to the source's file in sources/, with streams of its own, and remove the old one when nobody sends
to it any more.
"""
WIDER = {
    "int16": ("int32", "int64"),
    "int32": ("int64",),
    "float": ("double",),
}
"""What the tables of the lake can follow."""

EFFECTS = {
    "key": (False, "events of one key would be in several partitions, in no order"),
    "eventTime": (False, "windows, and what counts as late, would mean something else"),
    "lateness": (True, "a replay finds other events late than were found before"),
    "retention": (True, "a replay reaches back as far as the broker keeps messages"),
    "replication": (True, "it holds for new topics; move those that are there with Kafka's tools"),
}


@dataclass(frozen=True)
class Change:
    """A change of a topic, or of a field of its events, and what follows from it."""

    topic: str
    field: str
    what: str
    compatible: bool = True
    why: str = ""

    def __str__(self) -> str:
        """The change on one line."""
        place = f"{self.topic}: {self.field}" if self.field else self.topic
        verdict = "compatible" if self.compatible else "NOT COMPATIBLE"
        return f"{verdict}: {place} {self.what}" + (f": {self.why}" if self.why else "")


def main(arguments: list[str]) -> int:
    """Compare with the commit that is named, or with the usual one; 1 if a change is not compatible, else 0."""
    parser = argparse.ArgumentParser(
        prog="python -m stream.evolution", description=__doc__.splitlines()[0]
    )
    parser.add_argument("commit", nargs="?", help="by default, where this branch left main")
    asked = parser.parse_args(arguments).commit
    try:
        base, why = (asked, "as asked for") if asked else usual_base()
        changes = list(compare(contracts_at(base), contracts_here()))
    except NoHistory as reason:
        print(f"The contracts of topics are compared with nothing: {reason}.")
        return 1 if asked else 0
    for change in changes:
        print(change)
    broken = sum(not change.compatible for change in changes)
    print(f"Changes of topics since {base} ({why}): {len(changes)}, not compatible: {broken}")
    if broken:
        print(CURE, end="")
    return 1 if broken else 0


def compare(before: dict[str, Schema], after: dict[str, Schema]) -> Iterator[Change]:
    """The changes from one set of contracts, by their topics, to another."""
    for topic in sorted({*before, *after}):
        if topic not in before:
            yield Change(topic, "", "is new")
        elif topic not in after:
            yield Change(topic, "", "is gone", why="nothing reads its messages any more")
        else:
            yield from _sent(topic, before[topic]["x-topic"], after[topic]["x-topic"])
            yield from _object(topic, "", before[topic], after[topic])


def _sent(topic: str, old: Schema, new: Schema) -> Iterator[Change]:
    for name, (compatible, why) in EFFECTS.items():
        if old.get(name) != new.get(name):
            what = f"`{name}` is {_shown(new.get(name))}, it was {_shown(old.get(name))}"
            yield Change(topic, "", what, compatible, why)
    less, more = sorted((old["partitions"], new["partitions"]))
    what = f"has {new['partitions']} partitions, it had {old['partitions']}"
    if new["partitions"] == less != more:
        yield Change(topic, "", what, False, "a topic cannot lose partitions")
    elif less != more:
        keyed = "events of a key go to another partition from then on" if new.get("key") else ""
        yield Change(topic, "", what, why=keyed)


def _object(topic: str, place: str, old: Schema, new: Schema) -> Iterator[Change]:
    before, after = old["properties"], new["properties"]
    for name in [*before, *(name for name in after if name not in before)]:
        here = f"{place}{name}"
        was_required, required = (name in schema.get("required", ()) for schema in (old, new))
        if name not in after:
            yield Change(topic, here, "is gone", why="readers find it in older events only")
        elif name not in before:
            why = f"{DEAD}; make it optional" if required else ""
            yield Change(topic, here, f"is new{' and required' * required}", not required, why)
        else:
            if required and not was_required:
                yield Change(topic, here, "is required now", False, f"{DEAD} where they lack it")
            elif was_required and not required:
                yield Change(topic, here, "is optional now")
            yield from _value(topic, here, before[name], after[name])


def _value(topic: str, place: str, old: Schema, new: Schema) -> Iterator[Change]:
    was, now = _kind(old), _kind(new)
    if was == now == "object":
        yield from _object(topic, f"{place}.", old, new)
    elif was == now == "array":
        yield from _value(topic, f"{place}[]", old["items"], new["items"])
    elif was != now:
        wider = now in WIDER.get(was, ()) or _digits(was, now)
        yield Change(topic, place, f"is {now}, it was {was}", wider, "" if wider else DEAD)
    else:
        yield from _limits(topic, place, old, new)


def _limits(topic: str, place: str, old: Schema, new: Schema) -> Iterator[Change]:
    before, after = old.get("enum"), new.get("enum")
    if after and (not before or any(value not in after for value in before)):
        lost = [value for value in before or () if value not in after and value is not None]
        what = f"has no value {_shown(lost)} any more" if before else f"is one of {_shown(after)}"
        if lost or not before:
            yield Change(topic, place, what, False, f"{DEAD} where they have another")
    gained = [value for value in after or () if before and value not in before]
    if gained := [value for value in gained if value is not None]:
        why = "start the new jobs before anybody sends it"
        yield Change(topic, place, f"may be {_shown(gained)}", why=why)
    elif before and not after:
        yield Change(topic, place, "may have any value", why="start the new jobs first")
    for name, sign in (("minimum", 1), ("x-minimum", 1), ("maximum", -1), ("x-maximum", -1)):
        was, now = old.get(name), new.get(name)
        if was != now:
            looser = now is None or (was is not None and (now < was if sign > 0 else now > was))
            what = f"`{name.removeprefix('x-')}` is {_shown(now)}, it was {_shown(was)}"
            why = "" if looser else f"{DEAD} where they are beyond it"
            yield Change(topic, place, what, looser, why)


def _kind(schema: Schema) -> str:
    """The type of a value, in one word."""
    types = [type_ for type_ in schema["type"] if type_ != "null"]
    type_ = schema["type"] if isinstance(schema["type"], str) else ", ".join(types)
    named = schema.get("contentEncoding") or schema.get("format") or type_
    return str(schema.get("x-type") or named)


def _digits(was: str, now: str) -> bool:
    """Whether a `numeric(precision, scale)` has room for all that another one has."""
    old, new = (re.fullmatch(r"numeric\((\d+)(?:, ?(\d+))?\)", kind) for kind in (was, now))
    if not old or not new:
        return False
    (p, s), (precision, scale) = ([int(each or 0) for each in kind.groups()] for kind in (old, new))
    return scale >= s and precision - scale >= p - s


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_shown(each) for each in value if each is not None)
    return "none" if value is None else f"`{value}`"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
