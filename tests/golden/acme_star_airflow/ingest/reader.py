"""The interface of all readers: the columns of a source, and its rows as Arrow batches."""

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
    """Rows whose cursor is at least `start` and, if `end` is given, below `end`.

    Without an end, rows that have no cursor value are included.
    """

    column: Column
    start: Any
    end: Any = None


@dataclass(frozen=True)
class Survey:
    """The row count of a table at its source, and its newest cursor that is not in the future.

    A cursor that is `numbered` counts the changes of the source itself: if it goes back, the source
    has started over, and none of the loaded rows is left there.
    """

    rows: int
    newest: Any = None
    numbered: bool = False


class Reader(Protocol):
    """A source that is open for reading; the end of its `with` block closes it.

    `identity` identifies the database and holds no secret. All reads see the same snapshot of the
    source, if its engine supports that. `replaced` counts the values that no warehouse can hold and
    that are replaced, by a description of the replacement.
    """

    identity: str
    replaced: Counter[str]

    def __enter__(self) -> Reader: ...

    def __exit__(self, *exception: object) -> None: ...

    def columns(self, table: Table) -> dict[str, str] | None:
        """The current columns of the table, with their types; None if there is no such table."""
        ...

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """The table as the source counts it; `now` is None for a cursor that is not a time."""
        ...

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        ...

    def restart(self) -> None:
        """Start a new snapshot, which is necessary after a failed read."""
        ...


def survey_by_reading(reader: Reader, table: Table, cursor: Column, now: Any) -> Survey:
    """A survey for engines that compare cursors differently than the pipeline: reads every row."""
    rows, latest = 0, None
    for batch in reader.batches(table, [cursor], None):
        rows += batch.num_rows
        latest = greater(latest, newest(batch.column(0), now))
    return Survey(rows, latest)


def ahead(items: Iterator[T]) -> Iterator[T]:
    """The same items; the next item is fetched while the current one is processed."""
    with ThreadPoolExecutor(max_workers=1) as thread:
        pending = thread.submit(next, items, None)
        while (item := pending.result()) is not None:
            pending = thread.submit(next, items, None)
            yield item
