"""PostgreSQL's types in the terms of the spec."""

from __future__ import annotations

import re

from platform_new.introspect.catalog import CanonicalType

TYPES = {
    "smallint": "smallint",
    "integer": "integer",
    "bigint": "bigint",
    "real": "real",
    "double precision": "double",
    "boolean": "boolean",
    "text": "text",
    "character varying": "text",
    "character": "text",
    "name": "text",
    "citext": "text",
    "date": "date",
    "time without time zone": "time",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "json",
    "bytea": "binary",
    "oid": "bigint",
}
SEARCH = ("tsvector", "tsquery")
SPATIAL = ("geometry", "geography", "raster", "topogeometry", "box2d", "box3d")


def canonical(declared: str, kind: str, category: str, name: str) -> CanonicalType:
    """The type of the spec for a type as `format_type` writes it.

    `kind`, `category` and `name` are pg_type's typtype, typcategory and typname. What has no better place becomes text,
    as PostgreSQL itself writes it, and `source_type` says what it was.
    """
    if name in SEARCH:
        return CanonicalType("text", declared, f"{name}: a search index of PostgreSQL, of no meaning elsewhere")
    if name in SPATIAL:
        return CanonicalType("text", declared, f"{name}: spatial data, which not every warehouse can hold")
    if category == "A" or kind == "c":
        return CanonicalType("json", declared)
    base = re.sub(r" ?\([^)]*\)", "", declared)
    if base == "numeric":
        return _numeric(declared)
    if base == "money":
        return CanonicalType("numeric(19, 2)", "money")
    if base in TYPES:
        return CanonicalType(TYPES[base])
    return CanonicalType("text", None if kind == "e" else declared)


def _numeric(declared: str) -> CanonicalType:
    match = re.search(r"\((\d+),(-?\d+)\)", declared)
    if not match:
        return CanonicalType("numeric")
    precision, scale = int(match[1]), int(match[2])
    if scale < 0:
        precision, scale = precision - scale, 0
    precision = max(precision, scale)
    if precision > 38:
        return CanonicalType("numeric", declared)
    return CanonicalType(f"numeric({precision}, {scale})")
