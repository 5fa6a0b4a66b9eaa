"""Makes anew what a stream has made of a span of event time, from the messages that it has read.

    python -m stream.replay --from 2026-01-01 --to 2026-01-02 web.page_traffic

What is late follows from the order of the messages alone, and what is dead stays dead until it is
repaired. So with the same contract and the same code, the same rows come out. Each table of a
stream is replaced in one transaction, and doing it again changes nothing.

The job may go on meanwhile. Only rows of batches that are written as a whole are replaced, from
messages that these batches had read; the rows of later batches are left alone.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from pyspark.sql import SparkSession

from stream.again import Past, made_anew, past
from stream.alone import alone
from stream.batch import Batches
from stream.command import NOTHING, for_each, in_full, parser, passed_by
from stream.errors import StreamError
from stream.history import PLACE
from stream.jobs import chosen
from stream.lake import BATCH, with_batch
from stream.model import Stream
from stream.progress import Position
from stream.repair import complete


@dataclass(frozen=True)
class Span:
    """From a time on, and before another if there is one. Windows belong to it by their beginning."""

    start: datetime
    end: datetime | None = None

    def condition(self, column: str) -> str:
        """As SQL, for a column of times."""
        last = f" AND {column} < TIMESTAMP '{self.end.isoformat()}'" if self.end else ""
        return f"{column} >= TIMESTAMP '{self.start.isoformat()}'{last}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Replay what the arguments ask for; 0 if all went well, else 1."""
    made = parser("stream.replay", "Make rows of a span of event time anew from their messages.")
    made.add_argument(
        "--from", dest="start", required=True, type=moment, help="for example 2026-01-01T06:00Z"
    )
    made.add_argument("--to", dest="end", type=moment, help="by default, to the end")
    asked = made.parse_args(arguments)
    span = Span(asked.start, asked.end)
    try:
        streams = chosen(asked.stream)
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    others = chosen([]).values()
    # The tables of events are what windows are replayed from: they themselves only if they are named.
    named = {name: stream for name, stream in streams.items() if stream.window or asked.stream}
    return for_each(named, asked.master, lambda spark, stream: replay(spark, stream, span, others))


def moment(text: str) -> datetime:
    """The time that a text says; in UTC, if it does not say where."""
    try:
        time = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f"{text} is not a time such as 2026-01-01T06:00Z"
        ) from error
    return time.astimezone(timezone.utc) if time.tzinfo else time.replace(tzinfo=timezone.utc)


def replay(spark: SparkSession, stream: Stream, span: Span, others: Iterable[Stream]) -> str:
    """Replace the rows of the span; what was done, in words. `others` may keep the events of the topic.

    Raises `StreamError`, and replaces nothing, where the messages are gone, and where some that
    counted are not what the contract says today.
    """
    batches = Batches(spark, stream)
    with alone(stream):
        position = batches.progress.written()
        if position is None:
            return NOTHING
        # The contract may have got columns since.
        batches.create_tables()
        complete(batches, position)
        read = past(spark, batches, position, span.start, others)
        # Nothing earlier has a part in the span, nor can it have closed a window of it.
        since = f"{stream.topic.event_time} >= TIMESTAMP '{span.start.isoformat()}'"
        rows, went_away = _replace(batches, position, span, read.where(since))
    said = f"{rows:,} rows made anew from {read.origin}"
    if went_away:
        return said + in_full(stream, "Others went away, and loads of what is new leave them. ")
    return said + passed_by(batches, position)


def _replace(batches: Batches, position: Position, span: Span, read: Past) -> tuple[int, bool]:
    """Write what becomes of the events in the place of the span's rows; how many rows it is, and if others went."""
    stream, batch = batches.stream, position.batch
    where = span.condition("window_start" if stream.window else stream.topic.event_time)
    before = batches.table.version()
    with made_anew(batches, read, where) as (rows, late):
        if late is not None:
            batches.late.replace(where, with_batch(late, batch), batch)
        batches.table.replace(where, with_batch(rows, batch), batch)
    now, there = (batches.table.rows(version).where(where) for version in (None, before))
    in_window = [name for name in stream.schema.names if name not in stream.whole]
    keys = in_window if stream.window else PLACE
    gone = there.select(*keys).subtract(now.select(*keys))
    return now.where(f"{BATCH.name} <= {batch}").count(), not gone.isEmpty()


if __name__ == "__main__":
    sys.exit(main())
