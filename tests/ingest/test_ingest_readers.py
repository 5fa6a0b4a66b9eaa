"""Each kind of source gives the same rows in the same types."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from datetime import date, datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from ingest_repository import ingest, make_repository, write_source

duckdb = pytest.importorskip("duckdb")
pytest.importorskip("dlt")

COLUMNS = [
    {"name": "id", "type": "bigint", "required": True},
    {"name": "name", "type": "text"},
    {"name": "amount", "type": "numeric(10, 2)"},
    {"name": "rate", "type": "double"},
    {"name": "active", "type": "boolean"},
    {"name": "day", "type": "date"},
    {"name": "at", "type": "timestamp"},
    {"name": "seen", "type": "timestamptz"},
]
AT = datetime(2024, 1, 31, 12, 30)
ROWS = [
    (1, "Zoë, \"the\" 東京", Decimal("10.25"), 0.1, True, date(2024, 1, 31), AT, AT.replace(tzinfo=timezone.utc)),
    (2, None, None, None, None, None, None, None),
    (3, "", Decimal("-0.01"), 1e300, False, date(1999, 12, 31), AT, AT.replace(tzinfo=timezone.utc)),
]  # fmt: skip


def make_sqlite(folder: Path) -> str:
    """A SQLite file whose values have the types that SQLite stores."""
    path = folder / "shop.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute(
            'create table "Things" (id integer primary key, name, amount decimal(10, 2), rate real, '
            "active, day date, at, seen)"
        )
        stamps = ("2024-01-31 12:30:00", "2024-01-31T14:30:00+02:00")
        connection.execute(
            "insert into \"Things\" values (1, ?, 10.25, 0.1, 1, '2024-01-31', ?, ?)", (ROWS[0][1], *stamps)
        )
        connection.execute('insert into "Things" (id) values (2)')
        connection.execute("insert into \"Things\" values (3, '', '-0.01', 1e300, 'false', '1999-12-31', ?, ?)", stamps)
    return str(path)


def make_csv(folder: Path) -> str:
    """Two CSV files, with different orders of columns and different date formats."""
    (folder / "things").mkdir(parents=True)
    (folder / "things" / "a.csv").write_text(
        "id,name,amount,rate,active,day,at,seen\n"
        '1,"Zoë, ""the"" 東京",10.25,0.1,true,2024-01-31,2024-01-31 12:30:00,2024-01-31T12:30:00Z\n'
        "2,,,,,,,\n"
    )
    (folder / "things" / "b.csv").write_text(
        "name,id,amount,rate,active,day,at,seen\n"
        '"",3,-0.01,1e300,false,1999-12-31,2024-01-31 12:30:00,2024-01-31T14:30:00+02:00\n'
    )
    return str(folder)


def make_table(rows: Any) -> None:
    rows.execute("set timezone = 'UTC'")
    rows.execute(
        "create table things (id bigint, name varchar, amount decimal(10, 2), rate double, active boolean, day date, "
        '"at" timestamp, seen timestamptz)'
    )
    rows.executemany("insert into things values (?, ?, ?, ?, ?, ?, ?, ?)", ROWS)


def make_parquet(folder: Path) -> str:
    """A Parquet file."""
    folder.mkdir(exist_ok=True)
    with duckdb.connect() as connection:
        make_table(connection)
        connection.execute(f"copy things to '{folder}/things.parquet'")
    return str(folder)


def make_jsonl(folder: Path) -> str:
    """A file of JSON lines."""
    folder.mkdir(exist_ok=True)
    with (folder / "things.jsonl").open("w") as file:
        for row in ROWS:
            values = {c["name"]: v for c, v in zip(COLUMNS, row, strict=True)}
            values["amount"] = None if row[2] is None else float(row[2])
            file.write(json.dumps(values, default=str) + "\n")
    return str(folder)


def make_duckdb(folder: Path) -> str:
    """A DuckDB file."""
    with duckdb.connect(str(folder / "shop.duckdb")) as connection:
        make_table(connection)
    return str(folder / "shop.duckdb")


KINDS = {
    "sqlite": (make_sqlite, "Things"),
    "duckdb": (make_duckdb, "things"),
    "csv": (make_csv, "things/*.csv"),
    "parquet": (make_parquet, "things.parquet"),
    "jsonl": (make_jsonl, "things.jsonl"),
}


def spec(kind: str, origin: str, **load: Any) -> dict[str, Any]:
    table = {"name": "things", "origin": origin, "key": ["id"], "columns": COLUMNS, **load}
    return {"name": "shop", "kind": kind if kind in ("sqlite", "duckdb") else "files", "tables": [table]}


def landed(root: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(root / "data" / "local.duckdb"), read_only=True) as warehouse:
        warehouse.execute("set timezone = 'UTC'")
        return warehouse.execute("select * exclude (_dlt_load_id) from raw_shop.things order by id").fetchall()


@pytest.mark.parametrize("kind", KINDS)
def test_all_kinds_land_the_same_rows(kind: str, tmp_path: Path) -> None:
    """Types are those of the spec, whatever the types of the source; a second, incremental load changes nothing."""
    make, origin = KINDS[kind]
    load = {"load": {"mode": "incremental", "cursor": "at", "lag": "1 day"}}
    root = make_repository(tmp_path / "repository", spec(kind, origin, **load))
    (tmp_path / "source").mkdir()
    address = make(tmp_path / "source" if kind in ("sqlite", "duckdb") else tmp_path / "source" / "files")
    expected = ROWS if kind != "csv" else [*ROWS[:2], (3, None, *ROWS[2][2:])]
    for _ in range(2):
        done = ingest(root, SHOP_URL=address)
        assert done.returncode == 0, done.stderr
        assert "changed at the source" not in done.stdout
        found = landed(root)
        assert [row[:1] + row[2:] for row in found] == [row[:1] + row[2:] for row in expected]
        assert [row[1] or None for row in found] == [row[1] or None for row in expected]


def test_a_bad_value_in_a_file_is_named(tmp_path: Path) -> None:
    """The message has the file, the column, the value and the type."""
    folder = tmp_path / "files"
    make_csv(folder)
    with (folder / "things" / "b.csv").open("a") as file:
        file.write("x,4,a lot,1,true,2024-01-01,2024-01-01,2024-01-01\n")
    root = make_repository(tmp_path / "repository", spec("csv", "things/*.csv"))
    done = ingest(root, SHOP_URL=str(folder))
    assert done.returncode == 1 and "Traceback" not in done.stderr
    for expected in ("b.csv", "`a lot`", "`amount`", "`numeric(10, 2)`"):
        assert expected in done.stderr


def test_a_new_column_of_a_file_is_found(tmp_path: Path) -> None:
    """A column that is not in the spec is loaded and reported."""
    folder = tmp_path / "files"
    make_csv(folder)
    (folder / "things" / "c.csv").write_text("id,Extra Points\n9,5\n")
    root = make_repository(tmp_path / "repository", spec("csv", "things/*.csv"))
    done = ingest(root, SHOP_URL=str(folder))
    assert "new column `Extra Points` (text)" in done.stdout, done.stderr
    with duckdb.connect(str(root / "data" / "local.duckdb"), read_only=True) as warehouse:
        query = "select extra_points from raw_shop.things where id = 9"
        assert warehouse.execute(query).fetchall() == [("5",)]


@pytest.mark.parametrize("kind", ["sqlite", "duckdb", "files"])
def test_a_source_that_is_not_there_is_named(kind: str, tmp_path: Path) -> None:
    """The message has the path and the variable."""
    root = make_repository(tmp_path, spec(kind, "things.csv"))
    done = ingest(root, SHOP_URL=str(tmp_path / "nowhere"))
    assert done.returncode == 1 and "nowhere" in done.stderr and "SHOP_URL" in done.stderr


def test_a_repository_of_all_kinds_is_clean(tmp_path: Path) -> None:
    """The generated Python passes its linter and formatter unchanged."""
    sources = [{"name": f"a_{kind}", "kind": kind, "tables": [{"name": "t", "columns": COLUMNS}]}
               for kind in ("postgres", "mysql", "sqlite", "duckdb", "files")]  # fmt: skip
    root = make_repository(tmp_path, *sources, warehouse="postgres")
    (root / "ruff.toml").write_text(
        'line-length = 100\ntarget-version = "py310"\n[lint]\nselect = ["E", "F", "I", "UP", "B", "SIM", "AIR"]\n'
    )
    ruff = [sys.executable, "-m", "ruff"] if not os.environ.get("RUFF") else [os.environ["RUFF"]]
    for command in (["check", "--quiet"], ["format", "--check", "--quiet"]):
        done = subprocess.run([*ruff, *command, "."], cwd=root, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
    assert ingest(root).returncode == 0
    write_source(root, sources[0])
