"""Several programs load into production at once, on one machine and on two."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections import Counter
from contextlib import closing
from pathlib import Path

import environment as environments
import lake
import psycopg
import pytest
import source_data
from made import generate, warehouse_variables

pytestmark = [pytest.mark.exhaustive, pytest.mark.xdist_group("writers")]

SOURCE = """\
  - name: {name}
    kind: sqlite
    tables:
      - name: {name}_orders
        role: fact
        event_time: ordered_at
        load: {{mode: incremental, cursor: changed}}
        key: [order_id]
        columns:
          - {{name: order_id, type: integer, required: true}}
          - {{name: amount, type: integer}}
          - {{name: ordered_at, type: date}}
          - {{name: changed, type: integer}}
      - name: {name}_prices
        role: fact
        key: [price_id]
        columns:
          - {{name: price_id, type: integer, required: true}}
          - {{name: price, type: "numeric(10, 2)"}}
"""
SHOPS = ("north", "south")
ROUNDS = 4


class Shops:
    """Two sources and a platform that loads them into a PostgreSQL database, or into a lake with its catalog there."""

    def __init__(self, folder: Path, warehouse: str, server: str, environment: Path):
        self.is_lake = warehouse == "ducklake"
        self.folder, self.warehouse = folder, source_data.create(server, source_data.fresh_name("warehouse"))
        spec = f"warehouse: {warehouse}\norchestrator: none\nmodeling: star\nsources:\n"
        (folder / "spec.yml").write_text(spec + "".join(SOURCE.format(name=name) for name in SHOPS), encoding="utf-8")
        for name in SHOPS:
            self.happen(
                name,
                f"create table {name}_orders (order_id integer primary key, amount integer, ordered_at text, "
                "changed integer)",
                f"create table {name}_prices (price_id integer primary key, price text)",
            )
        self.repository = generate(folder / "acme", "--spec", str(folder / "spec.yml"))
        (self.repository / ".venv").symlink_to(environment)
        self.env = {f"{name.upper()}_URL": f"sqlite:///{self.file(name)}" for name in SHOPS}
        self.env |= warehouse_variables(self.warehouse) | {"LAKE_FILES": str(folder / "lake")}

    def file(self, name: str) -> Path:
        """The database of a source."""
        return self.folder / f"{name}.sqlite"

    def happen(self, name: str, *statements: str) -> None:
        """Change a source."""
        with closing(sqlite3.connect(self.file(name))) as connection, connection:
            for statement in statements:
                connection.execute(statement)

    def move_on(self, name: str, day: int) -> None:
        """Add orders, change an earlier one, and replace the prices."""
        self.happen(
            name,
            *(f"insert into {name}_orders values ({100 * day + n}, {n}, '2026-01-{day:02}', {day})" for n in range(50)),
            f"update {name}_orders set amount = amount + 1, changed = {day} where order_id = {100 * day - 99}",
            f"delete from {name}_prices",
            *(f"insert into {name}_prices values ({n}, '{day}.{n:02}')" for n in range(20 + day)),
        )

    def start(self, *words: str, repository: Path | None = None) -> subprocess.Popen[str]:
        """Begin to run a module of the repository."""
        return subprocess.Popen(
            [".venv/bin/python", "-m", *words],
            cwd=repository or self.repository,
            env=environments.clean(self.env),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def rows(self, name: str) -> tuple[Counter, Counter]:
        """The orders and the prices of a source, and those that are landed."""
        queries = (
            f"select order_id, amount from {{}}{name}_orders",
            f"select price_id, price * 100 from {{}}{name}_prices",
        )
        with closing(sqlite3.connect(self.file(name))) as connection:
            source = [tuple(map(round, row)) for query in queries for row in connection.execute(query.format(""))]
        with lake.connect(self.warehouse) if self.is_lake else psycopg.connect(self.warehouse) as connection:
            landed = [row for query in queries for row in connection.execute(query.format(f"raw_{name}.")).fetchall()]
        return Counter(source), Counter(tuple(map(round, row)) for row in landed)


@pytest.fixture(params=["postgres", "ducklake"])
def shops(request, postgres_url, environment, tmp_path) -> Shops:
    return Shops(tmp_path, request.param, postgres_url, environment)


def ended(*processes: subprocess.Popen[str]) -> list[tuple[int, str]]:
    """The exit code and the output of each process."""
    return [(process.wait(), process.stdout.read()) for process in processes]


def test_two_sources_are_loaded_at_once(shops):
    for day in range(1, ROUNDS + 1):
        for name in SHOPS:
            shops.move_on(name, day)
        for code, text in ended(*(shops.start("ingest", name, "--target", "prod") for name in SHOPS)):
            assert code == 0, text
        for name in SHOPS:
            source, landed = shops.rows(name)
            assert source == landed


def test_two_machines_that_load_one_source_at_once_leave_each_row_once(shops, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(shops.repository, other, symlinks=True)
    for day in range(1, ROUNDS + 1):
        shops.move_on("north", day)
        words = ("ingest", "north", "--target", "prod")
        for code, text in ended(shops.start(*words), shops.start(*words, repository=other)):
            assert code == 0, text
        source, landed = shops.rows("north")
        assert source == landed


def test_loaded_rows_follow_a_type_that_changes(shops):
    """In production, where views read the tables, or where a table cannot be dropped with them."""
    spec = shops.repository / "sources/north.yml"
    for day, (before, after) in enumerate([("", ""), ("type: integer}", "type: bigint}"), ("(10, 2)", "(14, 3)")], 1):
        spec.write_text(spec.read_text().replace(before, after) if before else spec.read_text())
        shops.move_on("north", day)
        for code, text in ended(shops.start("ingest", "north", "--target", "prod")):
            assert code == 0, text
        source, landed = shops.rows("north")
        assert source == landed


@pytest.mark.parametrize("shops", ["ducklake"], indirect=True)
def test_former_states_of_a_lake_are_forgotten_with_their_files(shops):
    for day in range(1, ROUNDS + 1):
        shops.move_on("north", day)
        assert ended(shops.start("ingest", "north", "--target", "prod"))[0][0] == 0
    states = "select count(*) from ducklake_snapshots('lake')"
    with lake.connect(shops.warehouse) as connection:
        (before,) = connection.execute(states).fetchone()
    ((code, text),) = ended(shops.start("ingest.lake", "--days", "0"))
    assert code == 0 and "states forgotten" in text
    with lake.connect(shops.warehouse) as connection:
        assert connection.execute(states).fetchone()[0] < before
    for day in range(ROUNDS + 1, ROUNDS + 3):
        source, landed = shops.rows("north")
        assert source == landed
        shops.move_on("north", day)
        assert ended(shops.start("ingest", "north", "--target", "prod"))[0][0] == 0
