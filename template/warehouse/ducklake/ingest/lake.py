"""The production warehouse: a DuckLake, whose catalog is a PostgreSQL database.

`python -m ingest.lake` forgets its former states, and deletes the files that only they need.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from importlib.resources import files

import duckdb

from ingest.errors import IngestError
from ingest.locking import WAITING, lock_number
from ingest.settings import load_env_file

NAME = "lake"
"""The database under which DuckDB has the lake."""
REQUIRED = (
    "LAKE_FILES",
    "WAREHOUSE_HOST",
    "WAREHOUSE_DATABASE",
    "WAREHOUSE_USER",
    "WAREHOUSE_PASSWORD",
)
EXTENSIONS = ("ducklake", "postgres_scanner")


def prepare() -> Iterator[str]:
    """The statements after which DuckDB can attach the lake as `ducklake:lake`.

    Raises `IngestError` naming the variables that are not set.
    """
    missing = [name for name in REQUIRED if not os.environ.get(name)]
    if missing:
        raise IngestError(f"To reach the production warehouse, set {', '.join(missing)}.")
    place, host, database, user, password = (os.environ[name] for name in REQUIRED)
    port = os.environ.get("WAREHOUSE_PORT") or "5432"
    if not port.isdecimal():
        raise IngestError("WAREHOUSE_PORT is not a number. Set it to the database server's port.")
    for name in EXTENSIONS:
        yield f"load {_literal(_extension(name))}"
    secret = {"host": host, "port": port, "database": database, "user": user, "password": password}
    parts = ", ".join(f"{name} {_literal(value)}" for name, value in secret.items())
    yield f"create or replace secret catalog (type postgres, {parts})"
    # A secret keeps the password out of the messages of errors.
    yield (
        f"create or replace secret {NAME} (type ducklake, metadata_path '', data_path "
        f"{_literal(place)}, metadata_parameters map {{'TYPE': 'postgres', 'SECRET': 'catalog'}})"
    )


def attach(connection: duckdb.DuckDBPyConnection) -> None:
    """Attach the lake, and use it. Raises `IngestError` naming the variables that are not set."""
    for statement in (*prepare(), f"attach 'ducklake:{NAME}' as {NAME}", f"use {NAME}"):
        connection.execute(statement)


@contextmanager
def locked(what: str) -> Generator[None]:
    """Hold a lock of this name in the catalog, for which processes on other machines wait, too.

    PostgreSQL releases it when the connection ends, even if this process is killed. Raises
    `IngestError` naming the variables that are not set.
    """
    ask = "from postgres_query('catalog', 'select pg_{}advisory_xact_lock({})')"
    with duckdb.connect() as connection:
        for statement in (*prepare(), "attach '' as catalog (type postgres, secret catalog)"):
            connection.execute(statement)
        connection.execute("begin")
        if connection.execute(ask.format("try_", lock_number(what))).fetchone() == (False,):
            print(WAITING.format(what), flush=True)
            connection.execute(ask.format("", lock_number(what)))
        yield


def main(words: list[str] | None = None) -> int:
    """The exit code of the command; 2 if variables are missing."""
    parser = argparse.ArgumentParser(prog="python -m ingest.lake", description=__doc__)
    parser.add_argument("--days", type=int, default=30, help="keep the states of so many days")
    days = max(parser.parse_args(words).days, 0)
    load_env_file()
    with duckdb.connect() as connection:
        try:
            attach(connection)
        except IngestError as error:
            print(error, file=sys.stderr)
            return 2
        old = f"older_than => now() - interval {days} days"
        forgotten = connection.execute(
            f"call ducklake_expire_snapshots('{NAME}', {old})"
        ).fetchall()
        connection.execute(f"call ducklake_merge_adjacent_files('{NAME}')")
        # A query that began before may still read them.
        unused = "older_than => now() - interval 1 day"
        deleted = connection.execute(
            f"call ducklake_cleanup_old_files('{NAME}', {unused})"
        ).fetchall()
    print(f"{len(forgotten):,} states forgotten, {len(deleted):,} files deleted")
    return 0


def _extension(name: str) -> str:
    """The path of the extension in its wheel: nothing is downloaded."""
    folder = files(f"duckdb_extension_{name}") / "extensions" / f"v{duckdb.__version__}"
    return str(folder / f"{name}.duckdb_extension")


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


if __name__ == "__main__":
    sys.exit(main())
