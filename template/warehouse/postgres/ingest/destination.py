"""The production warehouse: a PostgreSQL database, whose address is in `WAREHOUSE_URL`."""

from __future__ import annotations

import os

import dlt
from dlt.common.destination import Destination

from ingest.errors import IngestError

VARIABLE = "WAREHOUSE_URL"


def production(**options: str) -> Destination:
    """The dlt destination. Raises `IngestError` if the variable is not set."""
    url = os.environ.get(VARIABLE)
    if not url:
        raise IngestError(f"{VARIABLE} is not set: it holds the address of the production warehouse.")
    return dlt.destinations.postgres(url, **options)
