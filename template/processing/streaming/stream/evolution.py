"""Checks changes of the topics' contracts against messages that exist already: `python -m stream.evolution [COMMIT]`.

Compares `contracts/topics` in the working tree with a git commit. A change is compatible if each message
that was valid before stays valid. A topic is known by its name at the broker, so a new version, under a
new name, is a new topic. Exit code 1 if a change is not compatible.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

Schema = dict[str, Any]

ROOT = Path(__file__).parent.parent
FOLDER, SUFFIX = "contracts/topics", ".schema.json"
MAIN = ("origin/main", "main", "origin/master", "master")
DEAD = "earlier messages would become dead letters"
FIRST = "start the new jobs before anyone sends it"
HINT = """\
Undo it, or give the new events a topic of their own: add one with a new version in its `origin` to the
source's file in sources/, with its own streams, and remove the old topic when no one sends to it any more.
"""
WIDER = {("int16", "int32"), ("int16", "int64"), ("int32", "int64"), ("float", "double")}
"""The type changes that tables of the lake can follow."""
EFFECTS = {
    "key": (False, "events of one key would be in several partitions, in no order"),
    "eventTime": (False, "windows, and what counts as late, would mean something else"),
    "lateness": (True, "a replay finds other events late"),
    "retention": (True, "a replay reaches as far back as the broker keeps messages"),
    "replication": (True, "it applies to new topics; move existing ones with Kafka's tools"),
}
BOUNDS = {"minimum": 1, "x-minimum": 1, "maximum": -1, "x-maximum": -1}


class NoHistory(Exception):
    """There is no commit to compare with."""


class Change(NamedTuple):
    """A change at a place: a topic, or a field of its events."""

    place: str
    what: str
    compatible: bool = True
    why: str = ""

    def __str__(self) -> str:
        """The change on one line."""
        verdict = "compatible" if self.compatible else "NOT COMPATIBLE"
        return f"{verdict}: {self.place} {self.what}" + (f": {self.why}" if self.why else "")


def main(arguments: list[str]) -> int:
    """Compare with the given or usual commit; 1 if a change is not compatible, else 0."""
    parser = argparse.ArgumentParser(
        "python -m stream.evolution", description=__doc__.split("\n")[0]
    )
    parser.add_argument("commit", nargs="?", help="default: where this branch left main")
    asked = parser.parse_args(arguments).commit
    try:
        base, why = (asked, "as asked for") if asked else usual_base()
        changes = list(compare(contracts_at(base), contracts_here()))
    except NoHistory as reason:
        print(f"The contracts of topics are compared with nothing: {reason}.")
        return 1 if asked else 0
    broken = sum(not change.compatible for change in changes)
    print(*changes, sep="\n", end="\n" if changes else "")
    print(f"Changes of topics since {base} ({why}): {len(changes)}, not compatible: {broken}")
    print(HINT if broken else "", end="")
    return 1 if broken else 0


def compare(before: dict[str, Schema], after: dict[str, Schema]) -> Iterator[Change]:
    """The changes between two sets of contracts, by topic."""
    for topic in sorted({*before, *after}):
        if topic not in before:
            yield Change(topic, "is new")
        elif topic not in after:
            yield Change(topic, "is gone", why="nothing reads its messages any more")
        else:
            yield from _settings(topic, before[topic]["x-topic"], after[topic]["x-topic"])
            old, new = (dict(_fields(each)) for each in (before[topic], after[topic]))
            inside: tuple[str, ...] = ()
            for place in {**old, **new}:
                if place.startswith(inside):
                    continue
                was, now = old.get(place), new.get(place)
                if was is None or now is None or _kind(was) != _kind(now):
                    # What is inside changes with it.
                    inside += (f"{place}.", f"{place}[]")
                yield from _field(f"{topic}: {place}", was, now)


def _settings(topic: str, old: Schema, new: Schema) -> Iterator[Change]:
    for name, effect in EFFECTS.items():
        was, now = old.get(name), new.get(name)
        if was != now:
            yield Change(topic, f"`{name}` is {_shown(now)}, it was {_shown(was)}", *effect)
    was, now = old["partitions"], new["partitions"]
    if was != now:
        moved = "from then on, events of a key are in another partition" if new.get("key") else ""
        why = moved if now > was else "a topic cannot lose partitions"
        yield Change(topic, f"has {now} partitions, it had {was}", now > was, why)


def _fields(schema: Schema, place: str = "") -> Iterator[tuple[str, Schema]]:
    """Every field and item by its place, such as `lines[].sku`, with whether it is `required`."""
    for name, field in schema.get("properties", {}).items():
        here = f"{place}.{name}" if place else name
        yield here, {**field, "required": name in schema.get("required", ())}
        yield from _fields(field, here)
    if items := schema.get("items"):
        yield f"{place}[]", {**items, "required": False}
        yield from _fields(items, f"{place}[]")


def _field(place: str, old: Schema | None, new: Schema | None) -> Iterator[Change]:
    if new is None:
        yield Change(place, "is gone", why="only earlier events have it")
    elif old is None:
        required = new["required"]
        why = f"{DEAD}; make it optional" if required else ""
        yield Change(place, f"is new{' and required' * required}", not required, why)
    else:
        if new["required"] and not old["required"]:
            yield Change(place, "is required now", False, f"{DEAD} if they lack it")
        elif old["required"] and not new["required"]:
            yield Change(place, "is optional now")
        was, now = _kind(old), _kind(new)
        if was != now:
            wider = (was, now) in WIDER or _has_room(was, now)
            yield Change(place, f"is {now}, it was {was}", wider, "" if wider else DEAD)
        else:
            yield from _values(place, old, new)


def _values(place: str, old: Schema, new: Schema) -> Iterator[Change]:
    before, after = (
        [value for value in each.get("enum", ()) if value is not None] for each in (old, new)
    )
    lost = [value for value in before if value not in after]
    gained = [value for value in after if value not in before]
    if before and not after:
        yield Change(place, "may have any value", why=FIRST)
    elif after and not before:
        yield Change(place, f"is one of {_shown(after)}", False, f"{DEAD} if they have another")
    else:
        if lost:
            what = f"has no value {_shown(lost)} any more"
            yield Change(place, what, False, f"{DEAD} if they have it")
        if gained:
            yield Change(place, f"may be {_shown(gained)}", why=FIRST)
    for name, sign in BOUNDS.items():
        was, now = old.get(name), new.get(name)
        if was != now:
            looser = now is None or (was is not None and sign * now < sign * was)
            what = f"`{name.removeprefix('x-')}` is {_shown(now)}, it was {_shown(was)}"
            yield Change(place, what, looser, "" if looser else f"{DEAD} if they are beyond it")


def _kind(schema: Schema) -> str:
    """The type of a value, in one word."""
    type_ = schema["type"]
    if not isinstance(type_, str):
        type_ = ", ".join(each for each in type_ if each != "null")
    return schema.get("x-type") or schema.get("contentEncoding") or schema.get("format") or type_


def _has_room(was: str, now: str) -> bool:
    """Whether one `numeric(precision, scale)` has room for all values of another."""
    old, new = (re.fullmatch(r"numeric\((\d+)(?:, ?(\d+))?\)", kind) for kind in (was, now))
    if not old or not new:
        return False
    (p, s), (precision, scale) = ([int(each or 0) for each in kind.groups()] for kind in (old, new))
    return scale >= s and precision - scale >= p - s


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    return "none" if value is None else f"`{value}`"


def contracts_here() -> dict[str, Schema]:
    """The contracts of the working tree, by source and name of the topic at the broker."""
    return _by_topic(path.read_text("utf-8") for path in (ROOT / FOLDER).rglob(f"*{SUFFIX}"))


def contracts_at(commit: str) -> dict[str, Schema]:
    """The contracts of a commit. Raises `NoHistory` if there is no such commit."""
    names = _git("ls-tree", "-r", "-z", "--name-only", commit, "--", FOLDER).split("\0")
    return _by_topic(_git("show", f"{commit}:./{name}") for name in names if name.endswith(SUFFIX))


def usual_base() -> tuple[str, str]:
    """The commit to compare with, and why that one: where the branch left the main branch.

    On the main branch it is the last commit, or the one before it if the contracts have not changed
    since. Raises `NoHistory` if there is none.
    """
    head = _commit("HEAD", "there is no git history here")
    for main in MAIN:
        try:
            base = _commit(_git("merge-base", "HEAD", main))
        except NoHistory:
            continue
        if base != head:
            return base, f"where this branch left {main}"
    if _git("status", "--porcelain", "--", FOLDER):
        return head, "the last commit"
    return _commit("HEAD^", "the last commit is the only one here"), "the commit before the last"


def _commit(name: str, otherwise: str = "") -> str:
    try:
        return _git("rev-parse", "--short", name)
    except NoHistory as error:
        raise NoHistory(otherwise or str(error)) from None


def _git(*arguments: str) -> str:
    options: dict[str, Any] = {"capture_output": True, "text": True, "encoding": "utf-8"}
    try:
        done = subprocess.run(["git", *arguments], cwd=ROOT, check=False, **options)
    except FileNotFoundError:
        raise NoHistory("git is not installed") from None
    if done.returncode:
        raise NoHistory(f"git says `{done.stderr.strip().partition(chr(10))[0]}`")
    return done.stdout.strip()


def _by_topic(texts: Iterable[str]) -> dict[str, Schema]:
    schemas = [json.loads(text) for text in texts]
    return {f"{schema['x-topic']['source']}/{schema['title']}": schema for schema in schemas}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
