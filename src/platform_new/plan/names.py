"""Names in the generated SQL: unique within a model, free of reserved words, short enough for every warehouse."""

from __future__ import annotations

import hashlib

MAX_LENGTH = 63
"""PostgreSQL cuts identifiers at 63 bytes (documentation, "Lexical Structure"); the other warehouses allow more."""

RESERVED = frozenset(
    """
    all alter analyse analyze and anti any array as asc asof assert_rows_modified asymmetric at authorization
    between binary both by case cast check collate collation column concurrently connect connection constraint
    contains create cross cube current current_catalog current_date current_role current_schema current_time
    current_timestamp current_user database default deferrable define delete desc describe distinct do drop
    else end enum escape except exclude exists extract false fetch following for foreign freeze from full glob
    grant group grouping groups gscluster hash having if ignore ilike in increment initially inner insert
    intersect interval into is isnull issue join lambda lateral leading left like limit localtime
    localtimestamp lookup map merge minus natural new no not notnull null nulls of off offset old on only or
    order organization outer over overlaps partition pivot pivot_longer pivot_wider placing positional
    preceding primary proto qualify range recursive references regexp respect returning revoke right rlike
    rollup row rows sample schema select semi session_user set show similar some start struct summarize
    symmetric sysdate system table tablesample then to top trailing treat trigger true try_cast unbounded
    union unique unnest unpivot update user using values variadic verbose view when whenever where window with
    within
    """.split()
)
"""Words that at least one of DuckDB, PostgreSQL, Snowflake, BigQuery, Redshift or Databricks reserves."""


def fit(name: str) -> str:
    """Shorten a name that is too long, keeping it distinct by a digest of the whole."""
    if len(name) <= MAX_LENGTH:
        return name
    digest = hashlib.sha256(name.encode()).hexdigest()[:6]
    return f"{name[: MAX_LENGTH - 7].rstrip('_')}_{digest}"


def column_name(name: str, table: str, taken: frozenset[str] | set[str]) -> str:
    """The staged name of a landed column: its own, or with the table's name before a reserved word."""
    return name if name not in RESERVED else distinct(f"{table}_{name}", taken)


def alias(name: str) -> str:
    """A name for a common table expression over the rows of a table."""
    return f"{name}_rows" if name in RESERVED else name


def distinct(name: str, taken: frozenset[str] | set[str]) -> str:
    """The name, fitted, with a number behind it if it is taken."""
    candidate, number = fit(name), 2
    while candidate in taken:
        candidate, number = fit(f"{name}_{number}"), number + 1
    return candidate


def stem(column: str) -> str:
    """What a key column names: `customer_id` names the customer."""
    for suffix in ("_id", "_key", "_code", "_no", "_number", "_fk", "_uuid"):
        if column.endswith(suffix) and len(column) > len(suffix):
            return column.removesuffix(suffix)
    return column
