"""The types of the spec for DuckDB's types, as `duckdb_columns()` writes them."""

from __future__ import annotations

import re

TYPES = {
    "VARCHAR": "text",
    "TINYINT": "smallint",
    "UTINYINT": "smallint",
    "SMALLINT": "smallint",
    "USMALLINT": "integer",
    "INTEGER": "integer",
    "UINTEGER": "bigint",
    "BIGINT": "bigint",
    "UBIGINT": "numeric(20, 0)",
    "HUGEINT": "numeric(38, 0)",
    "UHUGEINT": "numeric(38, 0)",
    "FLOAT": "real",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP_NS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "TIMESTAMPTZ": "timestamptz",
    "UUID": "uuid",
    "JSON": "json",
    "BLOB": "binary",
}
NESTED = re.compile(r"(STRUCT|MAP|UNION)\(|VARIANT$|.*\]$", re.DOTALL)


def spec_type(declared: str) -> str:
    """The type of the spec; text if no other type fits."""
    if sized := re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", declared):
        return f"numeric({sized[1]}, {sized[2]})"
    return "json" if is_nested(declared) else TYPES.get(declared, "text")


def is_nested(declared: str) -> bool:
    """Whether the type is a list, a struct, a map or a union."""
    return bool(NESTED.match(declared))
