"""Keeps the tables of the lake small and fast to read. Doing it again changes nothing.

    python -m stream.maintain

For each stream: the parts that batches have added to the figures of a window become one row; small
files become large ones; and files that no table has any more are removed once they are older than
the topic's retention. Until then each table can be put back to how it was, as far back as Delta's
log reaches, which is 30 days. No row is ever removed: the tables of events are what figures are replayed from.

Each step is one transaction of Delta, and all may be done while the job runs.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from stream.alone import alone
from stream.batch import Batches
from stream.command import NOTHING, for_each, parser
from stream.errors import StreamError
from stream.jobs import chosen
from stream.lake import BATCH
from stream.model import Stream
from stream.progress import Position

WEEK = 7 * 24
"""How many hours files are kept at least: longer than any reader takes."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Maintain what the arguments ask for; 0 if all went well, else 1."""
    asked = parser("stream.maintain", "Keep the tables small and fast to read.").parse_args(
        arguments
    )
    try:
        streams = chosen(asked.stream)
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    return for_each(streams, asked.master, maintain)


def maintain(spark: SparkSession, stream: Stream) -> str:
    """Put parts together, compact and clean up; what was done, in words."""
    batches = Batches(spark, stream)
    position = batches.progress.written()
    if position is None:
        return NOTHING
    with alone(stream):
        batches.create_tables()
        fewer = put_together(batches, position) if stream.window else 0
        hours = max(WEEK, -(-stream.topic.retention // 3600))
        for table in batches.tables:
            spark.sql(f"OPTIMIZE delta.`{table.path}`")
            spark.sql(f"VACUUM delta.`{table.path}` RETAIN {hours} HOURS")
    return f"{fewer:,} rows fewer; files of the last {hours // 24} days are kept"


def put_together(batches: Batches, position: Position) -> int:
    """Make one row of the parts that each figure has; how many rows fewer there are.

    Only of batches that are written as a whole, since one that is repeated adds nothing.
    """
    stream = batches.stream
    rows = batches.table.rows().where(f"{BATCH.name} <= {position.batch}")
    keys = [name for name in rows.columns if name not in stream.whole and name != BATCH.name]
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
        getattr(F, stream.whole.get(name, "max"))(name).cast(rows.schema[name].dataType).alias(name)
        for name in rows.columns
        if name not in keys
    ]
    one = rows.where(where).groupBy(keys).agg(*whole).select(*rows.columns)
    batches.table.replace(where, one, position.batch)
    return found.fewer


if __name__ == "__main__":
    sys.exit(main())
