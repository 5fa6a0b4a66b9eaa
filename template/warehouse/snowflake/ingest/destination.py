"""The production warehouse: the Snowflake database that the `SNOWFLAKE_*` variables name."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager
from typing import Any

from dlt.common.destination import Destination
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.destinations import snowflake
from dlt.destinations.impl.snowflake.configuration import (
    SnowflakeClientConfiguration,
    SnowflakeCredentials,
)
from dlt.destinations.impl.snowflake.snowflake import SnowflakeClient
from dlt.destinations.impl.snowflake.sql_client import SnowflakeSqlClient

from ingest.errors import IngestError
from ingest.in_place import InPlace
from ingest.lease import leased
from ingest.spec import platform_name

REQUIRED = (
    "SNOWFLAKE_ACCOUNT",
    "SNOWFLAKE_DATABASE",
    "SNOWFLAKE_WAREHOUSE",
    "SNOWFLAKE_ROLE",
    "SNOWFLAKE_USER",
)
SECRETS = ("SNOWFLAKE_PRIVATE_KEY", "SNOWFLAKE_PASSWORD")


def production(**options: Any) -> Destination:
    """The dlt destination. Raises `IngestError` naming the variables that are not set."""
    options |= {
        "naming_convention": "ingest.folding",
        # One at a time, so that an error is that of one statement.
        "supports_multiple_statements": False,
        "preferred_loader_file_format": "parquet",
        "keep_staged_files": False,
        # Names the queries of this platform in the account's query history.
        "query_tag": f"ingest {platform_name()}",
    }
    return _Snowflake(_credentials(), destination_name="snowflake", **options)


def locked(what: str) -> AbstractContextManager[None]:
    """Hold a lock of this name in the database, for which processes on other machines wait, too.

    Raises `IngestError` naming the variables that are not set.
    """
    return leased(what, _credentials().to_connector_params())


def _credentials() -> SnowflakeCredentials:
    missing = [name for name in REQUIRED if not os.environ.get(name)]
    if not any(os.environ.get(name) for name in SECRETS):
        missing.append(" or ".join(SECRETS))
    if missing:
        raise IngestError(f"To reach the production warehouse, set {', '.join(missing)}.")
    account, database, warehouse, role, user = (os.environ[name] for name in REQUIRED)
    key, password = (os.environ.get(name) or None for name in SECRETS)
    credentials = SnowflakeCredentials()
    credentials.host, credentials.database, credentials.warehouse = account, database, warehouse
    credentials.role, credentials.username = role, user
    credentials.private_key = key
    credentials.private_key_passphrase = os.environ.get("SNOWFLAKE_PRIVATE_KEY_PASSPHRASE") or None
    credentials.password = None if key else password
    # dlt would report its own name to Snowflake.
    credentials.application = ""
    return credentials


class _SqlClient(SnowflakeSqlClient):
    commits_ddl = True

    def create_dataset(self) -> None:
        """Staged rows are needed once: they are not worth a fail-safe, which costs storage."""
        kind = "transient schema" if self.is_staging_dataset_active else "schema"
        self.execute_sql(f"create {kind} if not exists {self.fully_qualified_dataset_name()}")


class _Client(InPlace, SnowflakeClient):
    def __init__(
        self,
        schema: Schema,
        config: SnowflakeClientConfiguration,
        capabilities: DestinationCapabilitiesContext,
    ) -> None:
        super().__init__(schema, config, capabilities)
        known = self.sql_client
        self.sql_client = _SqlClient(
            known.dataset_name,
            known.staging_dataset_name,
            config.credentials,
            capabilities,
            config.query_tag,
        )


class _Snowflake(snowflake):
    @property
    def client_class(self) -> type[SnowflakeClient]:
        return _Client
