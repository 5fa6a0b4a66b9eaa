"""What every kind of source offers to the pipeline: its columns, and its rows as Arrow batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from ingest.spec import Column, Table

T = TypeVar("T")


@dataclass(frozen=True)
class Window:
    """Rows whose cursor is at least `start` and, where `end` is given, below `end`.

    Without an end, rows that have no cursor value belong to it too.
    """

    column: Column
    start: Any
    end: Any = None


class Reader(Protocol):
    """A source that is open for reading, closed by the end of its `with` block.

    `identity` tells one database from another and holds no secret. All reads see one state of
    the source, where its engine can do that. `replaced` counts the values that no warehouse holds
    and that land as something else, by a sentence that says so.
    """

    identity: str
    replaced: Counter[str]

    def __enter__(self) -> Reader: ...

    def __exit__(self, *exception: object) -> None: ...

    def columns(self, table: Table) -> dict[str, str] | None:
        """The columns that the table has now, with their types; None if there is no such table."""
        ...

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        ...


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, the next one being fetched while the last one is worked on."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        pending = thread.submit(next, items, None)
        while (item := pending.result()) is not None:
            pending = thread.submit(next, items, None)
            yield item
