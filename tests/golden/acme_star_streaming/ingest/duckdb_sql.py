"""SQL that casts the columns of sources that DuckDB reads: databases, lake tables and files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb

from ingest.column_types import base_of, conform, precision_of, to_source
from ingest.duckdb_types import is_nested, spec_type
from ingest.extremes import EARLIEST, LATEST
from ingest.reader import Survey, Window
from ingest.spec import Column

BATCH_ROWS = 50_000
CASTS = {
    "text": "varchar",
    "uuid": "varchar",
    "json": "varchar",
    "binary": "blob",
    "real": "double",
}


Catalog = dict[tuple[str, str], dict[str, str]]


def read_catalog(connection: duckdb.DuckDBPyConnection, database: str) -> Catalog:
    """The columns and their types of every table in an open database, by schema and table."""
    catalog: Catalog = {}
    query = (
        "select schema_name, table_name, column_name, data_type from duckdb_columns() "
        "where database_name = ? order by schema_name, table_name, column_index"
    )
    for schema, table, column, type_ in connection.execute(query, [database]).fetchall():
        catalog.setdefault((schema, table), {})[column] = type_
    return catalog


def expression(column: Column, type_: str | None) -> str:
    """The SQL that selects the column without changing a value; NULL if the column is missing.

    A DuckDB cast can round, truncate and drop time zones. So a column whose type differs from the
    spec is selected without a cast, and `conform` casts it.
    """
    if type_ is None:
        return f"null::{cast_type(column.type)}"
    quoted, base, now = quote(column.origin), base_of(column.type), spec_type(type_)
    if type_ == "BLOB" and base in ("boolean", "smallint", "integer", "bigint", "numeric"):
        # MySQL's BIT columns are read as bytes.
        return f"('0x' || hex({quoted}))::ubigint"
    if is_nested(type_) and base in ("text", "json"):
        return f"to_json({quoted})::varchar"
    if type_ == "FLOAT" and base not in ("text", "json"):
        # Through the shortest decimal text, so that 0.15 stays 0.15.
        return f"{quoted}::varchar::double"
    if base in EARLIEST and now in EARLIEST:
        # In microseconds, because nanoseconds only reach the year 2262.
        time = f"{quoted}::{now}"
        first, last = f"'{EARLIEST[now]}'::{now}", f"'{LATEST[now]}'::{now}"
        inside = f"when {time} > {last} then {last} else {time} end"
        return f"case when {time} < {first} then {first} {inside}"
    if type_ in ("HUGEINT", "UHUGEINT", "UUID") or base in ("text", "uuid", "json"):
        return f"{quoted}::varchar"
    return f"{quoted}::{cast_type(now)}" if now == column.type else quoted


def cast_type(type_: str) -> str:
    """The DuckDB type for a type of the spec."""
    base = base_of(type_)
    if base == "numeric":
        precision, scale = precision_of(type_)
        return f"decimal({precision}, {scale})"
    return CASTS.get(base, base)


def condition(window: Window | None, types: Mapping[str, str]) -> tuple[str, list[Any]]:
    """The `where` of the window, and its parameters."""
    if window is None:
        return "", []
    type_ = types.get(window.column.origin, "VARCHAR")
    column, value = quote(window.column.origin), f"?::{type_}"
    if type_ == "VARCHAR":
        # Other columns are compared without a cast, so that an index can be used.
        column, value = _from_text(window.column), "?"
    start, end = (to_source(bound, window.column) for bound in (window.start, window.end))
    if window.end is None:
        return f" where {column} >= {value} or {column} is null", [start]
    return f" where {column} >= {value} and {column} < {value}", [start, end]


def survey(
    connection: duckdb.DuckDBPyConnection, scan: str, cursor: Column, type_: str | None, now: Any
) -> Survey:
    """The row count of a scan, and its newest cursor that is not in the future."""
    value = _from_text(cursor) if type_ == "VARCHAR" else expression(cursor, type_)
    known = f" filter (where {value} <= ?)" if now is not None else ""
    query = f"select count(*), max({value}){known} from {scan}"
    found = connection.execute(query, [now] if known else []).to_arrow_table()
    newest = conform([found.column(1)], [cursor], scan).column(0)[0].as_py()
    return Survey(found.column(0)[0].as_py(), newest)


def _from_text(column: Column) -> str:
    """A text column, cast to the type in the spec for comparison."""
    return f"{quote(column.origin)}::{cast_type(column.type)}"


def quote(identifier: str) -> str:
    """The identifier in double quotes."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """The text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"
