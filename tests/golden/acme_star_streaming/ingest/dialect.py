"""What differs between the warehouses and is not in the statements that dlt writes."""

from __future__ import annotations

from typing import Any

from dlt.destinations.sql_client import SqlClientBase

SqlClient = SqlClientBase[Any]


def stored(client: SqlClient, name: str) -> str:
    """The name as the warehouse stores it, for queries of its information schema."""
    return client.capabilities.casefold_identifier(name)


def of_spec(client: SqlClient, name: str) -> str:
    """The name of the spec that is stored as `name`; any other name stays as it is."""
    lower = name.lower()
    return lower if stored(client, lower) == name else name


def drop_table(client: SqlClient, place: str) -> str:
    """The statement that drops a table, and on PostgreSQL the views that would prevent it."""
    depends = client.capabilities.sqlglot_dialect == "postgres"
    return f"drop table {place}{' cascade' if depends else ''}"


def commits_ddl(client: SqlClient) -> bool:
    """Whether a statement that changes a table commits the transaction: the client says so.

    dlt's `supports_ddl_transactions` is not used for that: without it, dlt gives up transactions
    for all statements with a word such as `created_at`.
    """
    return getattr(client, "commits_ddl", False)
