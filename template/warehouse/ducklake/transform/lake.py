"""A plugin of dbt-duckdb that lets DuckDB attach the lake of the production target."""

from dbt.adapters.duckdb.plugins import BasePlugin
from duckdb import DuckDBPyConnection

from ingest.lake import prepare


class Plugin(BasePlugin):
    """Loads the extensions from their packages, and creates the secrets."""

    def configure_connection(self, conn: DuckDBPyConnection) -> None:
        """Prepare a connection before dbt attaches the lake."""
        for statement in prepare():
            conn.execute(statement)
