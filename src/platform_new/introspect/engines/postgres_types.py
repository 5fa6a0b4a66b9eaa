"""Maps PostgreSQL's types to the types of the spec, with the map that generated repositories use."""

from __future__ import annotations

from platform_new.introspect.catalog import CanonicalType
from platform_new.introspect.engines import ingestion

SEARCH = ("tsvector", "tsquery")
SPATIAL = ("geometry", "geography", "raster", "topogeometry", "box2d", "box3d")
ENUM, MONEY = "e", "money"


def canonical(declared: str, kind: str, category: str, name: str) -> CanonicalType:
    """The type of the spec for a type as `format_type` writes it.

    `kind`, `category` and `name` are pg_type's typtype, typcategory and typname. A type without an equivalent becomes
    text, in PostgreSQL's own notation, and `source_type` keeps the original type.
    """
    if name in SEARCH:
        return CanonicalType("text", declared, f"{name}: a PostgreSQL search index, meaningless elsewhere")
    if name in SPATIAL:
        return CanonicalType("text", declared, f"{name}: spatial data, which not every warehouse can hold")
    types = ingestion.module("postgres", "postgres_types")
    type_, base = types.spec_type(declared, kind, category), types.bare(declared)
    if base == "numeric":
        says_all = type_ != "numeric" or declared == "numeric"
    else:
        says_all = kind == ENUM or (base in types.TYPES and base != MONEY)
    return CanonicalType(type_, declared if types.is_nested(kind, category) or not says_all else None)
