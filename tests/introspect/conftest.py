"""Separate databases for the tests of introspection."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable

import pytest

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
"""Workers share the servers, so each has databases with its own name."""


@pytest.fixture(scope="session")
def make_postgres(postgres_url) -> Callable[[str, str], str]:
    """Makes a PostgreSQL database from statements; returns its address."""
    import psycopg

    def make(name: str, statements: str = "") -> str:
        name += WORKER
        with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
            connection.execute(f'drop database if exists "{name}" with (force)')
            connection.execute(f'create database "{name}" template template0')
        if statements:
            with psycopg.connect(f"{postgres_url}/{name}") as connection:
                connection.execute(statements)
        return f"{postgres_url}/{name}"

    return make


@pytest.fixture(scope="session")
def make_mariadb(mariadb_url) -> Callable[[str, str], str]:
    """Makes a MariaDB database from statements; returns its address."""
    import pymysql
    from pymysql.constants import CLIENT

    def make(name: str, statements: str = "") -> str:
        name += WORKER
        host, _, port = mariadb_url.rpartition("@")[2].partition(":")
        connection = pymysql.connect(
            host=host,
            port=int(port),
            user="me",
            password="pw",
            client_flag=CLIENT.MULTI_STATEMENTS,
            autocommit=True,
            charset="utf8mb4",
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(
                f"drop database if exists `{name}`; create database `{name}` character set utf8mb4; use `{name}`"
            )
            while cursor.nextset():
                pass
            if statements:
                cursor.execute(statements)
                while cursor.nextset():
                    pass
        return f"{mariadb_url}/{name}"

    return make


@pytest.fixture(scope="session")
def load_dataset(datasets, postgres_url) -> Callable[[str], str]:
    """Loads a public data set into PostgreSQL, once for all workers; returns its address."""
    import psycopg

    def load(name: str) -> str:
        address = f"{postgres_url}/{name}"
        with psycopg.connect(f"{postgres_url}/postgres", autocommit=True) as connection:
            connection.execute("select pg_advisory_lock(hashtext(%s))", [name])
            if not connection.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
                connection.execute(f'create database "{name}" template template0')
                subprocess.run([datasets / name / "load.sh", address], check=True, capture_output=True)
        return address

    return load
