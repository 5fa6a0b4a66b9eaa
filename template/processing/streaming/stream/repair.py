"""Counts dead letters that are valid now.

    python -m stream.repair                               validate them again, with the current contract
    python -m stream.repair --file data/letters.jsonl     take their values from a file

The file is one of `python -m stream.dead_letters --write`, with corrected values. A repair first writes
its number on the letters, and then their rows, which carry the same number, so that Delta accepts them
once. The next repair completes one that was killed.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from stream.batch import Batches
from stream.command import NOTHING, for_each, full_load_if_passed, locked, parser
from stream.errors import StreamError
from stream.model import Stream
from stream.parse import MESSAGE, events, parse
from stream.progress import Position
from stream.reprocess import reprocessed

PLACE = ["topic", "partition", "offset"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Repair what the arguments ask for; 0 if all went well, else 1."""
    made = parser("stream.repair", "Count dead letters that are valid now.")
    made.add_argument("--file", type=Path, help="a file with the values to use instead")
    asked = made.parse_args(arguments)
    try:
        if asked.file:
            check(asked.file)
    except StreamError as error:
        print(error, file=sys.stderr)
        return 1
    return for_each(asked, lambda spark, stream: repair(spark, stream, asked.file))


def repair(spark: SparkSession, stream: Stream, file: Path | None = None) -> str:
    """Count the dead letters that keep the current contract; returns how many, in words."""
    batches = Batches(spark, stream)
    with locked(stream):
        position = batches.progress.written()
        if position is None:
            return NOTHING
        batches.create_tables()
        complete(batches, position)
        waiting = batches.dead.rows().where(f"repair is null and batch <= {position.batch}")
        letters = _with_values(spark, waiting, file) if file else waiting
        valid = parse(letters.select(*MESSAGE), stream.topic).where("reason is null").persist()
        try:
            count, left = valid.count(), waiting.count()
            if count:
                _mark(spark, batches, valid, with_values=file is not None)
                complete(batches, position)
        finally:
            valid.unpersist()
        said = f"{count:,} dead letters repaired, {left - count:,} left"
        return said + (full_load_if_passed(batches, position) if count else "")


def complete(batches: Batches, position: Position) -> None:
    """Write the rows of the last repair, if it was killed before that."""
    number = last_repair(batches)
    if number > batches.kept.repair:
        letters = events(repaired(batches, number))
        with reprocessed(batches, None, letters) as (rows, _):
            batches.table.append(rows, position.batch, repair=number)


def repaired(batches: Batches, number: int | None = None) -> DataFrame:
    """The dead letters of one repair, or of all, parsed with their new values."""
    which = "repair is not null" if number is None else f"repair = {number}"
    value = F.coalesce("repaired_value", "value").alias("value")
    letters = batches.dead.rows().where(which).select(*MESSAGE[:-1], value)
    return parse(letters, batches.stream.topic)


def last_repair(batches: Batches) -> int:
    """The number of the last repair, 0 before the first."""
    return batches.dead.rows().agg(F.max("repair")).first()[0] or 0


def check(file: Path) -> None:
    """Raise `StreamError` for the first line of the file that is not a letter, or repeats one."""
    known = set()
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not in UTF-8"
        raise StreamError(f"{file} cannot be read: {reason}.") from error
    for number, line in enumerate(lines, 1):
        try:
            letter = json.loads(line)
            *place, _ = (str(letter[name]) for name in (*PLACE, "value"))
            problem = "an earlier line is for the same letter" if tuple(place) in known else None
            known.add(tuple(place))
        except ValueError as error:
            problem = f"it is not JSON: {error}"
        except (KeyError, TypeError):
            problem = f"it needs {', '.join(PLACE)} and value"
        if problem:
            raise StreamError(f"{file}, line {number}: {problem}.")


def _with_values(spark: SparkSession, letters: DataFrame, file: Path) -> DataFrame:
    schema = "topic string, partition int, offset long, value string"
    given = spark.read.schema(schema).json(str(file.resolve()))
    value = F.col("value").cast("binary").alias("value")
    return letters.drop("value").join(given.select(*PLACE, value), PLACE)


def _mark(spark: SparkSession, batches: Batches, valid: DataFrame, *, with_values: bool) -> None:
    """In one transaction, write the number of the repair on each letter."""
    valid.select("partition", "offset", "value").createOrReplaceTempView("repaired")
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


if __name__ == "__main__":
    sys.exit(main())
