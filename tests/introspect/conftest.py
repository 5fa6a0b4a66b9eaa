"""Databases of their own for the tests of introspection."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from platform_new.introspect import Sighting, look_at
from platform_new.spec.models import Source


@pytest.fixture(scope="session")
def make_postgres(postgres_url) -> Callable[[str, str], str]:
    """Makes a PostgreSQL database from statements; returns its address."""
    import psycopg

    def make(name: str, statements: str = "") -> str:
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
        host, _, port = mariadb_url.rpartition("@")[2].partition(":")
        connection = pymysql.connect(
            host=host, port=int(port), user="me", password="pw", client_flag=CLIENT.MULTI_STATEMENTS, autocommit=True
        )
        with connection, connection.cursor() as cursor:
            cursor.execute(f"drop database if exists `{name}`; create database `{name}`; use `{name}`")
            while cursor.nextset():
                pass
            if statements:
                cursor.execute(statements)
                while cursor.nextset():
                    pass
        return f"{mariadb_url}/{name}"

    return make


@pytest.fixture(scope="session")
def load_dataset(datasets, make_postgres) -> Callable[[str], str]:
    """Loads a public data set into PostgreSQL; returns its address."""

    def load(name: str) -> str:
        address = make_postgres(name)
        subprocess.run([datasets / name / "load.sh", address], check=True, capture_output=True)
        return address

    return load


def roles(source: Source) -> dict[str, str]:
    """The role of each table; lines say of what."""
    return {table.name: f"line of {table.line_of}" if table.line_of else table.role for table in source.tables}


def look(address: str | Path, **options) -> tuple[Source, Sighting]:
    """What `look_at` proposes, which must obey every rule of a spec and be the same when written and read."""
    from ruamel.yaml import YAML

    from platform_new.catalog import load_catalog
    from platform_new.spec.models import Platform, Spec
    from platform_new.spec.rules import check
    from platform_new.spec.write import source_yaml

    sighting = look_at(str(address), **options)
    findings = check(Spec(platform=Platform(name="acme"), sources=(sighting.source,)), load_catalog())
    assert findings == []
    text = source_yaml(sighting.source, sighting.reasons)
    assert Source.model_validate(YAML(typ="safe").load(text)) == sighting.source
    comments = " ".join(" ".join(line.partition("# ")[2] for line in text.splitlines()).split())
    for path, reason in sighting.reasons.items():
        assert " ".join(reason.split())[:40] in comments, path
    return sighting.source, sighting
