"""Reads JSON: one object per line, or whole documents. Numbers keep their exact digits."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from .records import UNDECODED, Records, Reject, UnreadableFile, open_text, readable

NOT_BLANK = re.compile(r"\S")


def json_records(path: Path, columns: list[str]) -> Records:
    """The objects of a file, with a value or None for each column. Raises `UnreadableFile`."""
    records = Records(columns, iter(()))

    def rows() -> Iterator[tuple[int, Sequence[str | None]]]:
        for number, document, text in _documents(path):
            if not isinstance(document, dict):
                reason = "not a JSON object" if document is not None else "not valid JSON"
                records.rejects.append(Reject(number, reason, readable(text)))
                continue
            yield number, [_json_value(records, name, document.get(name)) for name in columns]

    records.rows = rows()
    return records


def json_columns(path: Path) -> list[str]:
    """All keys of the objects in a JSON file, in order of appearance."""
    names: dict[str, None] = {}
    for _, document, _ in _documents(path):
        if isinstance(document, dict):
            names.update(dict.fromkeys(document))
    return list(names)


class _Number(str):
    """A number in a JSON file, with its exact digits."""


def _documents(path: Path) -> Iterator[tuple[int, Any, str]]:
    """Each document of a file with its number and text; None for a line that is not JSON."""
    number = _Number
    decoder = json.JSONDecoder(parse_float=number, parse_int=number, parse_constant=number)
    try:
        with open_text(path, "utf-8") as file:
            if path.name.lower().removesuffix(".gz").endswith(".json"):
                yield from _whole(decoder, file.read())
                return
            for number, line in enumerate(file, 1):
                if line.strip():
                    yield number, _decoded(decoder, line), line
    except (OSError, EOFError) as error:
        raise UnreadableFile(str(error)) from error


def _decoded(decoder: json.JSONDecoder, text: str) -> Any:
    if UNDECODED.search(text):
        return None
    try:
        return decoder.decode(text.strip())
    except ValueError:
        return None


def _whole(decoder: json.JSONDecoder, text: str) -> Iterator[tuple[int, Any, str]]:
    """The documents of a text: concatenated, or in an array."""
    position, number = 0, 0
    try:
        while start := NOT_BLANK.search(text, position):
            document, position = decoder.raw_decode(text, start.start())
            for each in document if isinstance(document, list) else [document]:
                number += 1
                yield number, each, ""
    except ValueError as error:
        raise UnreadableFile(f"not valid JSON: {error}") from error


def _json_value(records: Records, name: str, value: Any) -> str | None:
    if value is None or isinstance(value, _Number):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        records.texts.add(name)
        return value
    records.nested.add(name)
    return json.dumps(_plain(value), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return json.loads(value) if isinstance(value, _Number) else value
