"""A YAML text as nodes with their positions, and with the identities of list items."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ODD_BREAKS = re.compile("[\r\x85\u2028\u2029\ufeff]")
"""Characters that YAML or a parser treats as line breaks or ignores; lines are counted by `\\n` alone."""

IDENTITY = {
    # dbt addresses each of these by name and ignores their order.
    **dict.fromkeys(("sources", "tables", "models", "seeds", "snapshots", "columns", "exposures", "macros"), "name"),
    **dict.fromkeys(("unit_tests", "groups", "metrics", "semantic_models", "entities", "dimensions"), "name"),
    **dict.fromkeys(("measures", "saved_queries"), "name"),
    "given": "input",
    # ODCS: objects and their properties have names; the other lists have one item for each subject.
    **dict.fromkeys(("schema", "properties"), "name"),
    **dict.fromkeys(("slaProperties", "customProperties"), "property"),
    "servers": "server",
    "support": "channel",
    "members": "username",
    "quality": "metric",
    "relationships": "to",
}
"""The identity of list items, by the key of the list, for lists whose order has no meaning.

A list under another key is a single value: steps and arguments run in order, and the columns of a key are ordered.
"""
TESTS = ("data_tests", "tests")
"""Lists of tests: strings, or mappings with a single key. A list that repeats a test is a single value."""
SETS = ("tags", "depends_on")
"""Lists of strings that are used as sets."""


class Unreadable(Exception):
    """The text is not YAML, or has a duplicate key or name."""


@dataclass
class Node:
    """A value: its position (from 0) and its data, in which scalars are texts marked as plain or quoted.

    `children` are the values of a block mapping, or the items of a block list, by their identities.
    """

    line: int
    column: int
    data: Any
    children: dict[str, Node] | None = None
    keys: list[Node] = field(default_factory=list)

    @property
    def is_list(self) -> bool:
        """Whether it is a list."""
        return isinstance(self.data, list)


@dataclass(frozen=True)
class Document:
    """A YAML text as nodes: the data of all documents, and the root of the first.

    `plain` means a single document without anchors, merge keys, tags and directives, so that a line keeps its meaning
    when it moves.
    """

    data: list[Any]
    lines: tuple[str, ...]
    root: Node
    plain: bool


def read(text: str) -> Document:
    """Parse a text whose lines end with `\\n`. Raises `Unreadable`."""
    if ODD_BREAKS.search(text):
        raise Unreadable
    reader = _Reader(text)
    try:
        roots = reader.documents()
    except (yaml.YAMLError, RecursionError) as error:
        raise Unreadable from error
    lines = tuple(text.removesuffix("\n").split("\n"))
    root = roots[0] if roots else Node(0, 0, None)
    plain = reader.plain and len(roots) == 1
    return Document([each.data for each in roots], lines, root, plain)


class _Reader:
    """Turns parser events into nodes; for `plain` see `Document`."""

    def __init__(self, text: str):
        self.events: Iterator[Any] = yaml.parse(text, Loader=LOADER)
        self.plain = True

    def documents(self) -> list[Node]:
        found = []
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                # Text between a directive and its document belongs to no entry.
                self.plain = self.plain and not event.version and not event.tags
                found.append(self._node(next(self.events), ""))
            elif isinstance(event, yaml.DocumentEndEvent):
                self.plain = self.plain and not event.explicit
        return found

    def _node(self, event: Any, under: str) -> Node:
        line, column = event.start_mark.line, event.start_mark.column
        if isinstance(event, yaml.AliasEvent):
            self.plain = False
            return Node(line, column, ("alias", event.anchor))
        if event.anchor is not None or event.tag is not None:
            self.plain = False
        if isinstance(event, yaml.ScalarEvent):
            return Node(line, column, (event.value, event.implicit[0]))
        if isinstance(event, yaml.MappingStartEvent):
            return self._map(line, column, block=not event.flow_style)
        return self._list(line, column, under, block=not event.flow_style)

    def _map(self, line: int, column: int, *, block: bool) -> Node:
        data: dict[Any, Any] = {}
        children, keys = {}, []
        while not isinstance(event := next(self.events), yaml.MappingEndEvent):
            key = self._node(event, "")
            name = key.data[0] if isinstance(key.data, tuple) else str(key.data)
            if name == "<<":
                self.plain = False
            elif name in data:
                raise Unreadable
            children[name] = self._node(next(self.events), name)
            data[name] = children[name].data
            keys.append(key)
        return Node(line, column, data, children if block else None, keys)

    def _list(self, line: int, column: int, under: str, *, block: bool) -> Node:
        items = []
        while not isinstance(event := next(self.events), yaml.SequenceEndEvent):
            items.append(self._node(event, ""))
        data = [item.data for item in items]
        names = [_identity(each, under) for each in data]
        are_distinct = None not in names and len(set(names)) == len(names)
        if IDENTITY.get(under) == "name" and None not in names and not are_distinct:
            raise Unreadable
        children = dict(zip(names, items, strict=True)) if block and are_distinct else None
        return Node(line, column, data, children)


def _identity(item: Any, under: str) -> str | None:
    """The identity of an item in a list under this key; None if it has none."""
    if isinstance(item, tuple):
        return item[0] if under in (*TESTS, *SETS) else None
    if not isinstance(item, dict):
        return None
    if under in TESTS:
        return next(iter(item)) if len(item) == 1 else None
    name = item.get(IDENTITY.get(under, ""))
    return name[0] if isinstance(name, tuple) else None
