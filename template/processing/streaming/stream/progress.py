"""The position of a query: per partition, the next offset and the latest event time so far.

It is a small file beside the checkpoint. Two files take turns, and each names its batch. A batch writes
its position before any table, so a batch that was killed finds the position of the one before it, and
has the same result when it is repeated. The files are read and written through Hadoop, because the
checkpoint may be in an object store.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pyspark.sql import SparkSession

from stream.errors import StreamError

Numbers = Mapping[int, int]
SEEN = "seen"
TRIES = 5


@dataclass(frozen=True)
class Position:
    """Where a query is after a batch, by partition.

    `seen` is the latest event time, in microseconds since 1970; `first` the first offset that was
    ever read, `next` the one to read next. `lateness` is what the batch allowed, in seconds.
    """

    batch: int
    seen: Numbers
    first: Numbers
    next: Numbers
    lateness: int


BEGINNING = Position(-1, {}, {}, {}, 0)


class Progress:
    """The positions of one query, in the folder of its checkpoint."""

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self._java = spark.sparkContext._jvm
        self._hadoop = spark.sparkContext._jsc.hadoopConfiguration()
        self._folder = folder
        self._last = BEGINNING

    def before(self, batch: int) -> Position:
        """The position before the batch."""
        if batch == 0:
            return BEGINNING
        if self._last.batch != batch - 1:
            self._last = self._read(batch - 1)
        return self._last

    def after(self, position: Position) -> None:
        """Keep the position after a batch."""
        system, path = self._at(_file(position.batch))
        file = system.create(path, True)
        try:
            file.write(bytearray(json.dumps(vars(position)), "utf-8"))
        finally:
            file.close()
        self._last = position

    def kept_of(self, batch: int) -> Position | None:
        """The position of a batch that may have been killed; None if it was killed before it wrote that."""
        try:
            return self._read(batch)
        except StreamError:
            return None

    def begun(self) -> int | None:
        """The last batch that the query has started; None before the first."""
        return self._last_in("offsets")

    def written(self) -> Position | None:
        """The position after the last complete batch; None before the first."""
        # A running job may replace the file meanwhile.
        for _ in range(TRIES):
            batch = self._last_in("commits")
            if batch is None:
                return None
            try:
                return self._read(batch)
            except StreamError as error:
                problem = error
        raise problem

    def _last_in(self, log: str) -> int | None:
        """The last batch in one of the logs of Spark's checkpoint."""
        system, path = self._at(log)
        if not system.exists(path):
            return None
        names = [status.getPath().getName() for status in system.listStatus(path)]
        return max((int(name) for name in names if name.isdecimal()), default=None)

    def _read(self, batch: int) -> Position:
        try:
            system, path = self._at(_file(batch))
            file = system.open(path)
            try:
                text = self._java.org.apache.commons.io.IOUtils.toString(file, "UTF-8")
            finally:
                file.close()
            kept = _position(json.loads(text))
        except Exception as error:
            reason = str(getattr(error, "java_exception", error)).partition("\n")[0]
            raise StreamError.checkpoint(self._folder, reason) from error
        if kept.batch != batch:
            reason = f"it is of batch {kept.batch}, not of {batch}"
            raise StreamError.checkpoint(self._folder, reason)
        return kept

    def _at(self, name: str) -> tuple[Any, Any]:
        path = self._java.org.apache.hadoop.fs.Path(f"{self._folder}/{name}")
        return path.getFileSystem(self._hadoop), path


def _file(batch: int) -> str:
    return f"{SEEN}/{'even' if batch % 2 == 0 else 'odd'}.json"


def _position(kept: dict[str, Any]) -> Position:
    """The position of a file; the keys of JSON are texts."""
    for name in ("seen", "first", "next"):
        kept[name] = {int(part): number for part, number in kept[name].items()}
    return Position(**kept)
