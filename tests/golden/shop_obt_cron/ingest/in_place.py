"""The last step of a load: staged rows replace the loaded rows or are merged, in one transaction.

dlt loads each table into a staging dataset first. This module extends dlt's next step: a loaded
table whose column types differ from the spec is rebuilt in the same transaction, so that a failed
load leaves the table and its views unchanged. dlt itself never alters a column.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from dlt.common.destination import PreparedTableSchema
from dlt.common.destination.client import FollowupJobRequest
from dlt.common.schema.typing import TSchemaTables
from dlt.common.schema.utils import get_columns_names_with_prop, get_dedup_sort_tuple
from dlt.destinations import duckdb
from dlt.destinations.exceptions import DatabaseException
from dlt.destinations.impl.duckdb.duck import DuckDbClient
from dlt.destinations.sql_client import SqlClientBase
from dlt.destinations.sql_jobs import SqlMergeFollowupJob, SqlStagingReplaceFollowupJob

from ingest.dialect import commits_ddl, drop_table, of_spec, stored
from ingest.errors import IngestError
from ingest.table_loads import create_log, log_merge, log_replace

SqlClient = SqlClientBase[Any]
Chain = Sequence[PreparedTableSchema]

EXACT = ("numeric", "number")
"""The names that information schemas have for exact numbers."""


class Merge(SqlMergeFollowupJob):
    """Merges by key; of the rows with the same key, the row with the newest cursor wins."""

    @classmethod
    def generate_sql(cls, table_chain: Chain, sql_client: SqlClient) -> list[str]:
        """The statements that merge the staged rows, and log the load."""
        name = table_chain[0]["name"]
        _, staged = sql_client.get_qualified_table_names(name)
        merge = super().generate_sql(table_chain, sql_client)
        return [*merge, log_merge(sql_client, name, staged)]

    @classmethod
    def _gen_table_setup_clauses(cls, table_chain: Chain, sql_client: SqlClient) -> list[str]:
        statements = _recast(table_chain[0], sql_client)
        if not commits_ddl(sql_client):
            return statements
        # They would commit the merge halfway. Each loses nothing if the merge fails.
        for statement in statements:
            sql_client.execute_sql(statement)
        return []

    @classmethod
    def gen_key_table_clauses(
        cls,
        root_table_name: str,
        staging_root_table_name: str,
        primary_keys: Sequence[str],
        merge_keys: Sequence[str],
        **more: Any,
    ) -> list[str]:
        """One statement per key: with `or`, engines compare all pairs of rows."""
        names = root_table_name, staging_root_table_name
        of_key = super().gen_key_table_clauses
        keys = [key for key in (primary_keys, merge_keys) if key]
        return [clause for key in keys for clause in of_key(*names, key, [], **more)]

    @classmethod
    def gen_select_from_dedup_sql(
        cls,
        table_name: str,
        primary_keys: Sequence[str],
        columns: Sequence[str],
        dedup_sort: Any = None,
        *rest: Any,
        **more: Any,
    ) -> str:
        """The newest row of each key; a row without a cursor counts as the oldest."""
        if dedup_sort:
            dedup_sort = (dedup_sort[0], "desc nulls last")
        return super().gen_select_from_dedup_sql(
            table_name, primary_keys, columns, dedup_sort, *rest, **more
        )


class Replace(SqlStagingReplaceFollowupJob):
    """Replaces all rows; recreates a table whose types have changed."""

    @classmethod
    def generate_sql(cls, table_chain: Chain, sql_client: SqlClient) -> list[str]:
        """The statements that replace the loaded rows with the staged rows, and log the load."""
        table = table_chain[0]
        name, staged = sql_client.get_qualified_table_names(table["name"])
        columns = [sql_client.escape_column_name(column) for column in table["columns"]]
        rows = f"select {', '.join(columns)} from {staged}"
        keys = get_columns_names_with_prop(table, "primary_key")
        if sort := get_dedup_sort_tuple(table):
            escaped = [sql_client.escape_column_name(key) for key in keys]
            if _has_duplicates(staged, escaped, sql_client):
                order = (sql_client.escape_column_name(sort[0]), sort[1])
                rows = Merge.gen_select_from_dedup_sql(staged, escaped, columns, order)
        log = log_replace(sql_client, table["name"], staged)
        if _changed(table, sql_client):
            return [*log, *_recreate(name, rows, sql_client)]
        return [*log, f"delete from {name}", f"insert into {name} ({', '.join(columns)}) {rows}"]


class InPlace:
    """A mixin for dlt's clients, the same for every warehouse."""

    def update_stored_schema(
        self,
        only_tables: Iterable[str] | None = None,
        expected_update: TSchemaTables | None = None,
        force: bool = False,
    ) -> TSchemaTables | None:
        """Create missing tables even if dlt has recorded them: they may have been dropped by hand.

        Staging tables are recreated, so that they always have the types of this load.
        """
        names = list(only_tables or ())
        if self.sql_client.is_staging_dataset_active:
            data = [name for name in names if name in self.schema.data_table_names()]
            if data and self.is_storage_initialized():
                self.sql_client.drop_tables(*data)
        updated = super().update_stored_schema(names, expected_update, force=True)
        if not self.sql_client.is_staging_dataset_active:
            self.prepare_loads()
        return updated

    def prepare_loads(self) -> None:
        """Create what loads need besides the tables, once these exist."""
        create_log(self.sql_client)

    def _create_merge_followup_jobs(self, table_chain: Chain) -> list[FollowupJobRequest]:
        with self.sql_client as client:
            return [Merge.from_table_chain(table_chain, client)]

    def _create_replace_followup_jobs(self, table_chain: Chain) -> list[FollowupJobRequest]:
        with self.sql_client as client:
            return [Replace.from_table_chain(table_chain, client)]


