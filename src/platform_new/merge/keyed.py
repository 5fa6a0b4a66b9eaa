"""The three-way merge of YAML by its keys, for where a merge by lines finds a conflict that is none.

Two who add something to one list of named things, or to one map, do not contradict each other. Where they may, where
the same value was changed by both, or one deleted what the other changed, there is no merge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from platform_new.merge.blocks import Block, Entry, Lines, entries_of
from platform_new.merge.nodes import Unreadable, read

SETTINGS = ("config", "meta", "vars")
"""Maps of which each key is a setting by itself: two that were added under one name are one with the keys of both."""
EMPTY = ([], {}, ("", True), ("null", True), ("~", True))
"""What a key may have as its value that has nothing in it yet."""


class Unclear(Exception):
    """What is to become of the text is in doubt."""


def merge_keyed(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The merged text: the lines of ours with what theirs changed since base; None where there is any doubt."""
    crlf = b"\r\n" in ours
    try:
        b, o, t = (_decoded(text, crlf=crlf) for text in (base, ours, theirs))
        blocks = [entries_of(read(text)) for text in (b, o, t)]
        if None in blocks:
            return None
        lines, data = _merge_blocks(*blocks)
        ends = t if o.endswith("\n") == b.endswith("\n") else o
        merged = "\n".join(lines) + ("\n" if ends.endswith("\n") else "")
        if read(merged).data != [data]:
            return None
    except (UnicodeDecodeError, RecursionError, Unreadable, Unclear):
        return None
    present = _counted(merged)
    if any(_counted(side) - _counted(b) - present for side in (o, t)):
        return None
    return (merged.replace("\n", "\r\n") if crlf else merged).encode()


def is_sound(text: bytes) -> bool:
    """Whether it is YAML in which no key and no named thing of a list is there twice."""
    try:
        read(text.decode().replace("\r\n", "\n"))
    except (UnicodeDecodeError, Unreadable):
        return False
    return True


def _decoded(text: bytes, *, crlf: bool) -> str:
    if not crlf:
        return text.decode()
    if text.count(b"\r\n") != text.count(b"\n"):
        raise Unclear
    return text.decode().replace("\r\n", "\n")


def _counted(text: str) -> Counter[str]:
    """The lines, wherever they stand: what is first in an item has a dash."""
    return Counter(line.strip().removeprefix("- ").strip() for line in text.split("\n") if line.strip())


def _merge_blocks(base: Block | None, ours: Block, theirs: Block) -> tuple[Lines, Any]:
    """The lines, in the column of ours, and the data that they have to mean."""
    if ours.is_list != theirs.is_list or (base and base.is_list != ours.is_list):
        raise Unclear
    old = base.entries if base else {}
    if _both_renamed(old.keys(), ours.entries.keys(), theirs.entries.keys()):
        raise Unclear
    shift = ours.column - theirs.column
    merged: dict[str, Entry] = {}
    for name in old | ours.entries | theirs.entries:
        sides = old.get(name), ours.entries.get(name), theirs.entries.get(name)
        starts_empty = not ours.is_list and (name in SETTINGS or _is_list(sides[1]))
        if entry := _merge_entries(*sides, shift, starts_empty=starts_empty):
            merged[name] = entry
    order = _order(list(old), list(ours.entries), list(theirs.entries), merged)
    lines: list[str] = []
    for name in order:
        lines += merged[name].lead
        lines += _dashed(merged[name], ours.column) if ours.is_list else merged[name].head + merged[name].rest
    lines += _merge_lines(base.tail if base else (), ours.tail, theirs.tail, shift)
    data = {name: merged[name].data for name in order}
    return tuple(lines), list(data.values()) if ours.is_list else data


def _merge_entries(
    base: Entry | None, ours: Entry | None, theirs: Entry | None, shift: int, *, starts_empty: bool
) -> Entry | None:
    """The merged entry; None if it is deleted. `starts_empty`: what both added is merged as if it had been empty."""
    if ours is None or theirs is None:
        left = ours or (theirs and _shifted(theirs, shift))
        if base is None or left is None:
            return left
        if not _same(base, left):
            raise Unclear
        return None
    if (base and _same(base, theirs)) or _same(ours, theirs):
        return ours
    if base and _same(base, ours):
        return _shifted(theirs, shift)
    if base is None or base.data in EMPTY:
        base = Entry((), (), (), None) if starts_empty else None
    elif base.block is None:
        base = None
    if base is None or ours.block is None or theirs.block is None:
        raise Unclear
    rest, data = _merge_blocks(base.block, ours.block, theirs.block)
    lead = _merge_lines(base.lead, ours.lead, theirs.lead, shift)
    return Entry(lead, _merge_lines(base.head, ours.head, theirs.head, shift), rest, data)


def _is_list(entry: Entry | None) -> bool:
    return entry is not None and entry.block is not None and entry.block.is_list


def _merge_lines(base: Lines, ours: Lines, theirs: Lines, shift: int) -> Lines:
    """Comments, or the line of a key."""
    if _stripped(base) == _stripped(theirs) or _stripped(ours) == _stripped(theirs):
        return ours
    if _stripped(base) == _stripped(ours):
        return _moved(theirs, shift)
    raise Unclear


def _both_renamed(old: Collection[str], ours: Collection[str], theirs: Collection[str]) -> bool:
    """Whether both may have given a new name to one thing: it is gone on both sides, and each has something new."""
    gone = set(old) - set(ours) - set(theirs)
    return bool(gone and set(ours) - set(old) - set(theirs) and set(theirs) - set(old) - set(ours))


def _order(old: Sequence[str], ours: Sequence[str], theirs: Sequence[str], present: Collection[str]) -> list[str]:
    """The names in the order of the side that changed it; what only the other has follows what it follows there."""
    kept = set(old) & set(ours) & set(theirs)
    before, by_us, by_them = ([name for name in names if name in kept] for names in (old, ours, theirs))
    if by_us != before and by_them not in (before, by_us):
        raise Unclear
    first, second = (theirs, ours) if by_us == before != by_them else (ours, theirs)
    order = [name for name in first if name in present]
    for place, name in enumerate(second):
        if name in present and name not in order:
            above = next((other for other in reversed(second[:place]) if other in order), None)
            order.insert(order.index(above) + 1 if above is not None else 0, name)
    return order


def _same(one: Entry, other: Entry) -> bool:
    """Whether two entries mean the same and are written alike, wherever they stand."""
    return one.data == other.data and _stripped(one.lines) == _stripped(other.lines)


def _stripped(lines: Lines) -> list[str]:
    return [line.strip() for line in lines if line.strip()]


def _dashed(entry: Entry, column: int) -> Lines:
    """The lines of an item, with its dash."""
    first, *others = entry.rest
    if first[: column + 2].strip() or first.lstrip().startswith("#"):
        raise Unclear
    return f"{first[:column]}-{first[column + 1 :]}", *others


def _shifted(entry: Entry, by: int) -> Entry:
    return Entry(_moved(entry.lead, by), _moved(entry.head, by), _moved(entry.rest, by), entry.data)


def _moved(lines: Lines, by: int) -> Lines:
    """The lines, further to the right, or to the left as far as they are empty there."""
    if by >= 0:
        return tuple(" " * by + line if line else line for line in lines)
    return tuple(line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in lines)
