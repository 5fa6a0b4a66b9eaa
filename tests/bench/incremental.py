"""A change of 1 % of the rows of an incremental fact, compared with a rebuild: the seconds, and the rows it reads."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from platform_new import flow
from platform_new.spec.models import Platform, Source, Spec
from tests.bench.timing import table

SIZES = (1_000_000, 10_000_000)
ORDERS_EACH = 20
"""Orders of each customer."""
SOURCE: dict[str, Any] = {
    "name": "bench",
    "kind": "duckdb",
    "tables": [
        {
            "name": "customers",
            "role": "dimension",
            "key": ["customer_id"],
            "load": {"mode": "incremental", "cursor": "updated_at"},
            "columns": [
                {"name": "customer_id", "type": "integer", "required": True},
                {"name": "city", "type": "text"},
                {"name": "updated_at", "type": "timestamp"},
            ],
        },
        {
            "name": "orders",
            "role": "fact",
            "event_time": "ordered_at",
            "key": ["order_id"],
            "load": {"mode": "incremental", "cursor": "updated_at"},
            "columns": [
                {"name": "order_id", "type": "integer", "required": True},
                {"name": "customer_id", "type": "integer", "references": "customers.customer_id"},
                {"name": "amount", "type": "numeric(12, 2)"},
                {"name": "status", "type": "text"},
                {"name": "ordered_at", "type": "timestamp", "required": True},
                {"name": "updated_at", "type": "timestamp"},
            ],
        },
    ],
}
TABLES = """
create table customers as
    select i::integer as customer_id, 'city ' || i % 1000 as city, timestamp '2020-01-01' as updated_at
    from range({customers}) as r(i);
create table orders as
    select
        i::integer as order_id, (hash(i) % {customers})::integer as customer_id,
        (i % 10000 / 100.0)::decimal(12, 2) as amount, 'open' as status,
        timestamp '2020-01-01' + to_seconds(i * 100000000 // {orders}) as ordered_at, ordered_at as updated_at
    from range({orders}) as r(i);
"""
CHANGES = {
    "half of them new, half the newest": """
        update orders set amount = amount + 1, updated_at = '{day}' where order_id >= {orders} * 0.995;
        insert into orders
            select {orders} + i, (hash(i) % {customers})::integer, 5, 'new', timestamp '{day}', timestamp '{day}'
            from range({orders} // 200) as r(i);
    """,
    "anywhere": "update orders set amount = amount + 1, updated_at = '{day}' where hash(order_id) % 100 = 0",
    "customers who moved": "update customers set city = 'x', updated_at = '{day}' where hash(customer_id) % 100 = 0",
}
"""What changes on each day."""


@dataclass(frozen=True)
class Build:
    """A build of the fact: its seconds, the rows that its statements scan in other tables, and in the fact itself."""

    seconds: float
    inputs: int
    itself: int


def measure(sizes: Iterable[int] = SIZES) -> str:
    """The table of results, as Markdown."""
    headings = ["orders", "1 % changed", "rows read", "of a rebuild's", "keys compared", "seconds", "of a rebuild's"]
    return table(headings, [row for size in sizes for row in _rows(size)])


def _rows(orders: int) -> Iterator[list[str]]:
    numbers = {"orders": orders, "customers": orders // ORDERS_EACH}
    with tempfile.TemporaryDirectory() as scratch:
        shop = Path(scratch) / "shop.duckdb"
        _change(shop, TABLES.format(**numbers))
        spec = Spec(
            platform=Platform(name="bench", orchestrator="none", ci="none", facts="incremental"),
            sources=(Source(**SOURCE),),
        )
        repository = flow.create(Path(scratch) / "bench", spec, git=False).folder
        subprocess.run(["make", "--no-print-directory", "setup"], cwd=repository, check=True, stdout=subprocess.DEVNULL)
        env = os.environ | {"BENCH_URL": f"duckdb:///{shop}", "PLATFORM_ROOT": str(repository)}
        _load(repository, env)
        _build(repository, env, "build")
        rebuilt = _build(repository, env, "run", "--select", "fct_orders", "--full-refresh")
        yield [f"{orders:,}", "a rebuild", f"{rebuilt.inputs:,}", "", "", f"{rebuilt.seconds:.1f}", ""]
        for number, (name, change) in enumerate(CHANGES.items()):
            _change(shop, change.format(**numbers, day=f"2024-01-{number + 10}"))
            _load(repository, env)
            build = _build(repository, env, "run")
            yield [
                f"{orders:,}",
                name,
                f"{build.inputs:,}",
                f"{build.inputs / rebuilt.inputs:.1%}",
                f"{build.itself:,}",
                f"{build.seconds:.1f}",
                f"{build.seconds / rebuilt.seconds:.0%}",
            ]


def _change(shop: Path, script: str) -> None:
    with duckdb.connect(str(shop)) as source:
        source.execute(script)


def _load(repository: Path, env: dict[str, str]) -> None:
    command = [repository / ".venv/bin/python", "-m", "ingest", "bench"]
    subprocess.run(command, cwd=repository, env=env, check=True, stdout=subprocess.DEVNULL)


def _build(repository: Path, env: dict[str, str], *arguments: str) -> Build:
    """Build with dbt, and repeat the fact's statements with a profile of each, in a transaction that is rolled back."""
    log = repository / "transform/logs/dbt.log"
    log.unlink(missing_ok=True)
    folders = ["--project-dir", "transform", "--profiles-dir", "transform"]
    command = [repository / ".venv/bin/dbt", "--quiet", "--log-format-file", "json", *arguments, *folders]
    subprocess.run(command, cwd=repository, env=env, check=True, stdout=sys.stderr)
    results = json.loads((repository / "transform/target/run_results.json").read_text(encoding="utf-8"))["results"]
    seconds = next(each["execution_time"] for each in results if each["unique_id"] == "model.bench.fct_orders")
    with duckdb.connect(str(repository / "data/local.duckdb")) as warehouse:
        scans = list(_scans(warehouse, log, repository / "profile.json"))
    of_fact = sum(rows for name, rows in scans if name.endswith(".fct_orders"))
    return Build(seconds, sum(rows for name, rows in scans if "fct_orders" not in name), of_fact)


def _scans(warehouse: duckdb.DuckDBPyConnection, log: Path, profile: Path) -> Iterator[tuple[str, int]]:
    """The tables that the fact's statements scan, each with the number of rows that no zone map rules out."""
    warehouse.execute("begin")
    warehouse.execute(f"pragma enable_profiling = 'json'; pragma profiling_output = '{profile}'")
    for sql in _statements(log):
        for statement in duckdb.extract_statements(sql):
            profile.unlink(missing_ok=True)
            warehouse.execute(statement.query.replace("fct_orders__dbt_tmp", "fct_orders__again"))
            if profile.exists():
                yield from _scanned(json.loads(profile.read_text(encoding="utf-8")))
    warehouse.execute("rollback")


def _statements(log: Path) -> Iterator[str]:
    for line in log.read_text(encoding="utf-8").splitlines():
        data = json.loads(line)["data"]
        sql = data.get("sql", "")
        moves_rows = re.search(r"create (temporary)? *table|delete from|insert into", sql)
        if data.get("conn_name") == "model.bench.fct_orders" and moves_rows and '"changes"."fct_orders"' not in sql:
            yield sql


def _scanned(node: dict[str, Any]) -> Iterator[tuple[str, int]]:
    if node.get("operator_type") == "TABLE_SCAN":
        yield node["extra_info"].get("Table", ""), node["operator_rows_scanned"]
    for child in node.get("children", ()):
        yield from _scanned(child)
