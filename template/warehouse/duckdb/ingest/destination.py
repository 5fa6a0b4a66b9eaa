"""The production warehouse: the DuckDB file at `WAREHOUSE_PATH`."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

from dlt.common.destination import Destination

from ingest.errors import IngestError
from ingest.in_place import DuckDb

VARIABLE = "WAREHOUSE_PATH"


def production(**options: str) -> Destination:
    """The dlt destination. Raises `IngestError` if the variable is not set."""
    path = os.environ.get(VARIABLE)
    if not path:
        raise IngestError(f"{VARIABLE} is not set. Set it to the path of the production warehouse.")
    return DuckDb(path, destination_name="duckdb", **options)


def locked(what: str) -> AbstractContextManager[None]:
    """Nothing to hold: DuckDB lets only one process at a time open a file to write."""
    return nullcontext()
