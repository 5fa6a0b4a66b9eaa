"""A YAML text as the lines of its entries, which a merge by keys takes, moves and combines.

Lines are copied from the texts and never rewritten, so that comments, quotes and line breaks stay unchanged.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

from platform_new.merge.nodes import Document, Node

Lines = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A key with its value, or an item of a list.

    `lead` has the comments and empty lines above it; `head` is the line of a key whose value is below it; `rest` has
    all other lines, for an item without its dash. `block` has the entries in `rest`, if it can be merged by entries.
    """

    lead: Lines
    head: Lines
    rest: Lines
    data: Any
    block: Block | None = None

    @property
    def lines(self) -> Lines:
        """All lines."""
        return self.lead + self.head + self.rest


@dataclass(frozen=True)
class Block:
    """The entries of a mapping or list by identity, and the comments below the last entry."""

    column: int
    is_list: bool
    entries: dict[str, Entry]
    tail: Lines


def entries_of(document: Document) -> Block | None:
    """The entries of a text of keys and values; None if their lines cannot be separated."""
    if not document.plain:
        return None
    block = _block(document.root, document.lines, 0, len(document.lines))
    return None if block is None or block.is_list else block


def _block(node: Node, lines: Lines, first: int, end: int) -> Block | None:
    """The entries of a value in the lines from `first` to `end`; None if the value can only be taken as a whole."""
    if not node.children:
        return None
    starts = node.children.values() if node.is_list else node.keys
    if any(_text_before(lines[start.line], node.column) for start in starts):
        return None
    if node.is_list and any(lines[start.line][node.column : node.column + 2] not in ("-", "- ") for start in starts):
        return None
    if not node.is_list and any(start.column != node.column for start in starts):
        return None

    def is_comment(number: int) -> bool:
        # The lines of a block scalar are indented more than its key, whatever they begin with.
        text = lines[number].lstrip(" ")
        return not text or (text.startswith("#") and len(lines[number]) - len(text) <= node.column)

    places = [start.line for start in starts]
    leads, bottom = [first], end
    for before, place in itertools.pairwise(places):
        lead = place
        while lead - 1 > before and is_comment(lead - 1):
            lead -= 1
        leads.append(lead)
    while bottom - 1 > places[-1] and is_comment(bottom - 1):
        bottom -= 1
    entries = {}
    for (name, child), lead, place, until in zip(
        node.children.items(), leads, places, [*leads[1:], bottom], strict=True
    ):
        entries[name] = _entry(node, child, lines, (lead, place, until))
    return Block(node.column, node.is_list, entries, lines[bottom:end])


def _entry(parent: Node, child: Node, lines: Lines, place: tuple[int, int, int]) -> Entry:
    lead, start, end = place
    if parent.is_list:
        # The first key of an item shares its line with the dash.
        undashed = lines[start][: parent.column] + " " + lines[start][parent.column + 1 :]
        lines, first = (*lines[:start], undashed, *lines[start + 1 :]), start
        head = ()
    else:
        first, head = start + 1, lines[start : start + 1]
    block = _block(child, lines, first, end) if child.line >= first else None
    head = head if block else ()
    rest = lines[start + len(head) : end]
    return Entry(lines[lead:start], head, rest, child.data, block)


def _text_before(line: str, column: int) -> bool:
    return bool(line[:column].strip(" "))
