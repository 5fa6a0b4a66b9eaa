"""Replaces what a stream has written by what its job makes, now, of the messages that it has read.

    python -m stream.replay --from 2026-01-01 --to 2026-01-02 web.page_traffic    a span of event time
    python -m stream.replay --rebuild                                             tables whose definition has changed
    python -m stream.replay --rebuild web.page_traffic                            this table in any case

What is late follows from the order of the messages alone, and a dead letter stays one until it is
repaired. So the same contract and the same job give the same rows. Each table is replaced in one
transaction, and a replay can be killed and run again.

While a span is replayed, the job may run: only rows of complete batches are replaced, and rows of later
batches stay. Before a rebuild, stop the job, which would add rows of the old definition; until the
rebuild is complete, the job refuses to start.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.sql import SparkSession

from stream.batch import DEAD_SCHEMA, LATE_SCHEMA, Batches
from stream.command import NOTHING, for_each, full_load, full_load_if_passed, locked, parser
from stream.definition import PROPERTY, Kept, changes, definition, kept
from stream.errors import StreamError
from stream.history import PLACE, history
from stream.jobs import streams
from stream.lake import BATCH, with_batch
from stream.model import WINDOW, Stream
from stream.parse import AHEAD
from stream.repair import complete, last_repair
from stream.reprocess import reprocessed

BEGINNING = datetime.fromtimestamp(AHEAD, timezone.utc)
"""Kafka has no older messages."""


@dataclass(frozen=True)
class Span:
    """A span of event time, up to now if it has no end. A window belongs to it by its start."""

    start: datetime
    end: datetime | None = None

    def condition(self, column: str) -> str:
        """A SQL condition on a column of timestamps."""
        end = f" AND {column} < TIMESTAMP '{self.end.isoformat()}'" if self.end else ""
        return f"{column} >= TIMESTAMP '{self.start.isoformat()}'{end}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay what the arguments ask for; 0 if all went well, else 1."""
    made = parser("stream.replay", "Replace rows by what the job makes of their messages now.")
    add = made.add_argument
    add("--from", dest="start", type=moment, help="for example 2026-01-01T06:00Z")
    add("--to", dest="end", type=moment, help="default: up to now")
    add("--rebuild", action="store_true", help="rebuild whole tables; the job must be stopped")
    asked = made.parse_args(arguments)
    if not (asked.start or asked.rebuild):
        made.error("one of these arguments is required: --from, --rebuild")
    others = streams().values()

    def work(spark: SparkSession, stream: Stream) -> str:
        if not asked.rebuild:
            return replay(spark, stream, Span(asked.start, asked.end), others)
        if asked.stream or differs(spark, stream):
            return rebuild(spark, stream, others)
        return "up to date with its definition"

    # Windows are replayed from the tables of events, so these are replayed only on request.
    return for_each(asked, work, lambda stream: asked.rebuild or stream.window is not None)


def moment(text: str) -> datetime:
    """The timestamp that a text denotes, in UTC if it has no time zone."""
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        message = f"{text} is not a timestamp such as 2026-01-01T06:00Z"
        raise argparse.ArgumentTypeError(message) from error
    return time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)


def replay(spark: SparkSession, stream: Stream, span: Span, others: Iterable[Stream]) -> str:
    """Replace the rows of the span; returns what was done, in words. `others` may keep the events of the topic.

    Raises `StreamError`, and replaces nothing, if the messages are gone, or if some that counted are
    invalid now.
    """
    batches = Batches(spark, stream)
    with locked(stream):
        position = batches.progress.written()
        if position is None:
            return NOTHING
        batches.create_tables()
        complete(batches, position)
        origin, *past = history(batches, position, span.start, others)
        # No earlier event belongs to the span, nor can it have closed a window of it.
        since = Span(span.start).condition(stream.topic.event_time)
        events, repaired = (rows.where(since) for rows in past)
        where = span.condition("window_start" if stream.window else stream.topic.event_time)
        before = batches.table.version()
        with reprocessed(batches, events, repaired, where) as (rows, late):
            if late is not None:
                batches.late.replace(where, with_batch(late, position.batch), position.batch)
            batches.table.replace(where, with_batch(rows, position.batch), position.batch)
        now, then = (batches.table.rows(version).where(where) for version in (None, before))
        keys = [*WINDOW, *stream.groups] if stream.window else PLACE
        removed = then.select(*keys).subtract(now.select(*keys))
        count = now.where(f"{BATCH.name} <= {position.batch}").count()
        said = f"{count:,} rows replayed from {origin}"
        if not removed.isEmpty():
            return said + full_load(
                stream, "Others were removed, and incremental loads keep them. "
            )
        return said + full_load_if_passed(batches, position)


def differs(spark: SparkSession, stream: Stream) -> bool:
    """Whether the rows of the stream's table have another definition than the spec."""
    there = kept(spark, Batches(spark, stream).table.path).definition
    return bool(there) and any(changes(there, definition(stream)))


def rebuild(spark: SparkSession, stream: Stream, others: Iterable[Stream]) -> str:
    """Rebuild the table; returns what was done, in words. `others` may keep the events of the topic.

    Raises `StreamError`, and replaces nothing, if the messages are gone, if some that counted are invalid
    now, or if the stream has another topic now: its messages are not what the stream has read.
    """
    batches = Batches(spark, stream)
    with locked(stream):
        position = batches.progress.written()
        before = kept(spark, batches.table.path)
        if position is None and not before.definition:
            return NOTHING
        if (topic := before.definition.get("topic", stream.topic.name)) != stream.topic.name:
            raise StreamError(
                f"{stream.query} has read topic {topic}, and cannot be rebuilt from {stream.topic.name}",
                page="stream-changed",
            )
        batches.dead.create(DEAD_SCHEMA)
        after = Kept(definition(stream), before.rebuilds + 1, last_repair(batches))
        properties = {PROPERTY: after.property}
        if position is None:
            # The first batch is not complete, and will be processed again.
            origin = "no complete batch"
            batches.table.rebuild(stream.schema, None, properties)
        else:
            origin, events, repaired = history(batches, position, BEGINNING, others)
            with reprocessed(batches, events, repaired) as (rows, late):
                if late is not None:
                    batches.late.rebuild(LATE_SCHEMA, with_batch(late, position.batch), {})
                # This allows the job to start again, so it comes last.
                rows = with_batch(rows, position.batch)
                batches.table.rebuild(stream.schema, rows, properties)
        if batches.progress.written() != position:
            raise StreamError(
                f"The job of {stream.query} has gone on meanwhile. Stop it, and rebuild again."
            )
        count = batches.table.rows().count()
    return f"{count:,} rows rebuilt from {origin}{full_load(stream)}"


if __name__ == "__main__":
    sys.exit(main())
