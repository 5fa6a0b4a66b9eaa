"""For any changes to a YAML file, the merge means the same as a merge of the plain data, or is a conflict."""

from __future__ import annotations

import copy
from collections import Counter
from typing import Any

import pytest
import yaml
from effort import cases
from hypothesis import given
from hypothesis import strategies as st

from platform_new.merge.keyed import is_sound, merge_keyed
from platform_new.merge.texts import merge_texts

pytestmark = pytest.mark.proof
often = cases(60, in_depth=2000)

NAMES = ("a", "b", "c", "d", "e")
VALUES = st.sampled_from(["red", "blue", "1", "on", "it's", "two\n# lines\n", "x: y", 7, True, None])
Absent = object()


class Conflict(Exception):
    """Both sides changed the same value."""


def named(kind: str, item: Any) -> str:
    """The identity of an item in a list of this kind."""
    if kind in ("columns", "models"):
        return item["name"]
    return item if isinstance(item, str) else next(iter(item))


@st.composite
def values(draw: st.DrawFn, kind: str) -> Any:
    """A value for a key."""
    some = st.sets(st.sampled_from(NAMES), max_size=3).map(sorted)
    if kind == "models":
        return [
            {"name": name, **({"columns": draw(values("columns"))} if draw(st.booleans()) else {}), **draw(fields())}
            for name in draw(some)
        ]
    if kind == "columns":
        return [{"name": name, **draw(fields())} for name in draw(some)]
    if kind == "data_tests":
        return [name if draw(st.booleans()) else {name: {"least": draw(VALUES)}} for name in draw(some)]
    if kind == "tags":
        return draw(some)
    if kind == "config":
        return {name: draw(VALUES) for name in draw(some)}
    if kind == "steps":
        return [{"run": draw(VALUES)} for _ in draw(some)]
    return draw(VALUES)


@st.composite
def fields(draw: st.DrawFn) -> dict[str, Any]:
    """The keys of a map."""
    kinds = draw(st.sets(st.sampled_from(["description", "type", "config", "data_tests", "tags", "steps"])))
    return {kind: draw(values(kind)) for kind in sorted(kinds)}


@st.composite
def changed(draw: st.DrawFn, data: dict[str, Any]) -> dict[str, Any]:
    """The data after some changes."""
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 3))):
        _change(draw, data)
    return data


def _change(draw: st.DrawFn, data: dict[str, Any]) -> None:
    """Add, delete or change something at one place."""
    kinds = sorted(data.keys() - {"name"})
    if not kinds or draw(st.integers(0, 3)) == 0:
        kind = draw(st.sampled_from(["columns", "config", "data_tests", "type", "description", "tags", "steps"]))
        if kind not in data:
            data[kind] = draw(values(kind))
        return
    kind = draw(st.sampled_from(kinds))
    inner = data[kind]
    if draw(st.integers(0, 5)) == 0:
        del data[kind]
    elif isinstance(inner, dict):
        data[kind] = {**inner, draw(st.sampled_from(NAMES)): draw(VALUES)}
    elif not isinstance(inner, list):
        data[kind] = draw(VALUES)
    else:
        place = draw(st.integers(0, len(inner)))
        if kind == "steps" or place == len(inner) or draw(st.integers(0, 5)) == 0:
            more = draw(values(kind))
            there = [] if kind == "steps" else [named(kind, item) for item in inner]
            more = [item for item in more if kind == "steps" or named(kind, item) not in there]
            inner[place:place] = more[:2]
        elif draw(st.integers(0, 2)) == 0:
            del inner[place]
        elif isinstance(inner[place], dict):
            if kind == "data_tests":
                inner[place] = {named(kind, inner[place]): {"least": draw(VALUES)}}
            else:
                _change(draw, inner[place])


def merge(base: Any, ours: Any, theirs: Any, kind: str, *, in_list: bool = False) -> Any:
    """The merge of plain data; raises `Conflict` if both sides changed the same value."""
    if alike(ours, base):
        return theirs
    if alike(theirs, base) or alike(ours, theirs):
        return ours
    if base in (Absent, [], {}, None) and not in_list and kind in ("columns", "models", "data_tests", "tags", "config"):
        base = type(ours)()
    if any(not isinstance(side, (dict, list)) or not side or type(side) is not type(base) for side in (ours, theirs)):
        raise Conflict
    if kind == "steps":
        raise Conflict
    if isinstance(base, list):
        sides = [{named(kind, item): item for item in side} for side in (base, ours, theirs)]
        return list(_merge_maps(*sides, in_list=True).values())
    return _merge_maps(base, ours, theirs)


def _merge_maps(base, ours, theirs, *, in_list: bool = False) -> dict[str, Any]:
    gone = base.keys() - ours.keys() - theirs.keys()
    if gone and ours.keys() - base.keys() - theirs.keys() and theirs.keys() - base.keys() - ours.keys():
        raise Conflict
    merged = {
        name: merge(*(side.get(name, Absent) for side in (base, ours, theirs)), name, in_list=in_list)
        for name in base | ours | theirs
    }
    merged = {name: value for name, value in merged.items() if value is not Absent}
    if not merged:
        raise Conflict
    return merged


