"""Makes the whole table of a stream anew, after a change of its window, its groups or its figures.

    python -m stream.rebuild                       those whose rows are not what the spec says
    python -m stream.rebuild web.page_traffic      this one in any case

It is made from all messages that the stream has read, as a replay makes a part. The job has to be
ended meanwhile: it would add rows of before. The table is replaced in one transaction; so a rebuild
that is killed can be done again, and until then the job refuses to begin.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timezone

from pyspark.sql import SparkSession

from stream.again import made_anew, past
from stream.alone import alone
from stream.batch import DEAD_SCHEMA, LATE_SCHEMA, Batches
from stream.command import NOTHING, for_each, in_full, parser
from stream.definition import PROPERTY, Kept, changes, definition, kept
from stream.errors import StreamError
from stream.jobs import chosen
from stream.lake import with_batch
from stream.model import Stream
from stream.parse import AHEAD
from stream.progress import Position
from stream.repair import last_repair

BEGINNING = datetime.fromtimestamp(AHEAD, timezone.utc)
"""Nothing that Kafka has is older."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Rebuild what the arguments ask for; 0 if all went well, else 1."""
    asked = parser("stream.rebuild", "Make whole tables anew.").parse_args(arguments)
    try:
        streams = chosen(asked.stream)
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    others = chosen([]).values()

    def work(spark: SparkSession, stream: Stream) -> str:
        if asked.stream or differs(spark, stream):
            return rebuild(spark, stream, others)
        return "as the spec says already"

    return for_each(streams, asked.master, work)


def differs(spark: SparkSession, stream: Stream) -> bool:
    """Whether the rows of the stream's table are not what the spec says."""
    there = kept(spark, Batches(spark, stream).table.path).definition
    return bool(there) and any(changes(there, definition(stream)))


def rebuild(spark: SparkSession, stream: Stream, others: Iterable[Stream]) -> str:
    """Make the table anew; what was done, in words. `others` may keep the events of the topic.

    Raises `StreamError`, and replaces nothing, where the messages are gone, and where the topic is
    another: then the table is not what has been read.
    """
    batches = Batches(spark, stream)
    with alone(stream):
        position = batches.progress.written()
        before = kept(spark, batches.table.path)
        if position is None and not before.definition:
            return NOTHING
        _refuse_another_topic(before, stream)
        batches.dead.create(DEAD_SCHEMA)
        after = Kept(definition(stream), before.rebuilds + 1, last_repair(batches))
        origin = _remake(spark, batches, position, after, others)
        if batches.progress.written() != position:
            raise StreamError(
                f"The job of {stream.query} has gone on meanwhile. End it, and rebuild once more."
            )
        count = batches.table.rows().count()
    return f"{count:,} rows made anew from {origin}{in_full(stream)}"


def _remake(
    spark: SparkSession,
    batches: Batches,
    position: Position | None,
    after: Kept,
    others: Iterable[Stream],
) -> str:
    """Replace the rows by those of the messages that had been read at a position; where these were read."""
    schema, said = batches.stream.schema, {PROPERTY: after.property}
    if position is None:
        # The first batch was not ended, and is done again.
        batches.table.remake(schema, None, said)
        return "nothing that was read as a whole"
    read = past(spark, batches, position, BEGINNING, others)
    with made_anew(batches, read) as (rows, late):
        if late is not None:
            batches.late.remake(LATE_SCHEMA, with_batch(late, position.batch), {})
        # With this the job may begin again, so it is the last.
        batches.table.remake(schema, with_batch(rows, position.batch), said)
    return read.origin


def _refuse_another_topic(before: Kept, stream: Stream) -> None:
    topic = before.definition.get("topic", stream.topic.name)
    if topic != stream.topic.name:
        raise StreamError(
            f"{stream.query} has read topic {topic}, and cannot be made from {stream.topic.name}. "
            "See docs/runbooks/stream-changed.md."
        )


if __name__ == "__main__":
    sys.exit(main())
