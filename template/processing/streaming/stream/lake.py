"""The Delta tables of the lake. Each write names its batch, so that no batch counts twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, LongType, StructField, StructType

from stream.errors import StreamError
from stream.model import nullable

BATCH = StructField("batch", LongType())
"""The number of the batch that wrote a row."""
NONE = -1
"""The last batch of a table without any."""


class LakeTable:
    """A Delta table that one query appends to, a batch at a time.

    `rebuilds` is the number of its rebuilds; an earlier batch may be written again after one.
    """

    def __init__(self, spark: SparkSession, path: str, query: str) -> None:
        self.path = path
        self.rebuilds = 0
        self._spark = spark
        self._query = query
        self._repairs = f"{query} repair "

    def create(self, schema: StructType | str) -> None:
        """Create the table, or add the columns that it lacks.

        Raises `StreamError` if a column would need an incompatible type.
        """
        empty = self._empty(schema)
        # Unlike `CREATE TABLE`, this tolerates the files of a process that was killed here.
        empty.write.format("delta").mode("ignore").save(self.path)
        self._evolve(empty)

    def rows(self, version: int | None = None) -> DataFrame:
        """The rows of the table, now or in one of its versions."""
        read = self._spark.read.format("delta")
        return (read if version is None else read.option("versionAsOf", version)).load(self.path)

    def version(self) -> int:
        """The current version of the table."""
        return self._spark.sql(f"DESCRIBE HISTORY delta.`{self.path}` LIMIT 1").first().version

    def append(self, rows: DataFrame, batch: int, *, repair: int | None = None) -> None:
        """Append the rows of a batch, or of a repair after it; does nothing if that has been done before."""
        (
            with_batch(rows, batch)
            .write.format("delta")
            .mode("append")
            .option("txnAppId", self._writer(repair))
            .option("txnVersion", repair or batch)
            .save(self.path)
        )

    def last_batch(self) -> int:
        """The last batch that was appended, or `NONE`."""
        java, none = self._spark._jvm, self._spark._jvm.scala.Option.empty()
        delta = java.org.apache.spark.sql.delta.DeltaLog
        log = delta.forTable(self._spark._jsparkSession, self.path).update(False, none, none)
        # The last number of each writer, at whatever path and before whichever rebuild.
        writers = java.scala.jdk.javaapi.CollectionConverters.asJava(log.transactions())
        batches = [
            last
            for writer, last in writers.items()
            if writer.startswith(f"{self._query} ") and not writer.startswith(self._repairs)
        ]
        if not batches:
            # The table is empty, or a copy without Delta's history.
            last = self.rows().agg(F.max(BATCH.name)).first()[0]
            return NONE if last is None else last
        return max(batches)

    def complete(self, rows: DataFrame, batch: int, key: list[str]) -> None:
        """Append those rows of a batch that the table does not have yet, by their key."""
        there = self.rows().where(F.col(BATCH.name) == batch).select(*key)
        rows = with_batch(rows.join(there, key, "left_anti"), batch)
        rows.write.format("delta").mode("append").save(self.path)

    def replace(self, where: str, rows: DataFrame, last: int) -> None:
        """In one transaction, replace the rows that match, up to the last batch.

        The new rows have their batches. Rows that a running job adds are of later batches, and stay.
        """
        (
            rows.write.format("delta")
            .mode("overwrite")
            .option("replaceWhere", f"{where} AND {BATCH.name} <= {last}")
            .save(self.path)
        )

    def rebuild(
        self, schema: StructType | str, rows: DataFrame | None, properties: Mapping[str, str]
    ) -> None:
        """In one transaction, replace all rows, the columns, and some properties of the table.

        The new rows, if any, have their batches.
        """
        empty = self._empty(schema)
        rows = empty if rows is None else empty.unionByName(rows)
        writer = rows.writeTo(f"delta.`{self.path}`")
        for name, value in properties.items():
            writer = writer.tableProperty(name, value)
        writer.using("delta").createOrReplace()

    def _evolve(self, empty: DataFrame) -> None:
        """Have Delta add columns and widen numbers, if the table needs that. It never removes a column."""
        there, wanted = dict(_leaves(self.rows().schema)), dict(_leaves(empty.schema))
        if wanted.items() <= there.items():
            return
        changed = {name for name in wanted if there.get(name, wanted[name]) != wanted[name]}
        if changed:
            widening = "SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')"
            self._spark.sql(f"ALTER TABLE delta.`{self.path}` {widening}")
        try:
            append = empty.write.format("delta").mode("append")
            append.option("mergeSchema", "true").save(self.path)
        except AnalysisException as error:
            types = (
                f"`{name}` is {there[name]} there, not {wanted[name]}" for name in sorted(changed)
            )
            reason = "; ".join(types) or str(error).partition("\n")[0].rstrip(".")
            raise StreamError(
                f"The table {self.path} cannot follow the spec: {reason}", page="contract-broken"
            ) from error

    def _writer(self, repair: int | None) -> str:
        """The name under which Delta keeps the number of the last batch, or of the last repair."""
        writer = (self._repairs if repair else f"{self._query} ") + self.path
        return f"{writer} rebuilt {self.rebuilds}" if self.rebuilds else writer

    def _empty(self, schema: StructType | str) -> DataFrame:
        if isinstance(schema, str):
            return self._spark.createDataFrame([], f"{schema}, {BATCH.name} bigint")
        return self._spark.createDataFrame([], nullable(StructType([*schema.fields, BATCH])))


def with_batch(rows: DataFrame, batch: int) -> DataFrame:
    """The rows as those of a batch."""
    return rows.withColumn(BATCH.name, F.lit(batch).cast(BATCH.dataType))


def _leaves(type_: DataType, place: str = "") -> Iterator[tuple[str, str]]:
    """The place and type of each value that is no object and no list."""
    if isinstance(type_, StructType):
        for field in type_:
            yield from _leaves(field.dataType, f"{place}.{field.name}" if place else field.name)
    elif isinstance(type_, ArrayType):
        yield from _leaves(type_.elementType, f"{place}[]")
    else:
        yield place, type_.simpleString()