class DuckDb(duckdb):
    """dlt's DuckDB destination with this last step."""

    @property
    def client_class(self) -> type[DuckDbClient]:
        """The client with the mixin."""
        return _DuckDbClient


class _DuckDbClient(InPlace, DuckDbClient):
    pass


def _recast(table: PreparedTableSchema, sql_client: SqlClient) -> list[str]:
    """Statements that cast the loaded rows to the types of the staged rows, without loss."""
    name, _ = sql_client.get_qualified_table_names(table["name"])
    changed = _changed(table, sql_client)
    if not changed:
        # Columns of a former key can now be NULL.
        freed = _columns(sql_client, table["name"], required=True).keys() - _required(table)
        return [
            f"alter table {name} alter column {sql_client.escape_column_name(column)} drop not null"
            for column in sorted(freed)
        ]
    mapper = sql_client.capabilities.get_type_mapper()
    casts = []
    for column, (before, _) in changed.items():
        quoted = sql_client.escape_column_name(column)
        wanted = mapper.to_destination_type(table["columns"][column], table)
        _check_fit(name, column, quoted, wanted, before, sql_client)
        casts.append((column, f"{_cast(quoted, before, wanted)} as {quoted}"))
    by_name = dict(casts)
    chosen = [
        by_name.get(column, sql_client.escape_column_name(column))
        for column in _columns(sql_client, table["name"])
    ]
    rows = f"select {', '.join(chosen)} from {name}"
    if commits_ddl(sql_client):
        return _recreate(name, rows, sql_client)
    aside = SqlMergeFollowupJob._new_temp_table_name(table["name"], "recast", sql_client)
    quoted_aside = sql_client.make_qualified_table_name(aside)
    return [
        f"create table {quoted_aside} as {rows}",
        drop_table(sql_client, name),
        f"alter table {quoted_aside} rename to {sql_client.escape_column_name(table['name'])}",
    ]


def _recreate(name: str, rows: str, client: SqlClient) -> list[str]:
    """Replace a table by the rows of a query, and its types by theirs."""
    if commits_ddl(client):
        return [f"create or replace table {name} as {rows}"]
    return [drop_table(client, name), f"create table {name} as {rows}"]


def _cast(expression: str, before: str, wanted: str) -> str:
    # A timestamp without a zone is in UTC, as is the session of a warehouse with other types.
    if all(re.match(r"timestamp\b", type_, re.IGNORECASE) for type_ in (before, wanted)):
        zoned = [" with time zone" in type_.lower() for type_ in (before, wanted)]
        return expression if zoned[0] == zoned[1] else f"({expression} at time zone 'UTC')"
    return f"cast({expression} as {wanted})"


def _check_fit(
    name: str, column: str, quoted: str, wanted: str, before: str, client: SqlClient
) -> None:
    again = _cast(_cast(quoted, before, wanted), wanted, before)
    query = f"select count(*) from {name} where {quoted} is distinct from {again}"
    try:
        misfits = client.execute_sql(query)[0][0]
    except DatabaseException as error:
        misfits = f"some ({str(error).splitlines()[0]})"
    if misfits:
        raise IngestError(
            f"column `{column}` cannot become {wanted}, because {misfits} of the loaded values do "
            f"not fit. Set a wider type, or reload the table in full",
            flags="--full",
        )


def _has_duplicates(table: str, keys: Sequence[str], client: SqlClient) -> bool:
    by = ", ".join(keys)
    query = f"select 1 from {table} group by {by} having count(*) > 1 limit 1"
    return bool(client.execute_sql(query))


def _changed(table: PreparedTableSchema, client: SqlClient) -> dict[str, tuple[str, str]]:
    """Columns whose types differ between the loaded and the staged table: (loaded, staged)."""
    landed = _columns(client, table["name"])
    with client.with_staging_dataset():
        staged = _columns(client, table["name"])
    return {
        name: (landed[name], type_)
        for name, type_ in staged.items()
        if name in landed and landed[name] != type_
    }


def _required(table: PreparedTableSchema) -> set[str]:
    return {name for name, column in table["columns"].items() if not column.get("nullable", True)}


def _columns(client: SqlClient, table: str, required: bool = False) -> dict[str, str]:
    """The columns of a table with their SQL types; only `required` columns, or all."""
    if client.capabilities.sqlglot_dialect == "duckdb":
        # Twenty times as fast as the information schema.
        rows = client.execute_sql(f"describe {client.make_qualified_table_name(table)}")
        found = [(name, type_, nullable) for name, type_, nullable, *_ in rows]
    else:
        query = (
            "select column_name, data_type, numeric_precision, numeric_scale, is_nullable "
            "from information_schema.columns where table_schema = %s and table_name = %s "
            "order by ordinal_position"
        )
        found = [
            (of_spec(client, name), _exact(type_, digits, scale), null)
            for name, type_, digits, scale, null in client.execute_sql(
                query, stored(client, client.dataset_name), stored(client, table)
            )
        ]
    return {name: type_ for name, type_, null in found if null == "NO" or not required}


def _exact(type_: str, digits: int | None, scale: int | None) -> str:
    """A type with its digits, if it is exact and has them."""
    return f"{type_}({digits}, {scale})" if type_.lower() in EXACT and digits else type_
