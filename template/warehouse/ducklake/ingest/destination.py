"""dlt's destination for the production warehouse: the DuckLake that the variables name."""

from __future__ import annotations

import os
from typing import Any

import duckdb
from dlt.common.destination import Destination
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.common.schema import Schema
from dlt.destinations import ducklake
from dlt.destinations.impl.ducklake.configuration import (
    DuckLakeClientConfiguration,
    DuckLakeCredentials,
)
from dlt.destinations.impl.ducklake.ducklake import DuckLakeClient
from dlt.destinations.impl.ducklake.sql_client import DuckLakeSqlClient

from ingest.in_place import InPlace
from ingest.lake import NAME, attach, locked, prepare


def production(**options: Any) -> Destination:
    """The dlt destination. Raises `IngestError` naming the variables that are not set."""
    # The first connection creates the lake, which DuckDB cannot do twice at once.
    with locked(NAME), duckdb.connect() as connection:
        attach(connection)
    place = os.environ["LAKE_FILES"]
    # dlt asks for a catalog, but the client below attaches it by a secret.
    credentials = DuckLakeCredentials(NAME, catalog="postgresql://catalog", storage=place)
    return _DuckLake(credentials, destination_name="ducklake", **options)


class _SqlClient(DuckLakeSqlClient):
    @property
    def attach_statement(self) -> str:
        return "; ".join((*prepare(), f"attach if not exists 'ducklake:{NAME}' as {NAME}"))


class _Client(InPlace, DuckLakeClient):
    def __init__(
        self,
        schema: Schema,
        config: DuckLakeClientConfiguration,
        capabilities: DestinationCapabilitiesContext,
    ) -> None:
        super().__init__(schema, config, capabilities)
        known = self.sql_client
        self.sql_client = _SqlClient(
            known.dataset_name, known.staging_dataset_name, config.credentials, capabilities
        )


class _DuckLake(ducklake):
    @property
    def client_class(self) -> type[DuckLakeClient]:
        return _Client
