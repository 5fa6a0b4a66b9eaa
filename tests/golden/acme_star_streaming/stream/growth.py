"""How a table of the lake follows a contract that takes more than before: new columns, and wider numbers."""

from __future__ import annotations

from collections.abc import Iterator

from pyspark.sql import SparkSession
from pyspark.sql.types import (
    ArrayType,
    DataType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    ShortType,
    StructType,
)

from stream.errors import StreamError

WIDER = {ShortType: (IntegerType, LongType), IntegerType: (LongType,), FloatType: (DoubleType,)}
WIDENING = "delta.enableTypeWidening"

Difference = tuple[str, DataType | None, DataType]


def grow(spark: SparkSession, path: str, wanted: StructType) -> None:
    """Give a table the columns of `wanted` that it lacks, empty in older rows, and its numbers their room.

    Columns that are wanted no more stay. Raises `StreamError` where a column would have to become
    something else; then nothing is changed.
    """
    there = spark.read.format("delta").load(path).schema
    found = list(differences(there, wanted))
    for column, old, new in found:
        if old is not None and not _is_wider(old, new):
            was, now = old.simpleString(), new.simpleString()
            raise StreamError.table(path, f"`{column}` is {was} there, and would have to be {now}")
    if any(old is not None for _, old, _ in found):
        spark.sql(f"ALTER TABLE delta.`{path}` SET TBLPROPERTIES ('{WIDENING}' = 'true')")
    if found:
        empty = spark.createDataFrame([], wanted)
        empty.write.format("delta").mode("append").option("mergeSchema", "true").save(path)


def differences(there: DataType, wanted: DataType, place: str = "") -> Iterator[Difference]:
    """What is wanted and not there: the field, its type there (None if it is new), and the one that is wanted."""
    if isinstance(there, StructType) and isinstance(wanted, StructType):
        known = {field.name: field.dataType for field in there.fields}
        for field in wanted.fields:
            here = f"{place}.{field.name}" if place else field.name
            if field.name in known:
                yield from differences(known[field.name], field.dataType, here)
            else:
                yield here, None, field.dataType
    elif isinstance(there, ArrayType) and isinstance(wanted, ArrayType):
        yield from differences(there.elementType, wanted.elementType, f"{place}[]")
    elif there != wanted:
        yield place, there, wanted


def _is_wider(old: DataType, new: DataType) -> bool:
    if isinstance(old, DecimalType) and isinstance(new, DecimalType):
        return new.scale >= old.scale and new.precision - new.scale >= old.precision - old.scale
    return type(new) in WIDER.get(type(old), ())
