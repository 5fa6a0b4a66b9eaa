"""The production warehouse: the PostgreSQL database that the `WAREHOUSE_*` variables name."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import closing, contextmanager
from typing import Any

import psycopg2
import pyarrow.parquet as parquet
from dlt.common.configuration import configspec
from dlt.common.destination import Destination
from dlt.common.destination.client import LoadJob
from dlt.destinations import postgres
from dlt.destinations.impl.postgres.configuration import (
    PostgresClientConfiguration,
    PostgresCredentials,
)
from dlt.destinations.impl.postgres.postgres import PostgresClient
from dlt.destinations.job_impl import FinalizedLoadJobWithFollowupJobs

from ingest.errors import IngestError
from ingest.in_place import InPlace
from ingest.locking import WAITING, lock_number

REQUIRED = ("WAREHOUSE_HOST", "WAREHOUSE_DATABASE", "WAREHOUSE_USER", "WAREHOUSE_PASSWORD")


def production(**options: str) -> Destination:
    """The dlt destination. Raises `IngestError` naming the variables that are not set."""
    return _Postgres(_credentials(), destination_name="postgres", **options)


@contextmanager
def locked(what: str) -> Generator[None]:
    """Hold a lock of this name in the warehouse, for which processes on other machines wait, too.

    PostgreSQL releases it when the connection ends, even if this process is killed. Raises
    `IngestError` naming the variables that are not set.
    """
    key = lock_number(what)
    account = _credentials()
    account["dbname"], account["user"] = account.pop("database"), account.pop("username")
    # Networks drop connections that are silent during a long load.
    with closing(psycopg2.connect(**account, keepalives_idle=60)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select pg_try_advisory_lock(%s)", (key,))
            if cursor.fetchone() == (False,):
                print(WAITING.format(what), flush=True)
                cursor.execute("select pg_advisory_lock(%s)", (key,))
            yield


def _credentials() -> dict[str, Any]:
    missing = [name for name in REQUIRED if name not in os.environ]
    if missing:
        raise IngestError(f"To reach the production warehouse, set {', '.join(missing)}.")
    host, database, user, password = (os.environ[name] for name in REQUIRED)
    port = os.environ.get("WAREHOUSE_PORT") or "5432"
    if not port.isdecimal():
        raise IngestError("WAREHOUSE_PORT is not a number. Set it to the database server's port.")
    return {
        "host": host,
        "port": int(port),
        "database": database,
        "username": user,
        "password": password,
    }


@configspec(init=False)
class _Credentials(PostgresCredentials):
    def to_native_representation(self) -> str:
        # dlt 1.31 leaves spaces as they are, and the driver would then show the password.
        return super().to_native_representation().replace(" ", "%20")


@configspec
class _Configuration(PostgresClientConfiguration):
    credentials: _Credentials = None


class _Client(InPlace, PostgresClient):
    def prepare_loads(self) -> None:
        """Also index the load of each row of incremental tables, by which facts find changed rows.

        A load writes its rows to neighbouring pages, which a BRIN index finds at next to no cost.
        """
        super().prepare_loads()
        for table in self.schema.data_tables():
            if any(column.get("primary_key") for column in table["columns"].values()):
                name = self.sql_client.escape_column_name(f"{table['name'][:50]}__load")
                place = self.sql_client.make_qualified_table_name(table["name"])
                self.sql_client.execute_sql(
                    f"create index if not exists {name} on {place} using brin (_dlt_load_id)"
                )

    def create_load_job(
        self, table: Any, file_path: str, load_id: str, restore: bool = False
    ) -> LoadJob:
        # dlt 1.31 cannot copy a file without rows, and there is nothing to copy.
        if file_path.endswith(".parquet") and not parquet.read_metadata(file_path).num_rows:
            return FinalizedLoadJobWithFollowupJobs(file_path)
        return super().create_load_job(table, file_path, load_id, restore)


class _Postgres(postgres):
    spec = _Configuration

    @property
    def client_class(self) -> type[PostgresClient]:
        return _Client
