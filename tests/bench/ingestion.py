"""A million rows from PostgreSQL to DuckDB with the generated ingestion, compared with COPY, ADBC and plain dlt."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import tempfile
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from platform_new import flow
from platform_new.introspect import introspect
from platform_new.spec.models import Platform, Spec
from tests.bench.timing import in_turn, table

ROWS = 1_000_000
TABLE = f"""
create table events as
select
    n as event_id,
    n % 50000 as customer_id,
    (n % 97)::integer as kind,
    ((n::bigint * 7919 % 1000000) / 100.0)::numeric(12, 2) as amount,
    (n % 1000) / 7.0::double precision as score,
    n % 3 = 0 as is_paid,
    timestamp '2024-01-01' + n * interval '17 second' as happened_at,
    date '2024-01-01' + (n % 365)::integer as due_date,
    'customer-' || n % 50000 as customer,
    md5(n::text) as fingerprint
from generate_series(1, {ROWS}) as n
"""
QUERY = (
    "select event_id, customer_id, kind, amount::float8 as amount, score, is_paid, happened_at, due_date, "
    "customer, fingerprint from events"
)

BY_HAND = {
    "ADBC → DuckDB": """
        import adbc_driver_postgresql.dbapi as adbc, duckdb
        with adbc.connect(url) as source, source.cursor() as cursor, duckdb.connect(out) as target:
            cursor.execute(query)
            batches = cursor.fetch_record_batch()
            target.execute("create table events as select * from batches")
    """,
    "dlt, ADBC resource": """
        import adbc_driver_postgresql.dbapi as adbc, dlt, pyarrow as pa
        @dlt.resource(name="events", write_disposition="replace")
        def events():
            with adbc.connect(url) as source, source.cursor() as cursor:
                cursor.execute(query)
                for batch in cursor.fetch_record_batch():
                    yield pa.Table.from_batches([batch])
        target = dlt.destinations.duckdb(out)
        pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=target, dataset_name="raw")
        pipeline.run(events(), loader_file_format="parquet")
    """,
    "dlt, pyarrow backend": """
        import dlt
        from dlt.sources.sql_database import sql_table
        address = url.replace("postgresql://", "postgresql+psycopg://")
        events = sql_table(address, "events", backend="pyarrow", chunk_size=50000)
        target = dlt.destinations.duckdb(out)
        pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=target, dataset_name="raw")
        pipeline.run(events, loader_file_format="parquet", write_disposition="replace")
    """,
}
"""Programs, each timed from its own imports to its end."""


def measure(server: str, runs: int = 3) -> str:
    """The table of results, as Markdown. `server` is the base address of a PostgreSQL server."""
    url = f"{server}/bench_ingestion"
    psql(f"{server}/postgres", "drop database if exists bench_ingestion", "create database bench_ingestion")
    psql(url, TABLE, "alter table events add primary key (event_id)", "analyze events")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        found = introspect(url, name="bench")
        repository = flow.create(
            folder / "bench", Spec(platform=Platform(name="bench"), sources=(found.source,)), git=False
        ).folder
        subprocess.run(["make", "--no-print-directory", "setup"], cwd=repository, check=True, stdout=subprocess.DEVNULL)
        python = repository / ".venv/bin/python"
        _install(python, "sqlalchemy>=2", "psycopg[binary]>=3.2", "numpy", "pandas")
        contenders: dict[str, Callable[[], float]] = {
            "psql \\copy to a file": lambda: _copy(url, folder / "events.csv")
        }
        contenders |= {name: _by_hand(python, program, url, folder) for name, program in BY_HAND.items()}
        contenders["generated ingestion"] = lambda: _generated(repository, python, url)
        medians = in_turn(contenders, runs, warmups=1)
    ours = medians["generated ingestion"]
    rows = [
        [name, f"{taken:.2f} s", f"{ROWS / taken / 1000:.0f} k", f"{100 * taken / ours:.0f} %"]
        for name, taken in medians.items()
    ]
    return table(["method", "median", "rows/s", "our speed relative to it"], rows)


def _install(python: Path, *packages: str) -> None:
    """Install the packages that dlt's own backends need in addition to those of the repository."""
    uv = shutil.which("uv")
    pip = [uv, "pip", "install", "--python", str(python)] if uv else [str(python), "-m", "pip", "install"]
    subprocess.run([*pip, "--quiet", *packages], check=True)


def psql(url: str, *statements: str) -> None:
    commands = [argument for statement in statements for argument in ("-c", statement)]
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", url, *commands], check=True, stderr=subprocess.DEVNULL)


def _copy(url: str, target: Path) -> float:
    started = time.perf_counter()
    psql(url, f"\\copy events to '{target}' csv")
    return time.perf_counter() - started


def _by_hand(python: Path, program: str, url: str, folder: Path) -> Callable[[], float]:
    names = (url, QUERY, str(folder / "by-hand.duckdb"), str(folder / "dlt"))
    timed = (
        f"import time\nurl, query, out, folder = {names!r}\n"
        f"started = time.perf_counter()\n{textwrap.dedent(program)}\nprint('seconds', time.perf_counter() - started)\n"
    )

    def run() -> float:
        with contextlib.suppress(FileNotFoundError):
            (folder / "by-hand.duckdb").unlink()
        shutil.rmtree(folder / "dlt", ignore_errors=True)
        done = subprocess.run([str(python), "-c", timed], check=True, capture_output=True, text=True, cwd=folder)
        return float(done.stdout.rpartition("seconds ")[2])

    return run


def _generated(repository: Path, python: Path, url: str) -> float:
    """The seconds of a whole load, including the imports of dlt as in `BY_HAND`."""
    shutil.rmtree(repository / "data", ignore_errors=True)
    timed = (
        "import time\nstarted = time.perf_counter()\nfrom ingest.__main__ import main\n"
        "assert main(['bench']) == 0\nprint('seconds', time.perf_counter() - started)\n"
    )
    done = subprocess.run(
        [str(python), "-c", timed],
        check=True,
        capture_output=True,
        text=True,
        cwd=repository,
        env={"BENCH_URL": url, "PATH": "/usr/bin:/bin"},
    )
    return float(done.stdout.rpartition("seconds ")[2])
