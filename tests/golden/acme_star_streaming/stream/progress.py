"""What a query remembers from batch to batch: where it is in each partition, and the latest time seen.

It is kept beside the checkpoint in two places that take turns, each with the number of its batch.
A batch writes its own before it writes any table. So if it is killed and repeated, what the batch
before it left is still there, and the repeated batch comes to the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pyspark.sql import SparkSession

from stream.errors import StreamError
from stream.files import Folder

Numbers = Mapping[int, int]
SEEN = "seen"
TRIES = 5


@dataclass(frozen=True)
class Position:
    """Where a query is after a batch, by partition.

    `seen` is the latest time of its events, in microseconds since 1970; `first` the first offset
    that was ever read, `next` the one that is to be read next. `lateness` is what the batch allowed,
    in seconds.
    """

    batch: int
    seen: Numbers
    first: Numbers
    next: Numbers
    lateness: int


BEGINNING = Position(-1, {}, {}, {}, 0)


class Progress:
    """The memory of one query, in the folder of its checkpoint."""

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self._spark = spark
        self._folder = folder
        self._last = BEGINNING

    def before(self, batch: int) -> Position:
        """Where the query was before the batch."""
        if batch == 0:
            return BEGINNING
        if self._last.batch != batch - 1:
            self._last = self._read(batch - 1)
        return self._last

    def after(self, position: Position) -> None:
        """Keep where the query is at the end of a batch."""
        self._within(SEEN).write(_place(position.batch), _to_text(position))
        self._last = position

    def kept_of(self, batch: int) -> Position | None:
        """What a batch has kept that may have been killed; None if it was before it could."""
        try:
            return self._read(batch)
        except StreamError:
            return None

    def begun(self) -> int | None:
        """The last batch that the query has begun; None before the first."""
        return self._last_number("offsets")

    def written(self) -> Position | None:
        """Where the query was after the last batch that has been written as a whole; None before the first."""
        # A job that runs meanwhile may put a newer batch in the same place.
        for _ in range(TRIES):
            batch = self._last_number("commits")
            if batch is None:
                return None
            try:
                return self._read(batch)
            except StreamError as error:
                problem = error
        raise problem

    def went_on(self, position: Position) -> bool:
        """Whether a batch has been written as a whole since the query was there."""
        now = self.written()
        return now is not None and now.batch != position.batch

    def _last_number(self, log: str) -> int | None:
        """The last batch that Spark has a file of in this folder of the checkpoint."""
        names = self._within(log).names()
        return max((int(name) for name in names if name.isdecimal()), default=None)

    def _read(self, batch: int) -> Position:
        try:
            kept = _from_text(self._within(SEEN).read(_place(batch)))
        except Exception as error:
            reason = str(getattr(error, "java_exception", error)).partition("\n")[0]
            raise StreamError.checkpoint(self._folder, reason) from error
        if kept.batch != batch:
            raise StreamError.checkpoint(
                self._folder, f"it is of batch {kept.batch}, not of {batch}"
            )
        return kept

    def _within(self, folder: str) -> Folder:
        return Folder(self._spark, f"{self._folder}/{folder}")


def _place(batch: int) -> str:
    return f"{'even' if batch % 2 == 0 else 'odd'}.json"


def _to_text(position: Position) -> str:
    return json.dumps(vars(position))


def _from_text(text: str) -> Position:
    kept = json.loads(text)
    # The keys of JSON are texts.
    numbers = {
        name: {int(part): number for part, number in kept[name].items()}
        for name in ("seen", "first", "next")
    }
    return Position(kept["batch"], **numbers, lateness=kept["lateness"])
