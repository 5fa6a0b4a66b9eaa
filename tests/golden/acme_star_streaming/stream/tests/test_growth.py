"""Tables of the lake follow a contract that takes more than before, and nothing else."""

from __future__ import annotations

import pytest
from pyspark.sql.types import (
    ArrayType,
    DecimalType,
    DoubleType,
    FloatType,
    IntegerType,
    LongType,
    ShortType,
    StringType,
    StructField,
    StructType,
)

from stream.errors import StreamError
from stream.growth import differences
from stream.lake import LakeTable


def struct(**fields) -> StructType:
    return StructType([StructField(name, type_) for name, type_ in fields.items()])


BEFORE = struct(id=IntegerType(), buyer=struct(name=StringType()), old=StringType())
AFTER = struct(id=LongType(), buyer=struct(name=StringType(), city=StringType()), new=StringType())


@pytest.fixture
def table(spark, tmp_path) -> LakeTable:
    """A table with one row, of batch 0."""
    table = LakeTable(spark, str(tmp_path / "table"), "shop.orders")
    table.create(BEFORE)
    table.append(spark.createDataFrame([(1, ("Ann",), "x")], BEFORE), 0)
    return table


def test_a_table_takes_new_columns_and_wider_numbers_and_keeps_its_rows(spark, table):
    table.create(AFTER)
    table.append(spark.createDataFrame([(2**40, ("Bob", "Rome"), "y")], AFTER), 1)

    rows = spark.read.format("delta").load(table.path).orderBy("batch")
    assert [tuple(row) for row in rows.select("id", "buyer.*", "old", "new").collect()] == [
        (1, "Ann", None, "x", None),
        (2**40, "Bob", "Rome", None, "y"),
    ]


def test_a_table_does_not_become_something_else(table):
    with pytest.raises(StreamError, match=r"`id` is int there.*docs/runbooks/contract-broken.md"):
        table.create(struct(id=StringType(), new=StringType()))


@pytest.mark.parametrize(
    ("there", "wanted", "found"),
    [
        (BEFORE, BEFORE, []),
        (BEFORE, struct(id=IntegerType()), []),
        (BEFORE, AFTER, ["id", "buyer.city", "new"]),
        (
            struct(lines=ArrayType(struct(n=ShortType()))),
            struct(lines=ArrayType(struct(n=ShortType(), m=ShortType()))),
            ["lines[].m"],
        ),
        (
            struct(a=FloatType(), b=DecimalType(6, 2)),
            struct(a=DoubleType(), b=DecimalType(6, 2)),
            ["a"],
        ),
    ],
)
def test_what_a_table_lacks_is_known_by_its_place(there, wanted, found):
    assert [place for place, _, _ in differences(there, wanted)] == found
