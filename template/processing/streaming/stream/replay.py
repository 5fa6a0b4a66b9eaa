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

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.alone import alone
from stream.batch import Batches
from stream.command import NOTHING, for_each, parser
from stream.errors import StreamError
from stream.history import PLACE, broken, history
from stream.jobs import chosen
from stream.lake import BATCH, with_batch
from stream.lateness import in_windows, with_late, with_seen
from stream.model import Stream
from stream.parse import events
from stream.progress import Position
from stream.repair import complete, repaired


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
        past = history(spark, stream, position, span.start, others)
        again, mended = _without_dead_letters(batches, past.events), repaired(batches)
        _refuse_what_broke(batches, past.broken, broken(mended))
        # Nothing earlier has a part in the span, nor can it have closed a window of it.
        since = f"{stream.topic.event_time} >= TIMESTAMP '{span.start.isoformat()}'"
        rows = _replace(batches, position, span, again.where(since), events(mended).where(since))
    return f"{rows:,} rows made anew from {past.origin}{_went_on(batches, position)}"


def _replace(
    batches: Batches, position: Position, span: Span, again: DataFrame, mended: DataFrame
) -> int:
    """Write what becomes of the events, and of the dead letters that were repaired; how many rows it is."""
    stream, topic, batch = batches.stream, batches.stream.topic, position.batch
    if stream.window is None:
        where = span.condition(topic.event_time)
        rows = stream.transform(again.unionByName(mended).where(where))
        batches.table.replace(where, with_batch(rows, batch), batch)
        return _count(batches, where, batch)
    where = span.condition("window_start")
    ordered = in_windows(with_seen(again, topic.event_time, {}), topic.event_time, stream.window)
    # A dead letter counts once somebody has repaired it, also if its window had been closed.
    welcome = in_windows(mended, topic.event_time, stream.window).withColumn("late", F.lit(False))
    judged = with_late(ordered, topic.lateness).unionByName(welcome, allowMissingColumns=True)
    judged = judged.where(where).persist()
    try:
        late = batches.late_rows(judged.where("late"))
        batches.late.replace(where, with_batch(late, batch), batch)
        rows = stream.transform(judged.where("not late"))
        batches.table.replace(where, with_batch(rows, batch), batch)
    finally:
        judged.unpersist()
    return _count(batches, where, batch)


def _count(batches: Batches, where: str, batch: int) -> int:
    return batches.table.rows().where(f"{where} AND {BATCH.name} <= {batch}").count()


def _without_dead_letters(batches: Batches, rows: DataFrame) -> DataFrame:
    """The rows of messages that were no dead letters when they were read."""
    place = (F.col("partition").cast("long").alias(PLACE[0]), F.col("offset").alias(PLACE[1]))
    return rows.join(batches.dead.rows().select(*place), list(PLACE), "left_anti")


def _refuse_what_broke(batches: Batches, past: DataFrame, mended: DataFrame) -> None:
    found = _without_dead_letters(batches, past).unionByName(mended).first()
    if found:
        field = f" in {found.field}" if found.field else ""
        raise StreamError(
            f"{batches.stream.query} cannot be replayed: what has counted is not what the contract says "
            f"today. Partition {found.kafka_partition}, offset {found.kafka_offset}: {found.reason}"
            f"{field}. Give back to the contract in sources/{batches.stream.source}.yml what it "
            "allowed then."
        )


def _went_on(batches: Batches, position: Position) -> str:
    """What to do where the job has written batches meanwhile: loads may have passed the replayed rows by."""
    now = batches.progress.written()
    if now is None or now.batch == position.batch:
        return ""
    stream = batches.stream
    return (
        f"\n  The job went on meanwhile. Load the table in full once: "
        f".venv/bin/python -m ingest {stream.source} --table {stream.name} --full"
    )


if __name__ == "__main__":
    sys.exit(main())
