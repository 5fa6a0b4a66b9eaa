"""Empty databases for histories on servers."""

from __future__ import annotations

import uuid
from contextlib import closing

import psycopg
import pymysql
import servers


def fresh(engine: str) -> str:
    """Create an empty database on the test server of an engine; returns its URL. Raises `servers.NotInstalled`."""
    server, name = servers.server_url(engine), f"history_{uuid.uuid4().hex[:8]}"
    if engine == "postgres":
        with psycopg.connect(f"{server}/postgres", autocommit=True) as connection:
            connection.execute(f"create database {name}")
    else:
        with closing(pymysql.connect(**mysql(server))) as connection:
            connection.cursor().execute(f"create database {name}")
    return f"{server}/{name}"


def mysql(address: str) -> dict[str, object]:
    """The pymysql connection arguments for a URL."""
    from urllib.parse import urlsplit

    parts = urlsplit(address)
    whole = {
        "host": parts.hostname,
        "port": parts.port,
        "user": parts.username,
        "password": parts.password,
        "database": parts.path.removeprefix("/"),
    }
    return {name: value for name, value in whole.items() if value}
