"""The types of the spec for PostgreSQL's types, as `format_type` writes them."""

from __future__ import annotations

import re

TYPES = {
    "text": "text",
    "character varying": "text",
    "character": "text",
    "name": "text",
    "citext": "text",
    "smallint": "smallint",
    "integer": "integer",
    "bigint": "bigint",
    "oid": "bigint",
    "money": "numeric(19, 2)",
    "real": "real",
    "double precision": "double",
    "boolean": "boolean",
    "date": "date",
    "time without time zone": "time",
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamptz",
    "uuid": "uuid",
    "json": "json",
    "jsonb": "json",
    "bytea": "binary",
}


def spec_type(declared: str, kind: str, category: str) -> str:
    """The type of the spec; text if no other type fits.

    `kind` and `category` are pg_type's typtype and typcategory.
    """
    if is_nested(kind, category):
        return "json"
    base = bare(declared)
    if base == "numeric":
        return _numeric(*map(int, re.findall(r"-?\d+", declared)))
    return TYPES.get(base, "text")


def is_nested(kind: str, category: str) -> bool:
    """Whether the type is an array or a composite type."""
    return category == "A" or kind == "c"


def bare(declared: str) -> str:
    """The type without its length or precision, which can be in the middle of the name."""
    return re.sub(r" ?\([^)]*\)", "", declared)


def _numeric(precision: int = 0, scale: int = 0) -> str:
    """PostgreSQL allows scales below 0 and above the precision, and more than 38 digits."""
    precision, scale = max(precision - min(scale, 0), scale), max(scale, 0)
    return f"numeric({precision}, {scale})" if 0 < precision <= 38 else "numeric"
