"""From a live database to a green run, compared with handwritten dlt and dbt on the same tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time
from pathlib import Path

from tests.bench.ingestion import psql
from tests.bench.timing import in_turn, table

TABLES, ROWS = 12, 20_000
BY_HAND = """
    import os
    import adbc_driver_postgresql.dbapi as adbc, dlt, pyarrow as pa
    connection = adbc.connect(url)
    def rows(n):
        # ADBC returns decimals as a type that dlt does not support.
        link = f", t{n + 1}_id" if n % 4 < 3 and n + 1 < count else ""
        with connection.cursor() as cursor:
            cursor.execute(f"select t{n}_id, code, amount::float8 as amount, happened_at{link} from t{n}")
            for batch in cursor.fetch_record_batch():
                yield pa.Table.from_batches([batch])
    tables = [dlt.resource(rows, name=f"t{n}", write_disposition="replace")(n) for n in range(count)]
    target = dlt.destinations.duckdb("data/local.duckdb")
    pipeline = dlt.pipeline("hand", pipelines_dir="data/hand", destination=target, dataset_name="raw_bench_whole")
    pipeline.run(tables, loader_file_format="parquet")
"""


def measure(server: str, runs: int = 3) -> str:
    """The table of results, as Markdown. `server` is the base address of a PostgreSQL server."""
    url = f"{server}/bench_whole"
    psql(f"{server}/postgres", "drop database if exists bench_whole", "create database bench_whole")
    psql(url, *_tables())
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _create(folder, "first", url)
        subprocess.run(["make", "setup"], cwd=folder / "first", check=True, stdout=subprocess.DEVNULL)
        environment = folder / "first/.venv"
        contenders = {
            "platform-new, then make run": lambda: _ours(folder, environment, url),
            "handwritten dlt, then dbt build": lambda: _by_hand(folder / "first", environment, url),
        }
        medians = in_turn(contenders, runs, warmups=1)
    ours, theirs = medians.values()
    headings = ["method", f"{TABLES} tables of {ROWS:,} rows"]
    rows = [[name, f"{taken:.1f} s"] for name, taken in medians.items()]
    return table(headings, [*rows, ["ratio", f"{ours / theirs:.2f}×"]])


def _tables() -> list[str]:
    made = []
    for n in range(TABLES):
        link = f", i % {ROWS} + 1 as t{n + 1}_id" if n % 4 < 3 and n + 1 < TABLES else ""
        made.append(
            f"create table t{n} as "
            f"select i as t{n}_id, 'code ' || i as code, (i % 1000 / 10.0)::numeric(9, 2) as amount, "
            f"timestamp '2024-01-01' + i * interval '1 minute' as happened_at{link} "
            f"from generate_series(1, {ROWS}) as i"
        )
        made.append(f"alter table t{n} add primary key (t{n}_id)")
    keys = [n for n in range(TABLES) if n % 4 < 3 and n + 1 < TABLES]
    return [*made, *(f"alter table t{n} add foreign key (t{n + 1}_id) references t{n + 1}" for n in keys), "analyze"]


def _create(folder: Path, name: str, url: str) -> None:
    command = Path(sys.executable).parent / "platform-new"
    subprocess.run(
        [str(command), name, "--from", url, "--yes", "--no-git", "--orchestrator", "none", "--ci", "none"],
        cwd=folder, check=True, stdout=subprocess.DEVNULL,
    )  # fmt: skip


def _ours(folder: Path, environment: Path, url: str) -> float:
    """Introspecting, generating and running. The environment is prepared, as it is for `_by_hand`."""
    shutil.rmtree(folder / "ours", ignore_errors=True)
    started = time.perf_counter()
    _create(folder, "ours", url)
    (folder / "ours/.venv").symlink_to(environment)
    variables = os.environ | {"BENCH_WHOLE_URL": url}
    subprocess.run(
        [str(environment / "bin/python"), "run.py"],
        cwd=folder / "ours",
        check=True,
        stdout=subprocess.DEVNULL,
        env=variables,
    )
    return time.perf_counter() - started


def _by_hand(repository: Path, environment: Path, url: str) -> float:
    """The same tables and the same dbt project, without platform-new."""
    shutil.rmtree(repository / "data", ignore_errors=True)
    (repository / "data").mkdir()
    program = f"url, count = {url!r}, {TABLES}\n{textwrap.dedent(BY_HAND)}"
    dbt = [
        str(environment / "bin/dbt"),
        "--quiet",
        "build",
        "--project-dir",
        "transform",
        "--profiles-dir",
        "transform",
    ]
    variables = os.environ | {"DO_NOT_TRACK": "1", "PLATFORM_ROOT": str(repository)}
    started = time.perf_counter()
    subprocess.run(
        [str(environment / "bin/python"), "-c", program],
        cwd=repository,
        check=True,
        stdout=subprocess.DEVNULL,
        env=variables,
    )
    subprocess.run(dbt, cwd=repository, check=True, stdout=subprocess.DEVNULL, env=variables)
    return time.perf_counter() - started
