"""The production warehouse: a PostgreSQL database, as the variables `WAREHOUSE_*` say."""

from __future__ import annotations

import os

import dlt
from dlt.common.destination import Destination

from ingest.errors import IngestError

REQUIRED = ("WAREHOUSE_HOST", "WAREHOUSE_DATABASE", "WAREHOUSE_USER", "WAREHOUSE_PASSWORD")


def production(**options: str) -> Destination:
    """The dlt destination. Raises `IngestError` naming the variables that are not set."""
    missing = [name for name in REQUIRED if name not in os.environ]
    if missing:
        raise IngestError(f"Not set: {', '.join(missing)}. The production warehouse is reached by them.")
    host, database, user, password = (os.environ[name] for name in REQUIRED)
    credentials = {
        "host": host,
        "port": int(os.environ.get("WAREHOUSE_PORT", "5432")),
        "database": database,
        "username": user,
        "password": password,
    }
    return dlt.destinations.postgres(credentials, **options)
