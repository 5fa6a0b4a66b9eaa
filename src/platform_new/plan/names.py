"""Names in the generated SQL: without reserved words, and the entity that a key column names."""

from __future__ import annotations

from platform_new.spec.names import distinct

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


def column_name(name: str, table: str, taken: frozenset[str] | set[str]) -> str:
    """The staged name of a raw column: its own name, prefixed with the table's name if it is a reserved word."""
    return name if name not in RESERVED else distinct(f"{table}_{name}", taken)


def alias(name: str) -> str:
    """A name for a common table expression over the rows of a table."""
    return f"{name}_rows" if name in RESERVED else name


def stem(column: str) -> str:
    """The entity that a key column names: `customer` for `customer_id`."""
    for suffix in ("_id", "_key", "_code", "_no", "_number", "_fk", "_uuid"):
        if column.endswith(suffix) and len(column) > len(suffix):
            return column.removesuffix(suffix)
    return column
