"""Tables of the lake follow a contract that allows more than before, and no other."""

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
from stream.lake import LakeTable


def struct(**fields) -> StructType:
    return StructType([StructField(name, type_) for name, type_ in fields.items()])


def lines(**fields) -> ArrayType:
    return ArrayType(struct(n=ShortType(), **fields))


BEFORE = struct(
    id=IntegerType(),
    amount=DecimalType(6, 2),
    share=FloatType(),
    buyer=struct(name=StringType()),
    lines=lines(),
    old=StringType(),
)
AFTER = struct(
    id=LongType(),
    amount=DecimalType(9, 3),
    share=DoubleType(),
    buyer=struct(name=StringType(), city=StringType()),
    lines=lines(m=ShortType()),
    new=StringType(),
)
ROW = (1, None, 0.5, ("Ann",), [(1,)], "x")


@pytest.fixture
def table(spark, tmp_path) -> LakeTable:
    """A table with one row, of batch 0."""
    table = LakeTable(spark, str(tmp_path / "table"), "shop.orders")
    table.create(BEFORE)
    table.append(spark.createDataFrame([ROW], BEFORE), 0)
    return table


def test_a_table_takes_new_columns_and_wider_numbers_and_keeps_its_rows(spark, table):
    table.create(AFTER)
    row = (2**40, None, 1e300, ("Bob", "Rome"), [(2, 3)], "y")
    table.append(spark.createDataFrame([row], AFTER), 1)

    rows = spark.read.format("delta").load(table.path).orderBy("batch")
    columns = ("id", "share", "buyer.*", "lines.m", "old", "new")
    assert [tuple(row) for row in rows.select(*columns).collect()] == [
        (1, 0.5, "Ann", None, [None], "x", None),
        (2**40, 1e300, "Bob", "Rome", [3], None, "y"),
    ]
    version = table.version()
    for schema in (AFTER, struct(id=LongType())):
        table.create(schema)
    assert table.version() == version


@pytest.mark.parametrize(
    ("type_", "field"),
    [
        (StringType(), "id"),
        (ShortType(), "lines"),
        (LongType(), "share"),
        (DecimalType(6, 3), "amount"),
    ],
    ids=str,
)
def test_a_table_does_not_become_something_else(table, type_, field):
    with pytest.raises(StreamError, match=rf"{field}.*docs/runbooks/contract-broken.md"):
        table.create(struct(**{field: type_, "new": StringType()}))
    assert table.rows().schema[field].dataType == BEFORE[field].dataType
