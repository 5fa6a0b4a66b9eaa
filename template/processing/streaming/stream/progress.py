"""What a query remembers from batch to batch: the latest time seen in each partition.

It is kept beside the checkpoint in two places that take turns, each with the number of its batch.
A batch writes its own before it writes any table. So if it is killed and repeated, what the batch
before it left is still there, and the repeated batch comes to the same.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from pyspark.sql import SparkSession

from stream.errors import StreamError


class Progress:
    """The memory of one query."""

    def __init__(self, spark: SparkSession, folder: str) -> None:
        self._spark = spark
        self._folder = folder
        self._last: tuple[int, dict[int, int]] | None = None

    def before(self, batch: int) -> dict[int, int]:
        """What had been seen before the batch, in microseconds by partition."""
        if batch == 0:
            return {}
        if self._last is None or self._last[0] != batch - 1:
            self._last = (batch - 1, self._read(batch - 1))
        return self._last[1]

    def after(self, batch: int, seen: Mapping[int, int]) -> None:
        """Keep what has been seen at the end of the batch."""
        text = json.dumps(
            {"batch": batch, "seen": {str(part): time for part, time in seen.items()}}
        )
        rows = self._spark.createDataFrame([(text,)], "value string").coalesce(1)
        rows.write.mode("overwrite").text(self._place(batch))
        self._last = (batch, dict(seen))

    def _read(self, batch: int) -> dict[int, int]:
        try:
            (line,) = self._spark.read.text(self._place(batch)).collect()
            kept = json.loads(line.value)
        except Exception as error:
            raise StreamError.checkpoint(self._folder, str(error).partition("\n")[0]) from error
        if kept["batch"] != batch:
            raise StreamError.checkpoint(
                self._folder, f"it is of batch {kept['batch']}, not of {batch}"
            )
        return {int(part): time for part, time in kept["seen"].items()}

    def _place(self, batch: int) -> str:
        return f"{self._folder}/seen/{'even' if batch % 2 == 0 else 'odd'}"
