"""The tables of the lake, in Delta. Every write says of which batch it is, so that none counts twice."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from functools import reduce

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import LongType, StructField, StructType

from stream.files import Folder
from stream.growth import grow
from stream.model import nullable

BATCH = StructField("batch", LongType())
"""The number of the batch that wrote a row."""
ENTRY = re.compile(r"\d{20}\.json")
"""An entry of Delta's log, numbered from 0 (https://github.com/delta-io/delta/blob/master/PROTOCOL.md)."""
NEWEST = 20
"""How many entries of a log are read for the last batch, before the rows themselves are asked."""
NONE = -1
"""The last batch of a table that has no rows."""


class LakeTable:
    """A Delta table that one query appends to, a batch at a time.

    `rebuilds` is how often it was made anew; a batch that was written before that can come again.
    """

    def __init__(self, spark: SparkSession, path: str, query: str) -> None:
        self.path = path
        self.rebuilds = 0
        self._spark = spark
        self._query = query

    def create(self, schema: StructType) -> None:
        """Make the table, empty, if it is not there; if it is, give it the columns that it lacks.

        Raises `StreamError` where a column would have to become something else.
        """
        empty = self._empty(schema)
        # Unlike `CREATE TABLE`, this does not mind what was left by somebody who was killed at it.
        empty.write.format("delta").mode("ignore").save(self.path)
        grow(self._spark, self.path, empty.schema)

    def rows(self, version: int | None = None) -> DataFrame:
        """What is in the table, or what was in one of its versions."""
        read = self._spark.read.format("delta")
        return (read if version is None else read.option("versionAsOf", version)).load(self.path)

    def version(self) -> int:
        """The version of the table that is there now."""
        return self._spark.sql(f"DESCRIBE HISTORY delta.`{self.path}` LIMIT 1").first().version

    def append(self, rows: DataFrame, batch: int, *, repair: int | None = None) -> None:
        """Add the rows of a batch, or of a repair after it; nothing happens if they have been added before."""
        (
            with_batch(rows, batch)
            .write.format("delta")
            .mode("append")
            .option("txnAppId", self._writer(repair))
            .option("txnVersion", repair or batch)
            .save(self.path)
        )

    def last_in_log(self) -> int | None:
        """The last batch that added rows, or `NONE`; None where the newest entries of the log do not tell."""
        log = Folder(self._spark, f"{self.path}/_delta_log")
        names = sorted(filter(ENTRY.fullmatch, log.names()), reverse=True)[:NEWEST]
        has_rows = not names or int(names[-1].partition(".")[0]) > 0
        for name in names:
            for action in map(json.loads, log.read(name).splitlines()):
                if "txn" in action and action["txn"]["appId"] == self._writer():
                    return action["txn"]["version"]
                has_rows |= "add" in action
        return None if has_rows else NONE

    def complete(self, rows: DataFrame, batch: int, key: list[str]) -> None:
        """Add those rows of a batch that are not there yet, by their key: some may have been added before."""
        there = self.rows().where(F.col(BATCH.name) == batch).select(*key)
        rows = with_batch(rows.join(there, key, "left_anti"), batch)
        rows.write.format("delta").mode("append").save(self.path)

    def replace(self, where: str, rows: DataFrame, last: int) -> None:
        """In one transaction, put rows in the place of those that match and are of no later batch than the last.

        The rows have their batches. What a running job adds meanwhile is of later ones, and stays.
        """
        (
            rows.write.format("delta")
            .mode("overwrite")
            .option("replaceWhere", f"{where} AND {BATCH.name} <= {last}")
            .save(self.path)
        )

    def remake(
        self, schema: StructType, rows: DataFrame | None, properties: Mapping[str, str]
    ) -> None:
        """In one transaction, put rows in the place of all, with the columns of the schema, and set properties.

        The rows, if there are any, have their batches.
        """
        empty = self._empty(schema)
        rows = empty if rows is None else empty.unionByName(rows)
        writer = rows.writeTo(f"delta.`{self.path}`")
        for name, value in properties.items():
            writer = writer.tableProperty(name, value)
        writer.using("delta").createOrReplace()

    def _writer(self, repair: int | None = None) -> str:
        """Who adds rows, as Delta keeps it with the number of the last batch or repair."""
        parts = [self._query, *(["repair"] if repair else []), self.path]
        return " ".join([*parts, *([f"rebuilt {self.rebuilds}"] if self.rebuilds else [])])

    def _empty(self, schema: StructType) -> DataFrame:
        return self._spark.createDataFrame([], nullable(StructType([*schema.fields, BATCH])))


def last_batch(tables: Iterable[LakeTable]) -> int:
    """The number of the last batch that added rows to any of the tables, or `NONE`."""
    known = {table: table.last_in_log() for table in tables}
    unknown = [table for table, last in known.items() if last is None]
    found = [last for last in known.values() if last is not None]
    if unknown:
        rows = reduce(DataFrame.union, (table.rows().select(BATCH.name) for table in unknown))
        last = rows.agg(F.max(BATCH.name)).first()[0]
        found.append(NONE if last is None else last)
    return max(found)


def with_batch(rows: DataFrame, batch: int) -> DataFrame:
    """The rows as those of a batch."""
    return rows.withColumn(BATCH.name, F.lit(batch).cast(BATCH.dataType))
