"""Shows the dead letters that are not repaired: how many, why, and an example of each.

    python -m stream.dead_letters
    python -m stream.dead_letters --write data/letters.jsonl

The file has all of them, as lines of JSON. `python -m stream.repair --file` takes corrected values from it.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F

from stream.batch import DEAD_SCHEMA, Batches
from stream.command import for_each, parser
from stream.model import Stream

SHOWN = 60
"""The number of characters of an example."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Show what the arguments ask for; 0 if all went well, else 1."""
    made = parser("stream.dead_letters", "Show dead letters by reason and field.")
    made.add_argument("--write", type=Path, metavar="FILE", help="write them to a new file")
    asked = made.parse_args(arguments)
    if not asked.write:
        return for_each(asked, show)
    try:
        with asked.write.open("x", encoding="utf-8") as file:
            return for_each(asked, LettersFile(file).write)
    except FileExistsError:
        print(f"{asked.write} exists already: choose another, or remove it.", file=sys.stderr)
    except OSError as error:
        print(f"{asked.write} cannot be written: {error.strerror}.", file=sys.stderr)
    return 1


def show(spark: SparkSession, stream: Stream) -> str:
    """The number of dead letters, and an example for each reason and field."""
    place = F.struct("partition", "offset")
    letters = _waiting(spark, stream).groupBy("reason", "field")
    found = letters.agg(
        F.count("*").alias("letters"),
        F.min(place).alias("place"),
        F.min_by("value", place).alias("value"),
    )
    return "\n".join(_lines(found.orderBy(F.desc("letters"), "reason", "field").collect()))


class LettersFile:
    """Dead letters as lines of JSON; a message of several streams is there once."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._written: set[tuple[str, int, int]] = set()

    def write(self, spark: SparkSession, stream: Stream) -> str:
        """Write the letters of a stream; returns how many, in words."""
        before = len(self._written)
        for letter in _waiting(spark, stream).orderBy("partition", "offset").toLocalIterator():
            place = (letter.topic, letter.partition, letter.offset)
            if place not in self._written:
                self._written.add(place)
                self._file.write(f"{_as_json(letter)}\n")
        return f"{len(self._written) - before:,} dead letters written to {self._file.name}"


def _waiting(spark: SparkSession, stream: Stream) -> DataFrame:
    batches = Batches(spark, stream)
    if batches.progress.written() is None:
        return spark.createDataFrame([], DEAD_SCHEMA)
    return batches.dead.rows().where("repair is null")


def _lines(found: list[Row]) -> Iterator[str]:
    yield f"{sum(row.letters for row in found):,} dead letters"
    for row in found:
        where = f"partition {row.place.partition}, offset {row.place.offset}"
        named = f"{row.reason} {row.field}" if row.field else row.reason
        value = "(no value)" if row.value is None else _text(row.value)
        yield f"  {row.letters:>9,}  {named:<30}  {where}: {value[:SHOWN]}"


def _text(value: bytes) -> str:
    return bytes(value).decode("utf-8", "replace")


def _as_json(letter: Row) -> str:
    """The letter as JSON. A value that is an object stays one, which is easier to correct; others are texts."""
    names = ("topic", "partition", "offset", "reason", "field")
    head = json.dumps({name: letter[name] for name in names}, ensure_ascii=False)
    text = None if letter.value is None else _text(letter.value)
    value = json.dumps(text, ensure_ascii=False)
    try:
        if text and isinstance(json.loads(text), dict):
            value = " ".join(text.splitlines())
    except ValueError:
        pass
    return f'{head[:-1]}, "value": {value}}}'


if __name__ == "__main__":
    sys.exit(main())
