"""Reads a DuckLake, whose catalog is a PostgreSQL database."""

from __future__ import annotations

from importlib.resources import files

import duckdb
import psycopg

EXTENSIONS = ("ducklake", "postgres_scanner")


def exists(catalog: str) -> bool:
    """Whether there is a lake in the database with this URL."""
    with psycopg.connect(catalog) as connection:
        return connection.execute("select to_regclass('ducklake_metadata')").fetchone() != (None,)


def connect(catalog: str) -> duckdb.DuckDBPyConnection:
    """A connection that reads the lake and no other database; `catalog` is the URL of the database."""
    connection = duckdb.connect()
    for name in EXTENSIONS:
        folder = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
        connection.load_extension(str(folder / f"{name}.duckdb_extension"))
    connection.execute(f"attach 'ducklake:postgres:{catalog}' as lake (read_only)")
    connection.execute("use lake; set timezone = 'UTC'")
    return connection
