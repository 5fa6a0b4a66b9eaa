"""The whole flow on sample data, in a copy of this repository: your data is not touched."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

ROOT = Path(__file__).parents[1]
PARTS = [
    part
    for part in ("ingest", "sample", "transform", "stream", "sources", "platform.yml", "run.py")
    if (ROOT / part).exists()
]
MADE = shutil.ignore_patterns("target", "logs", "__pycache__")


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of this repository without data and `.env`, after a first run."""
    folder = tmp_path_factory.mktemp("platform")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=MADE)
        else:
            shutil.copy(ROOT / part, folder / part)
    run(folder)
    return folder


def run(folder):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(("_URL", "_LAKE")) and not name.startswith("DBT_")
    }
    environment = {**kept, "PLATFORM_ROOT": str(folder)}
    command = [sys.executable, "run.py", "--sample-rows", "100"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def contents(folder):
    """The rows of every mart, in order."""
    with duckdb.connect(str(folder / "data" / "local.duckdb"), read_only=True) as warehouse:
        query = "select table_name from information_schema.tables where table_schema = 'marts'"
        marts = sorted(name for (name,) in warehouse.execute(query).fetchall())
        return {
            mart: warehouse.execute(f'select * from marts."{mart}" order by all').fetchall()
            for mart in marts
        }


def test_everything_is_built_and_every_test_passes(copy):
    outcome = json.loads((copy / "data" / "last_run.json").read_text(encoding="utf-8"))
    assert outcome["ok"]
    assert outcome["tests"]["failed"] == outcome["models"]["failed"] == 0
    assert all(contents(copy).values())


def test_a_second_run_changes_nothing(copy):
    before = contents(copy)
    run(copy)
    assert contents(copy) == before
