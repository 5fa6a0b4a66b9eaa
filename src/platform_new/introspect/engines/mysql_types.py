"""Maps the types of MySQL and MariaDB to the types of the spec."""

from __future__ import annotations

import re

from platform_new.introspect.catalog import CanonicalType
from platform_new.spec.data_type import MAX_PRECISION, decimal

TYPES = {
    "tinyint": "smallint",
    "smallint": "smallint",
    "mediumint": "integer",
    "int": "integer",
    "integer": "integer",
    "bigint": "bigint",
    "float": "real",
    "double": "double",
    "date": "date",
    "datetime": "timestamp",
    "timestamp": "timestamptz",
    "time": "time",
    "char": "text",
    "varchar": "text",
    "tinytext": "text",
    "text": "text",
    "mediumtext": "text",
    "longtext": "text",
    "enum": "text",
    "json": "json",
    "uuid": "uuid",
    "binary": "binary",
    "varbinary": "binary",
    "tinyblob": "binary",
    "blob": "binary",
    "mediumblob": "binary",
    "longblob": "binary",
}
UNSIGNED = {
    "tinyint": "smallint",
    "smallint": "integer",
    "mediumint": "integer",
    "int": "bigint",
    "bigint": "numeric(20, 0)",
}
"""The smallest type that holds every value of an unsigned type."""

SPATIAL = {
    "geometry", "point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geomcollection",
    "geometrycollection"
}  # fmt: skip


def canonical(declared: str) -> CanonicalType:
    """The type of the spec for a `COLUMN_TYPE` such as `int(10) unsigned`."""
    base = re.match(r"\w*", declared.lower())[0]
    numbers = [int(number) for number in re.findall(r"\d+", declared.partition(")")[0])]
    if base in SPATIAL:
        return CanonicalType("text", declared, f"{base}: spatial data, which not every warehouse can hold")
    if declared.lower().startswith("tinyint(1)"):
        return CanonicalType("boolean", declared)
    if base == "bit":
        return CanonicalType("boolean") if numbers in ([], [1]) else _bits(declared, numbers[0])
    if base == "decimal":
        return _decimal(declared, *numbers)
    if base == "year":
        return CanonicalType("smallint", "year")
    if "unsigned" in declared.lower() and base in UNSIGNED:
        return CanonicalType(UNSIGNED[base])
    if base in TYPES:
        return CanonicalType(TYPES[base])
    return CanonicalType("text", declared)


def _bits(declared: str, size: int) -> CanonicalType:
    return CanonicalType("bigint" if size < 64 else "numeric(20, 0)", declared)


def _decimal(declared: str, precision: int = 10, scale: int = 0) -> CanonicalType:
    if precision > MAX_PRECISION:
        return CanonicalType("text", declared, note="more digits than a warehouse's decimal can hold")
    return CanonicalType(decimal(precision, scale))


def listed_values(declared: str) -> tuple[str, ...]:
    """The values that an `enum('a','b')` lists."""
    return tuple(value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", declared))
