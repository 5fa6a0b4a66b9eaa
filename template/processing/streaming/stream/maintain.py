"""Keeps the tables of the lake small and fast to read. Running it again changes nothing.

    python -m stream.maintain

For each stream, it combines the partial aggregates of a window into one row, compacts small files, and
deletes files that the table no longer uses once they are older than the topic's retention. Until then
the table can be restored to an earlier version, for the 30 days that Delta keeps its log. It deletes no
events, because aggregates are replayed from them.

Each step is one Delta transaction, and the job may run meanwhile.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from stream.batch import Batches
from stream.command import NOTHING, for_each, locked, parser
from stream.lake import BATCH
from stream.model import Stream
from stream.progress import Position

WEEK = 7 * 24
"""The least number of hours that files are kept: longer than any query runs."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Maintain what the arguments ask for; 0 if all went well, else 1."""
    made = parser("stream.maintain", "Keep the tables small and fast to read.")
    return for_each(made.parse_args(arguments), maintain)


def maintain(spark: SparkSession, stream: Stream) -> str:
    """Combine, compact and clean up; returns what was done, in words."""
    batches = Batches(spark, stream)
    position = batches.progress.written()
    if position is None:
        return NOTHING
    with locked(stream):
        batches.create_tables()
        fewer = combine(batches, position) if stream.window else 0
        hours = max(WEEK, -(-stream.topic.retention // 3600))
        for table in batches.tables:
            spark.sql(f"OPTIMIZE delta.`{table.path}`")
            spark.sql(f"VACUUM delta.`{table.path}` RETAIN {hours} HOURS")
    return f"{fewer:,} rows fewer; files of the last {hours // 24} days are kept"


def combine(batches: Batches, position: Position) -> int:
    """Combine the partial aggregates of each window and group; returns by how many rows the table shrinks.

    Only complete batches are combined. A batch that is repeated adds nothing.
    """
    stream = batches.stream
    rows = batches.table.rows().where(f"{BATCH.name} <= {position.batch}")
    how = stream.aggregates
    keys = [name for name in rows.columns if name not in how and name != BATCH.name]
    many = rows.groupBy(keys).count().where("count > 1")
    found = many.agg(
        F.min("window_start").cast("string").alias("first"),
        F.max("window_start").cast("string").alias("last"),
        F.sum(F.col("count") - 1).alias("fewer"),
    ).first()
    if not found.fewer:
        return 0
    where = f"window_start BETWEEN TIMESTAMP '{found.first}' AND TIMESTAMP '{found.last}'"
    whole = [
        getattr(F, how.get(name, "max"))(name).cast(rows.schema[name].dataType).alias(name)
        for name in rows.columns
        if name not in keys
    ]
    one = rows.where(where).groupBy(keys).agg(*whole).select(*rows.columns)
    batches.table.replace(where, one, position.batch)
    return found.fewer


if __name__ == "__main__":
    sys.exit(main())
