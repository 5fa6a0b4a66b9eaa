"""Maps DuckDB's types to the types of the spec."""

from __future__ import annotations

import re

from platform_new.introspect.catalog import CanonicalType
from platform_new.spec.data_type import decimal

TYPES = {
    "TINYINT": "smallint",
    "SMALLINT": "smallint",
    "INTEGER": "integer",
    "BIGINT": "bigint",
    "UTINYINT": "smallint",
    "USMALLINT": "integer",
    "UINTEGER": "bigint",
    "UBIGINT": "numeric(20, 0)",
    "FLOAT": "real",
    "DOUBLE": "double",
    "BOOLEAN": "boolean",
    "VARCHAR": "text",
    "DATE": "date",
    "TIME": "time",
    "TIMESTAMP": "timestamp",
    "TIMESTAMP_S": "timestamp",
    "TIMESTAMP_MS": "timestamp",
    "TIMESTAMP WITH TIME ZONE": "timestamptz",
    "UUID": "uuid",
    "JSON": "json",
    "BLOB": "binary",
}
NESTED = re.compile(r"^(STRUCT|MAP|UNION)\(|\]$|^VARIANT$")


def canonical(declared: str) -> CanonicalType:
    """The type of the spec for a type as `duckdb_columns()` writes it."""
    if declared.startswith("ENUM("):
        return CanonicalType("text")
    if NESTED.search(declared):
        return CanonicalType("json", declared)
    sized = re.fullmatch(r"DECIMAL\((\d+),(\d+)\)", declared)
    if sized:
        return CanonicalType(decimal(int(sized[1]), int(sized[2])))
    if declared == "HUGEINT":
        return CanonicalType("numeric(38, 0)", declared)
    if declared == "TIMESTAMP_NS":
        return CanonicalType("timestamp", declared, note="loaded to the microsecond")
    if declared.startswith("GEOMETRY"):
        return CanonicalType("text", declared, "geometry: spatial data, which not every warehouse can hold")
    return CanonicalType(TYPES[declared]) if declared in TYPES else CanonicalType("text", declared)


def listed_values(declared: str) -> tuple[str, ...] | None:
    """The values that an `ENUM('a', 'b')` lists."""
    if not declared.startswith("ENUM("):
        return None
    return tuple(value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", declared))
