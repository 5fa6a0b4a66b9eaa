"""One environment with Spark and one set of jars for all generated repositories with streams."""

from __future__ import annotations

import fcntl
import functools
import json
import shutil
import tempfile
from pathlib import Path

import environment as environments
import pytest

from platform_new import flow
from platform_new.samples import sample_source
from platform_new.spec.models import Platform, Spec

CACHE = Path(__file__).parents[2] / ".cache" / "stream-env"
MADE = (".venv-stream", ".jars")
TARGETS = (".venv-stream/installed", ".jars/spark/fetched", ".jars/kafka/fetched")
NEEDED = ("java", "mvn")
KEPT = ("stream/requirements.txt", "stream/spark.xml", "stream/kafka.xml")


@pytest.fixture(scope="session")
def stream_environment() -> Path:
    """A folder with `.venv-stream` and `.jars`, made by the Makefile of a generated repository."""
    for command in NEEDED:
        if shutil.which(command) is None:
            pytest.skip(f"`{command}` is not installed, which the streams need")
    CACHE.mkdir(parents=True, exist_ok=True)
    with open(CACHE / "lock", "w") as lock, tempfile.TemporaryDirectory() as scratch:
        fcntl.flock(lock, fcntl.LOCK_EX)
        spec = Spec(
            platform=Platform(name="every", processing="streaming"),
            sources=(sample_source("shop"),),
            event_sources=(sample_source("web"),),
        )
        flow.create(Path(scratch) / "every", spec, git=False)
        for name in ("Makefile", "pyproject.toml", "stream/stream.mk", *KEPT):
            text = (Path(scratch) / "every" / name).read_text(encoding="utf-8")
            (CACHE / name).parent.mkdir(exist_ok=True)
            if not (CACHE / name).exists() or (CACHE / name).read_text(encoding="utf-8") != text:
                (CACHE / name).write_text(text, encoding="utf-8")
        done = environments.run_make(CACHE, *TARGETS)
        if done.returncode:
            raise RuntimeError(f"the environment of the streams cannot be made:\n{done.stdout}")
    return CACHE


@pytest.fixture(scope="session")
def stream(environment: Path, stream_environment: Path):
    """Runs `make` in a generated repository with streams: `stream(folder, "stream").returncode`."""
    return functools.partial(_make, environment, stream_environment)


def _make(environment: Path, stream_environment: Path, folder: Path, *targets: str, **options):
    for name in MADE:
        if not (folder / name).exists():
            (folder / name).symlink_to(stream_environment / name)
    # What has been made counts as newer than the repository's files.
    untouched = [word for name in KEPT for word in ("-o", name)]
    return environments.make(environment, folder, *untouched, *targets, **options)


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
