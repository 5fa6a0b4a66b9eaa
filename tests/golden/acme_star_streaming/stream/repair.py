"""Makes dead letters count that are no longer broken.

    python -m stream.repair                               read them all again, as the contract is today
    python -m stream.repair --file data/letters.jsonl     take the values of a file in place of their own

The file is one that `python -m stream.dead_letters --write` has made, with better values. A letter
is marked with the number of its repair before it counts, and what is counted carries the same
number, which Delta takes once. A repair that was killed is completed by the next one.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.alone import alone
from stream.batch import Batches
from stream.command import NOTHING, for_each, parser, passed_by
from stream.errors import StreamError
from stream.jobs import chosen
from stream.lateness import in_windows
from stream.model import Stream
from stream.parse import MESSAGE, events, parse
from stream.progress import Position

PLACE = ["topic", "partition", "offset"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Repair what the arguments ask for; 0 if all went well, else 1."""
    made = parser("stream.repair", "Make dead letters count that are no longer broken.")
    made.add_argument("--file", type=Path, help="values to take in place of their own")
    asked = made.parse_args(arguments)
    try:
        streams = chosen(asked.stream)
        if asked.file:
            check(asked.file)
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    return for_each(streams, asked.master, lambda spark, stream: repair(spark, stream, asked.file))


def repair(spark: SparkSession, stream: Stream, file: Path | None = None) -> str:
    """Count the dead letters that keep the contract of today; how many that were, in words."""
    batches = Batches(spark, stream)
    with alone(stream):
        position = batches.progress.written()
        if position is None:
            return NOTHING
        batches.create_tables()
        complete(batches, position)
        waiting = batches.dead.rows().where(f"repair is null and batch <= {position.batch}")
        tried = _with_values(spark, waiting, file) if file else waiting
        good = parse(tried.select(*MESSAGE), stream.topic).where("reason is null").persist()
        try:
            count, left = good.count(), waiting.count()
            if count:
                _mark(spark, batches, good, with_values=file is not None)
                complete(batches, position)
        finally:
            good.unpersist()
    said = f"{count:,} dead letters repaired, {left - count:,} left"
    return said + (passed_by(batches, position) if count else "")


def complete(batches: Batches, position: Position) -> None:
    """Count the letters of the last repair, if that was killed before it had done so."""
    number = last_repair(batches)
    if number <= batches.kept.repair:
        return
    stream = batches.stream
    rows = events(repaired(batches, number))
    if stream.window:
        rows = in_windows(rows, stream.topic.event_time, stream.window)
    batches.table.append(stream.transform(rows), position.batch, repair=number)


def repaired(batches: Batches, number: int | None = None) -> DataFrame:
    """The dead letters of a repair, or of all, parsed with the values that stand for their own."""
    letters = batches.dead.rows().where(
        "repair is not null" if number is None else f"repair = {number}"
    )
    value = F.coalesce("repaired_value", "value").alias("value")
    return parse(letters.select(*MESSAGE[:-1], value), batches.stream.topic)


def check(file: Path) -> None:
    """Raise `StreamError` for the first line of the file that is not of a letter, or names one again."""
    known = set()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
        raise StreamError(f"{file} cannot be read: {reason}.") from error
    for number, line in enumerate(lines, 1):
        try:
            letter = json.loads(line)
            place, problem = tuple(str(letter[name]) for name in (*PLACE, "value"))[:-1], None
        except ValueError as error:
            place, problem = (), f"it is not JSON: {error}"
        except (KeyError, TypeError):
            place, problem = (), f"it needs {', '.join(PLACE)} and value"
        if place in known:
            problem = "an earlier line is of the same letter"
        if problem:
            raise StreamError(f"{file}, line {number}: {problem}.")
        known.add(place)


def _with_values(spark: SparkSession, letters: DataFrame, file: Path) -> DataFrame:
    given = spark.read.schema("topic string, partition int, offset long, value string").json(
        str(file.resolve())
    )
    value = F.col("value").cast("binary").alias("value")
    return letters.drop("value").join(given.select(*PLACE, value), PLACE)


def _mark(spark: SparkSession, batches: Batches, good: DataFrame, *, with_values: bool) -> None:
    """In one transaction, write on each letter in which repair it counts."""
    good.select("partition", "offset", "value").createOrReplaceTempView("repaired")
    spark.sql(
        f"""
        MERGE INTO delta.`{batches.dead.path}` AS letter
        USING repaired
            ON letter.partition = repaired.partition
            AND letter.offset = repaired.offset
            AND letter.repair IS NULL
        WHEN MATCHED THEN UPDATE SET
            repair = {last_repair(batches) + 1},
            repaired_value = {"repaired.value" if with_values else "NULL"}
        """
    )


def last_repair(batches: Batches) -> int:
    """The number of the last repair, 0 before the first."""
    return batches.dead.rows().agg(F.max("repair")).first()[0] or 0


if __name__ == "__main__":
    sys.exit(main())
