"""Detects the layout of a text file from its content: encoding, delimiter, quotes and header."""

from __future__ import annotations

import codecs
import csv
import gzip
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from platform_new.introspect.engines.text_files import module

SAMPLED_BYTES = 4 * 1024 * 1024
SAMPLED_RECORDS = 2000
DELIMITERS = (",", ";", "\t", "|", "^", "~", "\x1f", "\x01")
LONGEST_PREAMBLE = 20
NUMBER_OR_DATE = re.compile(
    r"[+-]?[\d.,' ]*\d[\d.,' ]*([eE][+-]?\d+)?|\d{4}-\d\d-\d\d.*|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}.*|\d+:\d\d.*"
)
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


class NotATable(Exception):
    """A text file does not hold a table; the message says why."""


@dataclass
class Found:
    """The detected layout: the fields of `format`, and the reasons for them.

    `decided` says whether the values determine the decimal separator.
    """

    given: dict[str, Any] = field(default_factory=dict)
    reasons: list[str] = field(default_factory=list)
    decided: bool = True

    def say(self, reason: str, **given: Any) -> None:
        """Set fields of the format, with the reason."""
        self.given |= given
        self.reasons.append(reason)

    def layout(self) -> Any:
        """The layout as the reader expects it."""
        return layout_of(self.given)


def layout_of(given: dict[str, Any]) -> Any:
    """The layout as the reader expects it, from the fields of a `format`."""
    fields = {name: value for name, value in given.items() if name != "max_rejects"}
    return module("records").Layout(**{**fields, "nulls": ("", *fields.get("nulls", ()))})


def detect(path: Path) -> Found:
    """The layout of a delimited text file. Raises `NotATable` for a `.txt` file without a delimiter."""
    found = Found()
    data, whole = _bytes(path)
    _encoding(found, data)
    codec = found.given.get("encoding", "utf-8")
    text = data.decode("utf-8-sig" if codec == "utf-8" else codec, errors="replace")
    lines = list(io.StringIO(text, newline=""))
    if not whole:
        lines = lines[:-1]
    lines = list(islice((line for line in lines if line.strip()), SAMPLED_RECORDS))
    tabs = ".tsv" in path.name.lower()
    delimiter, skip = _delimiter(lines, "\t" if tabs else "")
    if delimiter is None:
        if ".txt" in path.name.lower():
            raise NotATable("its lines have no common delimiter")
        delimiter = next((each for each in DELIMITERS if not any(each in line for line in lines)), ",")
        if delimiter != ",":
            found.say("it has one column, whose values do not contain this delimiter", delimiter=delimiter)
    elif delimiter != ("\t" if tabs else ","):
        shown = {"\t": "tab", "\x1f": "unit separator", "\x01": "Control-A"}.get(delimiter, f"`{delimiter}`")
        found.say(f"its lines agree on the delimiter {shown}", delimiter=delimiter)
    if tabs:
        found.given["delimiter"] = delimiter
    if skip:
        found.say("lines before the header have fewer fields", skip=_physical(text, lines[skip]))
    _quotes(found, lines[skip:], delimiter)
    _header(found, _rows(lines[skip:], delimiter, found.given))
    return found


def _bytes(path: Path) -> tuple[bytes, bool]:
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    with opened(path, "rb") as file:
        data = file.read(SAMPLED_BYTES)
        return data, not file.read(1)


def _encoding(found: Found, data: bytes) -> None:
    for mark, encoding in BOMS:
        if data.startswith(mark):
            if encoding != "utf-8":
                found.say("from its byte order mark", encoding=encoding)
            return
    text = codecs.getincrementaldecoder("utf-8")("surrogateescape").decode(data)
    undecoded = len(re.findall("[\udc80-\udcff]", text))
    if "\0" in text and text.count("\0") > len(text) // 4:
        first = data[:2000]
        little = first[1::2].count(0) > first[::2].count(0)
        found.say("every other byte is zero", encoding="utf-16-le" if little else "utf-16-be")
        return
    beyond_ascii = len(re.findall("[^\0-\x7f\udc80-\udcff]", text))
    if not undecoded or beyond_ascii >= 2 * undecoded:
        return
    windows = re.search(rb"[\x80-\x9f]", data)
    encoding = "latin-1"
    if windows:
        encoding = "cp1252" if not re.search(rb"[\x81\x8d\x8f\x90\x9d]", data) else "latin-1"
    found.say(f"it is not UTF-8; if letters look wrong, its encoding is not {encoding} either", encoding=encoding)


