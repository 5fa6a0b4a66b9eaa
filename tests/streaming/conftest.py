"""One environment with Spark and one set of jars for all generated repositories with streams."""

from __future__ import annotations

import functools
import json
import os
import shutil
from pathlib import Path

import environment as environments
import pytest
from github_repository import GithubRepository
from local_kafka import LocalKafka

CACHE = Path(__file__).parents[2] / ".cache"


@pytest.fixture(scope="session")
def stream_environment() -> Path:
    """A folder with `.venv-stream` and `.jars`, made by the Makefile of a generated repository."""
    for command in environments.STREAMS_NEED:
        if shutil.which(command) is None:
            pytest.skip(f"`{command}` is not installed, which the streams need")
    made = environments.stream_environment(CACHE)
    os.environ.update(environments.quick(made))
    return made


@pytest.fixture(scope="session")
def stream(environment: Path, stream_environment: Path):
    """Runs `make` in a generated repository with streams: `stream(folder, "stream").returncode`."""
    return functools.partial(_make, environment, stream_environment)


def _make(environment: Path, stream_environment: Path, folder: Path, *targets: str, **options):
    for name in environments.STREAM_PARTS:
        if not (folder / name).exists():
            (folder / name).symlink_to(stream_environment / name)
    # What has been made counts as newer than the repository's files.
    untouched = [word for name in environments.STREAM_FILES for word in ("-o", name)]
    return environments.make(environment, folder, *untouched, *targets, **options)


@pytest.fixture(scope="session")
def kafka(stream_environment: Path, tmp_path_factory):
    """The one broker; tests that use it are of the group `broker`, so that one worker starts it."""
    kafka = LocalKafka(tmp_path_factory.mktemp("kafka"), stream_environment / ".jars/kafka")
    kafka.start()
    yield kafka
    kafka.stop()


@pytest.fixture(scope="session")
def github(datasets: Path, stream_environment: Path, kafka: LocalKafka, tmp_path_factory) -> GithubRepository:
    """A repository whose topics hold the public GitHub events."""
    return GithubRepository(tmp_path_factory.mktemp("github") / "events", datasets, stream_environment, kafka)


@pytest.fixture(scope="session")
def lake_rows():
    """Reads a table of a lake as DuckDB sees it: `lake_rows(environment, folder, sql)`, with `{lake}` in the SQL."""
    return _lake_rows


PROGRAM = """
import json, pathlib, sys
import duckdb, duckdb_extension_delta
extension = next(pathlib.Path(next(iter(duckdb_extension_delta.__path__))).rglob("delta.duckdb_extension"))
connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
connection.execute(f"load '{extension}'")
print(json.dumps(connection.execute(sys.argv[1]).fetchall(), default=str))
"""


def _lake_rows(environment: Path, lake: Path, sql: str) -> list[tuple]:
    import subprocess

    command = [environment / "bin/python", "-c", PROGRAM, sql.format(lake=lake)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return [tuple(row) for row in json.loads(done.stdout)]
