"""The three-way merge of YAML by its keys, for false conflicts of the merge by lines.

If both sides add to a list of named things or to a mapping, they do not contradict each other. If they may contradict
each other, because both change a value or one side deletes what the other changes, there is no merge.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Any

from platform_new.merge.blocks import Block, Entry, Lines, entries_of
from platform_new.merge.nodes import Unreadable, read

SETTINGS = ("config", "meta", "vars")
"""Mappings of independent settings: if both sides add one with the same name, the merge has the keys of both."""
EMPTY = ([], {}, ("", True), ("null", True), ("~", True))
"""Empty values of a key."""


class Unclear(Exception):
    """The result of the merge is ambiguous."""


def merge_keyed(base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """The merged text: the lines of ours with the changes of theirs since base; None if the result is ambiguous."""
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
    """Whether the text is YAML without duplicate keys and without duplicate names in lists."""
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
    """The lines without indentation and dashes."""
    return Counter(line.strip().removeprefix("- ").strip() for line in text.split("\n") if line.strip())


def _merge_blocks(base: Block | None, ours: Block, theirs: Block) -> tuple[Lines, Any]:
    """The lines, indented as in ours, and the data that they must parse to."""
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
    """The merged entry; None if it is deleted. With `starts_empty`, additions of both sides merge as from empty."""
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
    """Merge comments, or the line of a key."""
    if _stripped(base) == _stripped(theirs) or _stripped(ours) == _stripped(theirs):
        return ours
    if _stripped(base) == _stripped(ours):
        return _moved(theirs, shift)
    raise Unclear


def _both_renamed(old: Collection[str], ours: Collection[str], theirs: Collection[str]) -> bool:
    """Whether both sides may have renamed the same thing: it is gone on both, and each has a new one."""
    gone = set(old) - set(ours) - set(theirs)
    return bool(gone and set(ours) - set(old) - set(theirs) and set(theirs) - set(old) - set(ours))


def _order(old: Sequence[str], ours: Sequence[str], theirs: Sequence[str], present: Collection[str]) -> list[str]:
    """The names in the order of the side that changed it; a name of the other side keeps its predecessor."""
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


def _same(left: Entry, right: Entry) -> bool:
    """Whether two entries have the same data and text, apart from indentation."""
    return left.data == right.data and _stripped(left.lines) == _stripped(right.lines)


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
    """The lines with more indentation, or with less as far as they have it."""
    if by >= 0:
        return tuple(" " * by + line if line else line for line in lines)
    return tuple(line[min(-by, len(line) - len(line.lstrip(" "))) :] for line in lines)