def _rows(lines: Sequence[str], delimiter: str, given: dict[str, Any] | None = None) -> list[list[str]]:
    given = given or {}
    quote, escape = given.get("quote", '"'), given.get("escape", "")
    reader = csv.reader(
        lines,
        delimiter=delimiter,
        quotechar=quote or None,
        quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        escapechar=escape or None,
        doublequote=not escape,
    )
    try:
        return [row for row in reader if row]
    except csv.Error:
        return []


def _delimiter(lines: Sequence[str], expected: str) -> tuple[str | None, int]:
    """The delimiter that gives most records as many fields as the first, and the number of lines before it."""
    best: tuple[tuple[float, ...], str, int] | None = None
    for delimiter in dict.fromkeys([expected, *DELIMITERS]):
        if not delimiter or not any(delimiter in line for line in lines):
            continue
        widths = [len(module("delimited").without_empty_end(row)) for row in _rows(lines, delimiter)]
        skip = _preamble(widths)
        if not widths or widths[skip] < 2:
            continue
        width = widths[skip]
        share = widths[skip:].count(width) / len(widths[skip:])
        score = (delimiter == expected, round(share, 1), -skip, width)
        if best is None or score > best[0]:
            best = (score, delimiter, skip)
    return (best[1], best[2]) if best else (None, 0)


def _preamble(widths: Sequence[int]) -> int:
    """How many lines with fewer fields precede the table."""
    if len(widths) < 4:
        return 0
    mode, _ = Counter(widths).most_common(1)[0]
    if mode < 3 or widths[0] * 2 > mode:
        return 0
    start = next(number for number, width in enumerate(widths) if width == mode)
    rest = widths[start:]
    return start if start <= LONGEST_PREAMBLE and len(rest) > 2 and rest.count(mode) >= 0.9 * len(rest) else 0


def _physical(text: str, line: str) -> int:
    """How many lines precede that line, including blank lines."""
    return next(number for number, each in enumerate(io.StringIO(text, newline="")) if each == line)


def _quotes(found: Found, lines: Sequence[str], delimiter: str) -> None:
    edge = re.escape(delimiter)
    text = "".join(lines)
    if '"' not in text:
        quoted = re.findall(rf"(?:^|{edge})'[^'\n]*'(?={edge}|\r?$)", text, re.MULTILINE)
        if "'" in text and len(quoted) >= len(lines) / 2:
            found.say("fields have single quotes", quote="'")
        return
    broken = _broken(lines, delimiter, {})
    if not broken:
        return
    if '\\"' in text and _broken(lines, delimiter, {"escape": "\\"}) < broken:
        found.say("quotes in fields are escaped with a backslash", escape="\\")
    elif not re.search(rf'(?:^|{edge})"[^"\n]*"(?={edge}|\r?$)', text, re.MULTILINE):
        found.say("some fields start with a quote, but no field is quoted", quote="")


def _broken(lines: Sequence[str], delimiter: str, given: dict[str, Any]) -> int:
    """How many lines cannot be split."""
    split = module("delimited").split_lines
    rejects: list[Any] = []
    layout = layout_of({"delimiter": delimiter, **given})
    for _ in split(iter(lines), layout, rejects):
        pass
    return len(rejects)


def _header(found: Found, rows: Sequence[Sequence[str]]) -> None:
    if not rows:
        return
    first, others = [value.strip() for value in rows[0]], rows[1:]
    width = len(first)
    others = [row for row in others if len(row) == width and [value.strip() for value in row] != first]
    numbers = [number for number, value in enumerate(first) if NUMBER_OR_DATE.fullmatch(value)]
    if numbers and not _are_years([first[number] for number in numbers]):
        typed = [n for n in range(width) if others and sum(_is_typed(row[n]) for row in others) >= 0.9 * len(others)]
        if set(typed) <= set(numbers) or not others:
            found.say("the first line has values, not names", header=False)
        return
    again = [n for n, value in enumerate(first) if value and any(row[n].strip() == value for row in others)]
    if len(others) > 1 and len(again) * 2 >= width:
        found.say("values of the first line repeat in later lines", header=False)


def _is_typed(value: str) -> bool:
    return bool(NUMBER_OR_DATE.fullmatch(value.strip()))


def _are_years(values: Sequence[str]) -> bool:
    years = [int(value) for value in values if re.fullmatch(r"(19|20)\d\d", value)]
    return len(years) == len(values) > 1 and years in (sorted(set(years)), sorted(set(years), reverse=True))
