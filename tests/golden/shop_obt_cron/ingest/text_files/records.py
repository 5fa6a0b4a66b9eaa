"""What a text file is read as: records of texts, and rejects with their line and reason."""

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
    """How the records are laid out in a file, and how their values are written."""

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
    """A line that cannot be a record, and why."""

    line: int
    reason: str
    text: str


@dataclass(frozen=True)
class PlainLines:
    """Lines that are read by splitting them at each delimiter, if that gives all of them one width.

    If it does not, `give_back` leaves them to `Records.rows`.
    """

    first: int
    count: int
    text: bytes
    delimiter: str
    give_back: Callable[[], None]


@dataclass
class Records:
    """The records of one file under the names of its columns.

    While the rows are read, `rejects` and `repeated_headers` grow, and for JSON `nested` and
    `texts`: the columns in which there are objects or lists, and texts in quotes.

    `header` is the first record. `plain` takes up to so many lines ahead of the rows, if the next
    ones are plain.
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
    """A file that cannot be read at all; its text says why."""


def kind_of(path: Path) -> str:
    """`json`, `xlsx`, `parquet`, or `csv` for any other text, by the name of the file."""
    suffixes = [suffix.lower() for suffix in path.suffixes if suffix.lower() != ".gz"]
    last = suffixes[-1].removeprefix(".") if suffixes else ""
    if last in ("json", "jsonl", "ndjson"):
        return "json"
    return last if last in ("xlsx", "parquet") else "csv"


def open_text(path: Path, encoding: str) -> io.TextIOBase:
    """The file as text; bytes that are not of the encoding stay visible in it."""
    codec = "utf-8-sig" if encoding == "utf-8" else encoding
    opened = gzip.open if path.suffix.lower() == ".gz" else open
    return opened(path, "rt", encoding=codec, errors="surrogateescape", newline="")


def readable(text: str) -> str:
    """The text without its line end, and with a mark for each byte that is no text."""
    return UNDECODED.sub("\ufffd", text.rstrip("\r\n"))