def alike(one: Any, other: Any) -> bool:
    """Whether two values are equal, including the order of ordered values."""
    return type(one) is type(other) and (one is other or repr(one) == repr(other))


def written(data: Any, indent: int = 0, *, indented: bool = True) -> list[str]:
    """The lines of a YAML text."""
    margin, lines = " " * indent, []
    for key, value in data.items():
        if isinstance(value, dict) and value:
            lines += [f"{margin}{key}:", *written(value, indent + 2, indented=indented)]
        elif isinstance(value, list) and value:
            lines.append(f"{margin}{key}:")
            dash = indent + (2 if indented else 0)
            for item in value:
                inner = (
                    written(item, dash + 2, indented=indented) if isinstance(item, dict) else [" " * dash + f"  {item}"]
                )
                lines += [f"{' ' * dash}- {inner[0][dash + 2 :]}", *inner[1:]]
        elif isinstance(value, str) and "\n" in value:
            lines += [f"{margin}{key}: |", *(f"{margin}  {line}" for line in value.splitlines())]
        else:
            flow = yaml.safe_dump(value, default_flow_style=True, width=10**6).removesuffix("\n...\n").strip()
            lines.append(f"{margin}{key}: {flow}")
    return lines


def text(lines: list[str]) -> str:
    """The text of lines."""
    return "".join(f"{line}\n" for line in lines)


@st.composite
def commented(draw: st.DrawFn, lines: list[str], whose: str) -> list[str]:
    """The lines with comments above or after some of them."""
    lines = list(lines)
    for number in draw(st.lists(st.integers(0, len(lines) - 1), max_size=3)):
        indent = len(lines[number]) - len(lines[number].lstrip())
        inside = lines[number].lstrip().startswith(("two", "#"))
        if draw(st.booleans()):
            before = number - inside - lines[number].lstrip().startswith("# lines")
            lines.insert(before, f"{' ' * (indent + draw(st.sampled_from([-2, 0, 2])))}# {whose} {number}")
        elif not inside and not lines[number].endswith("|"):
            lines[number] += f"  # {whose} {number}"
    return lines


DATA = st.builds(lambda models, rest: {"name": "all", "models": models, **rest}, values("models"), fields())


def loaded(content: str | bytes) -> Any:
    """The data of a text, with lists of named things unordered and other lists ordered."""

    def unordered(value: Any, kind: str = "") -> Any:
        if isinstance(value, dict):
            return {key: unordered(inner, key) for key, inner in value.items()}
        if isinstance(value, list) and kind in ("columns", "models", "data_tests", "tags"):
            return {named(kind, item): unordered(item) for item in value}
        return value

    return unordered(yaml.safe_load(content))


@often
@given(st.data(), DATA, st.booleans())
def test_a_merge_by_keys_means_what_a_merge_of_the_data_means(data, base, indented):
    """A conflict in one is a conflict in the other, with the sides swapped too."""
    ours, theirs = data.draw(changed(base)), data.draw(changed(base))
    sides = [text(written(base)), text(written(ours, indented=indented)), text(written(theirs))]
    b, o, t = (side.encode() for side in sides)
    try:
        expected = merge(base, ours, theirs, "")
    except Conflict:
        expected = None
    results = merge_keyed(b, o, t), merge_keyed(b, t, o)
    for result in results:
        assert (result and loaded(result)) == (expected and loaded(text(written(expected))))


@often
@given(st.data(), DATA)
def test_a_merge_by_keys_keeps_every_comment_and_every_line(data, base):
    """With comments and reordered keys there are more conflicts, but never a different result."""
    ours, theirs = data.draw(changed(base)), data.draw(changed(base))
    if data.draw(st.booleans()):
        ours = dict(reversed(ours.items()))
    old = written(base)
    us = data.draw(commented(written(ours), "ours"))
    them = data.draw(commented(written(theirs), "theirs"))
    sides = [text(lines).encode() for lines in (old, us, them)]
    result = merge_keyed(*sides)
    assert (result is None) is (merge_keyed(sides[0], sides[2], sides[1]) is None)
    if result is not None:
        # A comment below a block of text belongs to that text.
        meant = [yaml.safe_load(side) for side in sides]
        assert loaded(result) == loaded(text(written(merge(*meant, ""))))
        comments = Counter(line.partition("# ")[2] for line in us + them if "# ours" in line or "# theirs" in line)
        assert not comments - Counter(line.partition("# ")[2] for line in result.decode().splitlines())


@given(st.data(), DATA)
def test_what_is_merged_without_a_conflict_is_sound(data, base):
    """Whether git merged it by lines or we merged it by keys."""
    ours, theirs = data.draw(changed(base)), data.draw(changed(base))
    sides = [text(written(side)).encode() for side in (base, ours, theirs)]
    if len(set(sides)) < 3:
        return
    content, unclear = merge_texts("a.yml", *sides)
    assert unclear is (b"<<<<<<< yours" in content)
    assert unclear or is_sound(content)
