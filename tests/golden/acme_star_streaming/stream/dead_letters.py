"""Shows the dead letters of the streams that are not repaired: how many, why, and an example of each.

    python -m stream.dead_letters
    python -m stream.dead_letters --write data/letters.jsonl

The file has them all, one as JSON in each line; with better values, `stream.repair` takes it.
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
from stream.errors import StreamError
from stream.jobs import chosen
from stream.model import Stream

SHOWN = 60
"""How many characters of an example."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Show what the arguments ask for; 0 if all went well, else 1."""
    made = parser("stream.dead_letters", "Show dead letters by reason and field.")
    made.add_argument("--write", type=Path, metavar="FILE", help="write them to a new file")
    asked = made.parse_args(arguments)
    try:
        streams = chosen(asked.stream)
        if not asked.write:
            return for_each(streams, asked.master, show)
        with asked.write.open("x", encoding="utf-8") as file:
            letters = LettersFile(file)
            return for_each(streams, asked.master, letters.write)
    except StreamError as error:
        print(error, file=sys.stderr)
    except FileExistsError:
        print(f"{asked.write} is there already: name another, or remove it.", file=sys.stderr)
    except OSError as error:
        print(f"{asked.write} cannot be written: {error.strerror}.", file=sys.stderr)
    return 1


def show(spark: SparkSession, stream: Stream) -> str:
    """How many dead letters there are, and for each reason and field an example."""
    found = (
        _waiting(spark, stream)
        .groupBy("reason", "field")
        .agg(
            F.count("*").alias("letters"),
            F.min(F.struct("partition", "offset")).alias("place"),
            F.min_by("value", F.struct("partition", "offset")).alias("value"),
        )
        .orderBy(F.desc("letters"), "reason", "field")
    )
    return "\n".join(_lines(found.collect()))


class LettersFile:
    """Dead letters as lines of JSON; one that several streams have is there once."""

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._written: set[tuple[str, int, int]] = set()

    def write(self, spark: SparkSession, stream: Stream) -> str:
        """Write the letters of a stream; how many it is, in words."""
        count = 0
        for letter in _waiting(spark, stream).orderBy("partition", "offset").toLocalIterator():
            place = (letter.topic, letter.partition, letter.offset)
            if place not in self._written:
                self._written.add(place)
                self._file.write(f"{_as_json(letter)}\n")
                count += 1
        return f"{count:,} dead letters written to {self._file.name}"


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
        yield f"  {row.letters:>9,}  {named:<30}  {where}: {_text(row.value)[:SHOWN]}"


def _text(value: bytes | None) -> str:
    return "(no value)" if value is None else bytes(value).decode("utf-8", "replace")


def _as_json(letter: Row) -> str:
    names = ("topic", "partition", "offset", "reason", "field")
    head = json.dumps({name: letter[name] for name in names}, ensure_ascii=False)
    return f'{head[:-1]}, "value": {_value(letter.value)}}}'


def _value(value: bytes | None) -> str:
    """An object as it is, which is easier to mend; anything else as a text."""
    if value is None:
        return "null"
    text = bytes(value).decode("utf-8", "replace")
    try:
        if isinstance(json.loads(text), dict):
            return " ".join(text.splitlines())
    except ValueError:
        pass
    return json.dumps(text, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
