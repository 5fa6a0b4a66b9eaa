"""A YAML file as plain data that knows the line of each key and value.

It is parsed with PyYAML, like the ingestion of a generated repository, so that both see the same values.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import yaml

from platform_new.documents.secrets import holds_password, masked
from platform_new.errors import Problem

Path = tuple[str | int, ...]
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MERGE = "tag:yaml.org,2002:merge"
SCALARS = {f"tag:yaml.org,2002:{name}" for name in ("null", "bool", "int", "float")}


@dataclass
class Document:
    """A file's data, the lines (from 1) of its keys and values by path, and its problems.

    `broken` are the paths whose values already have a reported problem; no further problems are reported for them.
    """

    file: str
    data: Any = None
    keys: dict[Path, int] = field(default_factory=dict)
    values: dict[Path, int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    broken: set[Path] = field(default_factory=set)

    def known(self, path: Path) -> Path:
        """The longest prefix of the path that is in the file."""
        while path and path not in self.values:
            path = path[:-1]
        return path

    def line(self, path: Path, *, of_key: bool = False) -> int | None:
        """The line of the value (or its key) at the path, or of its nearest existing parent."""
        path = self.known(path)
        return (self.keys.get(path) if of_key else None) or self.values.get(path)

    def part(self, path: Path) -> Document:
        """The part of the document at the path, as a document with the same line numbers."""
        data = self.data
        for step in path:
            data = data[step]
        below = len(path)
        keys = {key[below:]: line for key, line in self.keys.items() if key[:below] == path}
        values = {key[below:]: line for key, line in self.values.items() if key[:below] == path}
        return Document(self.file, data, keys, values)

    def is_broken(self, path: Path) -> bool:
        """Whether a value at, above or below the path already has a reported problem."""
        return any(path[: len(other)] == other[: len(path)] for other in self.broken)

    def problem(self, path: Path, reason: str, hint: str = "", value: Any = None, *, of_key: bool = False) -> Problem:
        """A problem at the path."""
        return Problem(reason, hint, self.file, self.line(path, of_key=of_key), shown(value))


def shown(value: Any, limit: int = 80) -> str:
    """A value for display in a message: a single short line, without passwords."""
    if value is None:
        return ""
    text = masked(value) if isinstance(value, str) else str(value)
    text = "".join(character if character.isprintable() else " " for character in text)
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def read_document(
    text: str, file: str, *, when_empty: str = "see `platform-new schema` for its keys", examples: bool = False
) -> Document:
    """Parse a YAML text. Its problems are in the document's `problems`; with problems, the data may be incomplete.

    A password is a problem, unless the file contains `examples` with made-up passwords.
    """
    document = Document(file)
    try:
        node = yaml.compose(text, Loader=LOADER)
    except yaml.YAMLError as error:
        document.problems.append(_syntax(error, text, file))
        return document
    if node is None:
        document.problems.append(Problem("the file is empty", when_empty, file))
        return document
    document.data = _Reader(document, examples).read(node, (), ())
    if not isinstance(document.data, dict):
        document.problems.append(
            Problem("the file has to consist of keys and values", "begin it with `name: …`", file, 1)
        )
        document.data = None
    return document


class _Reader:
    """Turns nodes into data, and records lines and problems in the document."""

    def __init__(self, document: Document, examples: bool):
        self.document = document
        self.examples = examples
        self.loader = LOADER("")

    def read(self, node: yaml.Node, path: Path, within: tuple[int, ...]) -> Any:
        self.document.values[path] = node.start_mark.line + 1
        if id(node) in within:
            self._complain(path, "the value contains itself", "write it out instead of using an alias (`*…`)")
            return None
        within = (*within, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, within)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(item, (*path, index), within) for index, item in enumerate(node.value)]
        return self._scalar(node, path)

    def _mapping(self, node: yaml.MappingNode, path: Path, within: tuple[int, ...]) -> dict[str, Any]:
        merged: dict[str, Any] = {}
        data: dict[str, Any] = {}
        for key, value in node.value:
            if key.tag == MERGE:
                for part in self._merged(value):
                    merged = (
                        {**self._mapping(part, path, (*within, id(part))), **merged}
                        if id(part) not in within
                        else merged
                    )
                continue
            if not isinstance(key, yaml.ScalarNode):
                self._complain(path, "a key has to be text", line=key.start_mark.line + 1)
                continue
            name, line = key.value, key.start_mark.line + 1
            if name in data:
                first = self.document.keys[(*path, name)]
                self._complain(path, f"duplicate key; the first is in line {first}", "keep one of them", name, line)
            self.document.keys[(*path, name)] = line
            data[name] = self.read(value, (*path, name), within)
        return {**merged, **data}

    def _merged(self, node: yaml.Node) -> Iterator[yaml.MappingNode]:
        nodes = node.value if isinstance(node, yaml.SequenceNode) else [node]
        return (part for part in nodes if isinstance(part, yaml.MappingNode))

    def _scalar(self, node: yaml.ScalarNode, path: Path) -> Any:
        if not self.examples and holds_password(node.value):
            reason = "a password does not belong in this file"
            self._complain(
                path,
                reason,
                "write the NAME of an environment variable, and set the variable to the address",
                node.value,
            )
        if node.tag not in SCALARS:
            return node.value
        try:
            return self.loader.construct_object(node)
        except (ValueError, yaml.YAMLError):
            return node.value

    def _complain(self, path: Path, reason: str, hint: str = "", value: Any = None, line: int | None = None) -> None:
        line = line or self.document.line(path)
        self.document.problems.append(Problem(reason, hint, self.document.file, line, shown(value)))


def _syntax(error: yaml.YAMLError, text: str, file: str) -> Problem:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    line = mark.line + 1 if mark else None
    written = text.splitlines()[line - 1] if line and line <= len(text.splitlines()) else ""
    reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    context = getattr(error, "context", None)
    start = getattr(error, "context_mark", None)
    if context and start and start.line + 1 != line:
        reason = f"{reason}, {context} that begins in line {start.line + 1}"
    hint = "check that colons are followed by a space, and that quotes and brackets are closed"
    if written[: len(written) - len(written.lstrip())].count("\t"):
        hint = "indent with spaces; YAML does not allow tabs there"
    return Problem(f"this is not YAML: {reason}", hint, file, line, shown(written.strip()))
