"""The result of reading a text file: records of texts, and rejects with line and reason."""

from __future__ import annotations

import gzip
import io
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

# A byte that could not be decoded, or a NUL.
UNDECODED = re.compile("[\udc80-\udcff\0]")


@dataclass(frozen=True)
class Layout:
    """The layout of the records in a file, and the format of their values."""

    delimiter: str = ","
    quote: str = '"'
    escape: str = ""
    encoding: str = "utf-8"
    header: bool = True
    skip: int = 0
    decimal: str = "."
    thousands: str = ""
    date: str = ""
    timestamp: str = ""
    nulls: tuple[str, ...] = ("",)
    typed_nulls: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reject:
    """A line that is not a valid record, and why."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class PlainLines:
    """Lines to split at each delimiter, if this gives every line the same number of fields.

    If it does not, `give_back` returns the lines to `Records.rows`.
    """

    first: int
    count: int
    text: bytes
    delimiter: str
    give_back: Callable[[], None]


@dataclass
class Records:
    """The records of a file, with the names of its columns.

    Reading the rows fills `rejects` and `repeated_headers`, and for JSON `nested` (the columns with
    objects or lists) and `texts` (the columns with strings).

    `header` is the first record. `plain` takes up to this many lines before the rows are read, if
    the next lines are plain.
    """

    names: list[str]
    rows: Iterator[tuple[int, Sequence[str | None]]]
    rejects: list[Reject] = field(default_factory=list)
    header: Sequence[str] = ()
    repeated_headers: list[int] = field(default_factory=list)
    nested: set[str] = field(default_factory=set)
    texts: set[str] = field(default_factory=set)
    plain: Callable[[int], PlainLines | None] = lambda _: None


class UnreadableFile(Exception):
    """A file that cannot be read; the message says why."""


def kind_of(path: Path) -> str:
    """The kind of file by its name: `json`, `xlsx`, `parquet`, or `csv` for any other text."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    last = suffixes[-1].removeprefix(".") if suffixes else ""
    if last in ("json", "jsonl", "ndjson"):
        return "json"
    return last if last in ("xlsx", "parquet") else "csv"


def open_text(path: Path, encoding: str) -> io.TextIOBase:
    """The file as text; bytes that are invalid in the encoding are kept as surrogates."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    return opened(path, "rt", encoding=codec, errors="surrogateescape", newline="")


def readable(text: str) -> str:
    """The text without its line end, with a replacement character for each invalid byte."""
    return UNDECODED.sub("\ufffd", text.rstrip("\r\n"))
