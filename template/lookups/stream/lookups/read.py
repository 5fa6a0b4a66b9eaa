"""How a job reads what it joins."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from stream.errors import StreamError
from stream.lookups import folder
from stream.places import origin

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Lookup:
    """The rows of another source's table, one for each value of a field of the events.

    The first column of the schema is that value, under the name of the field. Metadata say what the
    table calls a column (`origin`), where that is something else.
    """

    events: str
    source: str
    table: str
    schema: StructType

    def rows(self, spark: SparkSession) -> DataFrame:
        """The rows as they are now. Raises `StreamError` if they, or some of the columns, are not there yet."""
        path = folder(self.events, self.source, self.table)
        try:
            rows = spark.read.format("delta").load(path)
        except AnalysisException as error:
            raise self._error(f"it is not in {path}") from error
        if lacking := sorted({origin(column) for column in self.schema} - {*rows.columns}):
            raise self._error(f"{path} has no column {', '.join(lacking)}")
        return rows.select(
            *(
                F.col(origin(column)).cast(column.dataType).alias(column.name)
                for column in self.schema
            )
        )

    def _error(self, reason: str) -> StreamError:
        return StreamError(
            f"The table {self.source}.{self.table} cannot be joined: {reason}. Run `make lookups`, "
            "or `make stream` for sample events."
        )


def with_lookups(
    joined: Callable[..., DataFrame], *lookups: Lookup
) -> Callable[[DataFrame], DataFrame]:
    """The joins as those of events alone: with what the lookups have when they are called for."""
    return lambda events: joined(events, *(lookup.rows(events.sparkSession) for lookup in lookups))


def known(column: str) -> Column:
    """A joined column as one to group by: without a row to join, it is `unknown`."""
    return F.coalesce(column, F.lit(UNKNOWN)).alias(column)
