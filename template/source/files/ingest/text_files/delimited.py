"""Reads delimited text and the sheets of Excel workbooks, according to their layout.

Every line is part of a record, part of a reject with its line number and reason, or blank.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook

from .records import (
    UNDECODED,
    Layout,
    PlainLines,
    Records,
    Reject,
    UnreadableFile,
    open_text,
    readable,
)

# An unclosed quote ends after this many characters.
LONGEST_FIELD = 1 << 24

csv.field_size_limit(LONGEST_FIELD)

Numbered = Iterator[tuple[int, list[str], str]]


def delimited_records(path: Path, layout: Layout) -> Records:
    """The records of a delimited text file. Raises `UnreadableFile`, also during iteration."""
    rejects: list[Reject] = []
    source = _Source(_lines(path, layout), layout.skip)
    records = _table(_split(source, layout, rejects), layout, rejects)
    if layout.header and len(records.names) > 1:
        first = records.header[0]
        records.plain = lambda count: _plain(source, layout, first, count)
    return records


def sheet_records(path: Path, layout: Layout, sheet: str) -> Records:
    """The records of a sheet. Raises `UnreadableFile`."""
    return _table(_sheet_lines(path, layout, sheet), layout, [])


def sheet_names(path: Path) -> list[str]:
    """The sheets of a workbook that have cells. Raises `UnreadableFile`."""
    try:
        book = CalamineWorkbook.from_path(path)
        return [name for name in book.sheet_names if book.get_sheet_by_name(name).total_height]
    except (CalamineError, OSError) as error:
        raise UnreadableFile(str(error)) from error


def column_names(header: Sequence[str]) -> list[str]:
    """The names in a header, made distinct case-insensitively."""
    names: list[str] = []
    taken: set[str] = set()
    for number, name in enumerate(without_empty_end([name.strip() for name in header]), 1):
        base = free = name or f"column{number}"
        count = 1
        while free.lower() in taken:
            count += 1
            free = f"{base}_{count}"
        taken.add(free.lower())
        names.append(free)
    return names


def without_empty_end(row: Sequence[str], width: int = 0) -> Sequence[str]:
    """The row without the empty fields that trailing delimiters add after its last column."""
    end = len(row)
    while end > width and not row[end - 1]:
        end -= 1
    return row[:end]


class _Source:
    """The lines of a file with their numbers; the lines of a broken record can be put back."""

    def __init__(self, lines: Iterator[str], number: int) -> None:
        self._lines = lines
        self._again: list[str] = []
        self.number = number
        self.taken: list[str] = []

    def __iter__(self) -> _Source:
        return self

    def __next__(self) -> str:
        line = self._again.pop() if self._again else next(self._lines)
        self.number += 1
        self.taken.append(line)
        return line

    def take(self, count: int) -> list[str]:
        """The next lines in one step; none while there are lines that were put back."""
        lines = [] if self._again else list(islice(self._lines, count))
        self.number += len(lines)
        return lines

    def put_back(self, lines: Sequence[str]) -> None:
        self._again += reversed(lines)
        self.number -= len(lines)


def _lines(path: Path, layout: Layout) -> Iterator[str]:
    try:
        with open_text(path, layout.encoding) as file:
            yield from islice(file, layout.skip, None)
    except (OSError, EOFError, UnicodeError) as error:
        raise UnreadableFile(str(error)) from error


def _plain(source: _Source, layout: Layout, header: str, count: int) -> PlainLines | None:
    """The next lines, if splitting them at each delimiter is enough to read them."""
    first = source.number + 1
    lines = source.take(count)
    text = "".join(lines)
    special = (layout.quote, layout.escape, "\0", "\ufeff", "\n\n", "\n\r")
    if (
        not text
        or not layout.delimiter.isascii()
        or any(mark in text for mark in special if mark)
        or text[0] in "\r\n"
        or text.count("\r") != text.count("\r\n")
        or max(map(len, lines)) >= LONGEST_FIELD
        # The line may repeat the header.
        or any(line.lstrip().startswith(header) for line in lines)
    ):
        source.put_back(lines)
        return None
    try:
        raw = text.encode()
    except UnicodeEncodeError:
        source.put_back(lines)
        return None
    return PlainLines(first, len(lines), raw, layout.delimiter, lambda: source.put_back(lines))


def split_lines(lines: Iterator[str], layout: Layout, rejects: list[Reject]) -> Numbered:
    """Each record with the number of its first line, and its text.

    Lines that cannot be split are rejected.
    """
    return _split(_Source(lines, layout.skip), layout, rejects)


def _split(source: _Source, layout: Layout, rejects: list[Reject]) -> Numbered:
    reader = csv.reader(
        source,
        delimiter=layout.delimiter,
        quotechar=layout.quote or None,
        quoting=csv.QUOTE_MINIMAL if layout.quote else csv.QUOTE_NONE,
        escapechar=layout.escape or None,
        doublequote=not layout.escape,
        strict=True,
    )
    while True:
        source.taken.clear()
        first = source.number + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            # A stray quote: reject only its own line, not the lines that the quote swallowed.
            line, *others = source.taken
            source.put_back(others)
            rejects.append(Reject(first, _reason(error), readable(line)))
            continue
        if not row or (len(row) == 1 and not row[0].strip()):
            continue
        text = "".join(source.taken)
        if (not text.isascii() and UNDECODED.search(text)) or "\0" in text:
            reason = f"not valid {layout.encoding}"
            rejects.append(Reject(first, reason, readable(text)))
            continue
        yield first, row, text


def _reason(error: csv.Error) -> str:
    known = {
        "unexpected end of data": "a quote is never closed",
        "field larger than field limit": "a quote is never closed",
    }
    text = next((reason for part, reason in known.items() if part in str(error)), None)
    return text or "a quote is followed by something other than a delimiter"


def _table(numbered: Numbered, layout: Layout, rejects: list[Reject]) -> Records:
    first = next(numbered, None)
    if first is None:
        return Records([], iter(()), rejects)
    header = list(without_empty_end([name.strip() for name in first[1]]))
    names = column_names(header)
    if not layout.header:
        names = [f"column{number}" for number in range(1, len(first[1]) + 1)]
    if not names:
        raise UnreadableFile("the first line has no column names")
    records = Records(names, iter(()), rejects, header=header)

    def rows() -> Iterator[tuple[int, Sequence[str | None]]]:
        width = len(names)
        if not layout.header:
            yield first[0], first[1]
        for number, row, text in numbered:
            if len(row) != width:
                row = list(without_empty_end(row, width))
                if len(row) != width:
                    reason = f"{len(row)} field{'s' * (len(row) != 1)} instead of {width}"
                    rejects.append(Reject(number, reason, readable(text)))
                    continue
            if layout.header and row[0].strip() == header[0] and _is_header(row, header):
                records.repeated_headers.append(number)
                continue
            yield number, row

    records.rows = rows()
    return records


def _is_header(row: Sequence[str], header: Sequence[str]) -> bool:
    return [value.strip() for value in row] == list(header)


def _sheet_lines(path: Path, layout: Layout, name: str) -> Numbered:
    try:
        book = CalamineWorkbook.from_path(path)
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
    except (CalamineError, OSError) as error:
        raise UnreadableFile(str(error)) from error
    for number, row in islice(enumerate(rows, 1), layout.skip, None):
        texts = [_cell(value) for value in row]
        if any(texts):
            yield number, texts, "\t".join(texts)


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e16:
        return str(int(value))
    return str(value)
