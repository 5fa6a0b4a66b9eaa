"""The log of the loads that changed each table, in `_dlt_table_loads` of each source's schema.

Incremental facts find the changed rows by it. `_dlt_loads`, dlt's own log, has only loads that were
completed, and not the tables. A row is logged in the transaction that changes the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dlt.common.utils import uniq_id
from dlt.destinations.sql_client import SqlClientBase

SqlClient = SqlClientBase[Any]

LOG = "_dlt_table_loads"


def create_log(client: SqlClient) -> None:
    """Create the log of the source that the client is connected to."""
    columns = "table_name text, load_id text, replaced boolean"
    client.execute_sql(f"create table if not exists {_log(client)} ({columns})")


def log_merge(client: SqlClient, table: str, staged: str) -> str:
    """The statement that logs that the staged rows are merged into the table."""
    return (
        f"insert into {_log(client)} select '{table}', max(_dlt_load_id), false from {staged} "
        "having count(*) > 0"
    )


def log_replace(client: SqlClient, table: str, staged: str) -> Iterator[str]:
    """The statements that log that the staged rows replace the table; its former loads are moot."""
    yield f"delete from {_log(client)} where table_name = '{table}'"
    yield (
        f"insert into {_log(client)} "
        f"select '{table}', coalesce(max(_dlt_load_id), 'no rows'), true from {staged}"
    )


def log_rename(client: SqlClient, name: str) -> Iterator[str]:
    """The statements that log that a renamed table has this name now, and so all its rows."""
    yield f"delete from {_log(client)} where table_name = '{name}'"
    yield f"insert into {_log(client)} values ('{name}', 'renamed {uniq_id()}', true)"


def _log(client: SqlClient) -> str:
    return client.make_qualified_table_name(LOG)
