"""What every kind of source offers to the pipeline: its columns, and its rows as Arrow batches."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import pyarrow as pa

from ingest.cursor import greater, newest
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


@dataclass(frozen=True)
class Survey:
    """How many rows a table has at its source, and the newest cursor that is not in the future."""

    rows: int
    newest: Any = None


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

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """What the source itself says of the table; `now` is None for a cursor that is no time."""
        ...

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        ...

    def restart(self) -> None:
        """Go on with the state that the source has now, as one must after a failed read."""
        ...


def survey_by_reading(reader: Reader, table: Table, cursor: Column, now: Any) -> Survey:
    """A survey for engines that cannot compare cursors as the pipeline does: reads them all."""
    rows, latest = 0, None
    for batch in reader.batches(table, [cursor], None):
        rows += batch.num_rows
        latest = greater(latest, newest(batch.column(0), now))
    return Survey(rows, latest)


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items, the next one being fetched while the last one is worked on."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        pending = thread.submit(next, items, None)
        while (item := pending.result()) is not None:
            pending = thread.submit(next, items, None)
            yield item
