"""An editor of YAML texts that keeps every byte outside of an edit: comments, order, quotes, line endings.

It changes the text at positions from the parser. The caller must check the resulting data: a value that is written
once and used twice (an alias) cannot be changed in only one place.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from platform_new.documents.document import LOADER
from platform_new.errors import Problem, Refused
from platform_new.spec.yaml_text import field_lines, flow_text

Path = tuple[str | int, ...]
"""A place in a text, such as `("tables", "orders", "columns", "status", "type")`.

In a list, a string selects the item with that `name`, and a number the item at that position.
"""
BOM = "\ufeff"


class YamlText:
    """A YAML text that can be edited by the paths of its values. `text` is the current text.

    Raises `Refused` if the text is not YAML, and `KeyError` for a path that does not exist.
    """

    def __init__(self, text: str, file: str, within: Path = ()):
        self.file = file
        # The text may be that of one list item; paths still start at the root of the whole text.
        self._within = within
        self._bom = BOM if text.startswith(BOM) else ""
        text = text.removeprefix(BOM)
        self._crlf = "\n" in text and text.count("\n") == text.count("\r\n")
        self._put(text.replace("\r\n", "\n") if self._crlf else text)

    @property
    def text(self) -> str:
        """The current text, with its original line endings."""
        return self._bom + (self._text.replace("\n", "\r\n") if self._crlf else self._text)

    def has(self, path: Path) -> bool:
        """Whether the path has a value."""
        try:
            self._node(path)
        except KeyError:
            return False
        return True

    def comment(self, path: Path) -> str:
        """The comment after the value, without its `#`; empty if there is none."""
        end = self._end(self._node(path))
        return self._text[end : self._line_end(end)].strip().lstrip("#").strip()

    def set_comment(self, path: Path, comment: str) -> None:
        """Set the comment after the value, replacing an existing comment."""
        end = self._end(self._node(path))
        rest = self._text[end : self._line_end(end)].rstrip("\n")
        before = rest[: len(rest) - len(rest.lstrip())] or "  "
        self._splice(end, end + len(rest), f"{before}# {comment}" if comment else "")

    def set(self, path: Path, value: Any, order: Sequence[str] = ()) -> None:
        """Set the value of the key or item at the path; a comment after it stays.

        A new key is inserted after the last existing key that precedes it in `order`.
        """
        holder = self._node(path[:-1])
        key = self._key(holder, path[-1])
        if key is None:
            margin = self._margin(holder)
            lines = [line[margin:] for line in field_lines(str(path[-1]), value, margin)]
            self._add(holder, str(path[-1]), lines, flow_text(value), order)
        elif holder.flow_style or isinstance(holder, yaml.SequenceNode):
            node = self._node(path)
            self._splice(node.start_mark.index, self._end(node), self._quoted_as(node, value, flow_text(value)))
        else:
            self._replace(key, self._node(path), value)

    def add(self, path: Path, lines: Sequence[str], flow: str, order: Sequence[str], *, apart: bool = False) -> None:
        """Add a missing key as `set` does, with the given lines: starting in the first column, the key's line first.

        `flow` is the value for a flow mapping; with `apart`, an empty line precedes the lines.
        """
        self._add(self._node(path[:-1]), str(path[-1]), [*([""] if apart else []), *lines], flow, order)

    def remove(self, path: Path) -> None:
        """Remove the key or the item, with its comments."""
        holder, node = self._node(path[:-1]), self._node(path)
        if holder.flow_style:
            self._cut_from_brackets(holder, node)
        elif isinstance(holder, yaml.SequenceNode):
            self._cut_lines(*self._item(holder, self._children(holder).index(node)))
        else:
            key = self._key(holder, path[-1])
            assert key is not None
            # The first key of an item shares its line with the dash; the next key takes its place there.
            start, alone = self._line_start(key.start_mark.index), not self._before(key)
            end = self._line_end(self._end(node))
            if alone and end == len(self._text):
                self._cut_lines(start, end)
                return
            self._splice(start if alone else key.start_mark.index, end if alone else self._skip_blanks(end), "")

    def insert(self, path: Path, position: int, lines: Sequence[str], flow: str = "", *, apart: bool = False) -> None:
        """Insert an item into the list at the path, at the given position.

        `lines` are the lines of the item, with its dash in the first column; `flow` is the item for a flow sequence.
        An empty line separates the item if one separates the others; `apart` decides for a list with a single item.
        """
        holder = self._node(path)
        children = self._children(holder)
        if holder.flow_style:
            end = self._end(children[position - 1]) if position else holder.start_mark.index + 1
            self._splice(end, end, f", {flow}" if position else f"{flow}, " if children else flow)
            return
        margin = " " * self._column(holder.start_mark.index)
        items = [self._item(holder, number) for number in range(len(children))]
        gaps = [self._text[before[1] : after[0]] for before, after in itertools.pairwise(items)]
        gap = "\n" if (any(gaps) if gaps else apart) else ""
        block = "".join(f"{margin}{line}\n" if line else "\n" for line in lines)
        if position:
            self._splice(items[position - 1][1], items[position - 1][1], gap + block)
        else:
            self._splice(items[0][0], items[0][0], block + gap)

    def edit_items(self, path: Path, edits: Mapping[str, Callable[[YamlText], None]]) -> None:
        """Edit items of the list at the path separately: the cost depends on their lines, not on the whole text."""
        holder = self._node(path)
        names = [_name(item) for item in self._children(holder)]
        parts = []
        for name, edit in edits.items():
            start, end = self._item(holder, names.index(name))
            part = YamlText(self._text[start:end], self.file, (*path, name))
            edit(part)
            parts.append((start, end, part._text))
        text = self._text
        for start, end, new in sorted(parts, reverse=True):
            text = text[:start] + new + text[end:]
        self._put(text)

    def is_in_lines(self, path: Path) -> bool:
        """Whether the list at the path is in block style, not in flow style."""
        return not self._node(path).flow_style

    def _put(self, text: str) -> None:
        self._text = text
        try:
            self._root = yaml.compose(text, Loader=LOADER)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            hint = "fix it by hand, and check it with `platform-new plan`"
            raise Refused(Problem("this is not YAML", hint, self.file, mark.line + 1 if mark else None)) from None

    def _splice(self, start: int, end: int, text: str) -> None:
        if start == len(self._text) and self._text and not self._text.endswith("\n"):
            text = f"\n{text}"
        self._put(self._text[:start] + text + self._text[end:])

    def _node(self, path: Path) -> yaml.Node:
        node = self._root.value[0] if self._within else self._root
        for number, step in enumerate(path[len(self._within) :]):
            if isinstance(node, yaml.MappingNode):
                found = next((value for key, value in node.value if key.value == step), None)
            elif isinstance(node, yaml.SequenceNode) and isinstance(step, int):
                found = node.value[step] if step < len(node.value) else None
            else:
                found = next((item for item in self._children(node) if _name(item) == step), None)
            if found is None:
                raise KeyError(path[: number + 1])
            node = found
        if node is None:
            raise KeyError(path)
        return node

    def _children(self, node: yaml.Node | None) -> list[yaml.Node]:
        return node.value if isinstance(node, yaml.SequenceNode) else []

    def _key(self, holder: yaml.Node, step: str | int) -> yaml.Node | None:
        """The first node of the entry: the key in a mapping, the item in a list."""
        if isinstance(holder, yaml.MappingNode):
            return next((key for key, _ in holder.value if key.value == step), None)
        return next((item for place, item in enumerate(self._children(holder)) if step in (place, _name(item))), None)

    def _add(self, holder: yaml.Node, name: str, lines: Sequence[str], flow: str, order: Sequence[str]) -> None:
        before = set(order[: order.index(name)]) if name in order else set()
        last = next((pair for pair in reversed(holder.value) if pair[0].value in before), holder.value[-1])
        end = self._end(last[1])
        if holder.flow_style:
            self._splice(end, end, f", {name}: {flow}")
            return
        margin = " " * self._margin(holder)
        block = "".join(f"{margin}{line}\n" if line else "\n" for line in lines)
        self._splice(self._line_end(end), self._line_end(end), block)

    def _margin(self, holder: yaml.Node) -> int:
        """The column in which the keys of a mapping start."""
        return self._column(holder.value[0][0].start_mark.index)

    def _replace(self, key: yaml.Node, node: yaml.Node, value: Any) -> None:
        start, end = node.start_mark.index, self._end(node)
        margin = self._column(key.start_mark.index)
        lines = list(field_lines(key.value, value, margin))
        if isinstance(node, yaml.SequenceNode) and not node.flow_style and isinstance(value, tuple):
            lines = [f"{' ' * margin}{key.value}:", *(f"{' ' * margin}  - {flow_text(item)}" for item in value)]
        if len(lines) == 1 and "\n" not in self._text[key.start_mark.index : end]:
            new = self._quoted_as(node, value, lines[0].partition(": ")[2])
            self._splice(start, end, new if start > self._text.index(":", key.end_mark.index) + 1 else f" {new}")
            return
        if "\n" in self._text[start:end]:
            # A comment after the last of several lines is about that line.
            end = self._line_end(end) - (self._text[self._line_end(end) - 1 : self._line_end(end)] == "\n")
        else:
            rest = self._text[end : self._line_end(end)].rstrip("\n")
            lines[0], end = lines[0] + rest.rstrip(), end + len(rest)
        self._splice(key.start_mark.index, end, "\n".join(lines)[margin:])

    def _quoted_as(self, node: yaml.Node, value: Any, text: str) -> str:
        """The text of a value, in the same quotes as the previous value."""
        style = node.style if isinstance(node, yaml.ScalarNode) else None
        if not isinstance(value, str) or style not in ("'", '"') or text.startswith('"') or not value.isprintable():
            return text
        return f'"{value}"' if style == '"' else "'" + value.replace("'", "''") + "'"

    def _cut_from_brackets(self, holder: yaml.Node, node: yaml.Node) -> None:
        entries = list(_entries(holder))
        place = next(place for place, (_, value) in enumerate(entries) if value is node)
        if place:
            self._splice(self._end(entries[place - 1][1]), self._end(node), "")
        else:
            following = entries[1][0].start_mark.index if entries[1:] else self._end(node)
            self._splice(entries[0][0].start_mark.index, following, "")

    def _cut_lines(self, start: int, end: int) -> None:
        """Cut lines, and the empty lines that separate them."""
        above = start
        while self._text[:above].endswith("\n\n") or (above and self._blank(self._line_start(above - 1))):
            above = self._line_start(above - 1)
        self._splice(above, end if above < start else self._skip_empty_lines(end), "")

    def _item(self, holder: yaml.Node, number: int) -> tuple[int, int]:
        """The start and end of an item's lines: with the comments above it, and indented comments below it."""
        node, column = holder.value[number], self._column(holder.start_mark.index)
        dash = self._text.rindex("-", 0, node.start_mark.index + 1)
        start = self._line_start(dash)
        while start and self._comment_column(self._line_start(start - 1)) == column:
            start = self._line_start(start - 1)
        end = below = self._line_end(max(self._end(node), dash + 1))
        while below < len(self._text):
            indent = self._comment_column(below)
            if indent is None and not self._blank(below):
                break
            below = self._line_end(below)
            if indent is not None and indent <= column:
                break
            if indent is not None:
                end = below
        return start, end

    def _end(self, node: yaml.Node) -> int:
        """The end of a value's text, without comments and empty lines after it."""
        if isinstance(node, yaml.CollectionNode) and not node.flow_style and node.value:
            return self._end(list(_entries(node))[-1][1])
        end = node.end_mark.index
        many_lines = isinstance(node, yaml.ScalarNode) and node.style in ("|", ">")
        return len(self._text[:end].rstrip()) if many_lines else end

    def _line_start(self, index: int) -> int:
        return self._text.rfind("\n", 0, index) + 1

    def _line_end(self, index: int) -> int:
        """The start of the next line."""
        end = self._text.find("\n", index)
        return len(self._text) if end < 0 else end + 1

    def _column(self, index: int) -> int:
        return index - self._line_start(index)

    def _before(self, node: yaml.Node) -> str:
        """The text before a node in its line."""
        return self._text[self._line_start(node.start_mark.index) : node.start_mark.index].strip()

    def _blank(self, start: int) -> bool:
        return start < len(self._text) and not self._text[start : self._line_end(start)].strip()

    def _skip_blanks(self, index: int) -> int:
        return index + len(re.match(r"[ ]*", self._text[index:])[0])

    def _skip_empty_lines(self, index: int) -> int:
        while self._blank(index):
            index = self._line_end(index)
        return index

    def _comment_column(self, start: int) -> int | None:
        """The column of a comment on its own line; None if the line is not a comment."""
        line = self._text[start : self._line_end(start)]
        return len(line) - len(line.lstrip()) if line.lstrip().startswith("#") else None


def _entries(node: yaml.Node) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The first node and the value of each entry of a mapping or list."""
    for entry in node.value:
        yield entry if isinstance(entry, tuple) else (entry, entry)


def _name(item: yaml.Node) -> Any:
    """The `name` of a list item, or None."""
    pairs = item.value if isinstance(item, yaml.MappingNode) else ()
    return next((value.value for key, value in pairs if key.value == "name"), None)
