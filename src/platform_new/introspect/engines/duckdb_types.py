"""Maps DuckDB's types to the types of the spec, with the map that generated repositories use."""

from __future__ import annotations

import re

from platform_new.introspect.catalog import CanonicalType
from platform_new.introspect.engines import ingestion

HUGE, UNSIGNED_HUGE = "HUGEINT", "UHUGEINT"
"""Integers of up to 39 digits, one more than a `numeric` of the spec holds; most unsigned ones are larger than that."""
NANOSECONDS = "TIMESTAMP_NS"


def canonical(declared: str) -> CanonicalType:
    """The type of the spec for a type as `duckdb_columns()` writes it."""
    types = ingestion.module("shared_duckdb", "duckdb_types")
    type_ = types.spec_type(declared)
    if declared == UNSIGNED_HUGE:
        return CanonicalType("text", declared)
    if declared == NANOSECONDS:
        return CanonicalType(type_, declared, note="loaded to the microsecond")
    if declared.startswith("GEOMETRY"):
        return CanonicalType(type_, declared, "geometry: spatial data, which not every warehouse can hold")
    known = declared in types.TYPES or declared.startswith(("DECIMAL(", "ENUM("))
    return CanonicalType(type_, None if known and declared != HUGE else declared)


def listed_values(declared: str) -> tuple[str, ...] | None:
    """The values that an `ENUM('a', 'b')` lists."""
    if not declared.startswith("ENUM("):
        return None
    return tuple(value.replace("''", "'") for value in re.findall(r"'((?:[^']|'')*)'", declared))
