"""A batch in one pass over its messages: one grouping makes the figures, and finds the dead letters.

It also tells where events may be late: those messages are then looked at once more.
"""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from stream.lateness import SPAN, in_windows, span
from stream.model import WINDOW, Stream
from stream.parse import MESSAGE

# No field of an event has a name with a space.
LETTER, STATISTICS = "dead letter", "of the messages"
"""Columns of what is found."""


def found_in(parsed: DataFrame, stream: Stream) -> DataFrame:
    """The parts that the messages of each span have in the figures; and each dead letter, in a row of its own."""
    sound = F.col("reason").isNull()
    names = [field.name for field in stream.topic.schema.fields]
    rows = parsed.select(
        *place(),
        F.col("offset").alias("kafka_offset"),
        F.when(~sound, F.struct("reason", "field", *MESSAGE)).alias(LETTER),
        *(F.when(sound, F.col("event").getField(name)).alias(name) for name in names),
    )
    time = stream.topic.event_time
    parts = stream.parts(
        in_windows(rows, time, stream.window),
        ("kafka_partition", SPAN, LETTER),
        (statistics(F.col(time), "kafka_offset"),),
    )
    return parts.withColumn("reason", F.col(LETTER).getField("reason"))


def place() -> tuple[Column, Column]:
    """Of a message: its partition, and the span that it is in."""
    return F.col("partition").cast("long").alias("kafka_partition"), span("offset")


def statistics(time: Column, offset: str) -> Column:
    """Of messages: how many they are, when the first and the last event happened, and their places."""
    micros = F.unix_micros(time)
    return F.struct(
        F.count("*").alias("messages"),
        F.min(micros).alias("earliest"),
        F.max(micros).alias("latest"),
        F.min(offset).alias("first"),
        F.max(offset).alias("last"),
    ).alias(STATISTICS)


def letters(found: DataFrame) -> DataFrame:
    """The dead letters, as they came."""
    return found.where(F.col(LETTER).isNotNull()).select(f"{LETTER}.*")


def figures(found: DataFrame, stream: Stream) -> DataFrame:
    """The parts of all spans together, as rows of the stream's table."""
    wholes = {name: getattr(F, function)(name) for name, function in stream.whole.items()}
    rows = found.where(F.col(LETTER).isNull()).groupBy(*WINDOW, *stream.groups)
    rows = rows.agg(*(whole.alias(name) for name, whole in wholes.items()))
    return rows.select(*(F.col(field.name).cast(field.dataType) for field in stream.schema))
