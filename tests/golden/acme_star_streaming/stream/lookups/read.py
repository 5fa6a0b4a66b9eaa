"""Tables of other sources that jobs join."""

from __future__ import annotations

from dataclasses import dataclass

from pyspark.errors import AnalysisException
from pyspark.sql import Column, DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import StructType

from stream.errors import StreamError
from stream.frame import origin
from stream.lookups import folder

UNKNOWN = "unknown"


@dataclass(frozen=True)
class Lookup:
    """A table of another source, with one row for each value of a field of the events.

    The first column of the schema is that field. The metadata of a column hold its name in the table
    (`origin`), if it has another.
    """

    events: str
    source: str
    table: str
    schema: StructType

    def rows(self, spark: SparkSession) -> DataFrame:
        """The current rows. Raises `StreamError` if the table, or one of the columns, is missing."""
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


def known(column: str) -> Column:
    """A joined column to group by: `unknown` if no row was joined."""
    return F.coalesce(column, F.lit(UNKNOWN)).alias(column)
