"""A folder of text files in many formats: each line is in the warehouse, or the run names it."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import duckdb
import pytest
from made import generate

sys.path.insert(0, str(Path(__file__).parents[1] / "introspect"))
from text_cases import CASES, LEFT_OUT

pytestmark = pytest.mark.exhaustive


def test_every_line_is_a_row_or_a_reject(make, tmp_path):
    """A run with rejects fails and names file and line; with the rejects allowed it succeeds and keeps them."""
    folder = tmp_path / "files"
    folder.mkdir()
    for each in CASES:
        (folder / each.file).write_bytes(each.data)
    for name, data in LEFT_OUT.items():
        (folder / name).write_bytes(data)
    repository = generate(tmp_path / "acme", "--from", str(folder), "--source-name", "files", "--orchestrator", "none")
    env = {"FILES_URL": str(folder)}
    red = make(repository, "run", env=env)
    assert red.returncode != 0
    assert re.search(r"\w+\.\w+, line \d+: .*(fields?|quote|valid)", red.stdout)
    assert "max_rejects" in red.stdout

    spec = repository / "sources" / "files.yml"
    spec.write_text(_tolerant(spec.read_text(encoding="utf-8")), encoding="utf-8")
    assert make(repository, "run", env=env).returncode == 0
    with duckdb.connect(str(repository / "data" / "local.duckdb"), read_only=True) as warehouse:
        for each in CASES:
            names = [name for name, *_ in warehouse.execute(f'describe raw_files."{each.table}"').fetchall()]
            columns = ", ".join(f'"{name}"' for name in names if not name.startswith("_dlt"))
            rows = warehouse.execute(f'select {columns} from raw_files."{each.table}"').fetchall()
            assert sorted(rows, key=repr) == sorted(map(tuple, each.rows), key=repr), each.file
            found = warehouse.execute("select line from raw_files._rejects where file = ? order by line", [each.file])
            assert tuple(line for (line,) in found.fetchall()) == each.rejects, each.file
    counted = json.loads((repository / "data" / "last_load.json").read_text(encoding="utf-8"))["files"]["rejects"]
    assert counted == {each.table: len(each.rejects) for each in CASES if each.rejects}


def _tolerant(text: str) -> str:
    """The spec with `max_rejects` for each table that has rejects."""
    for each in CASES:
        if each.rejects:
            name = re.escape(each.table)
            start, body = re.split(rf"(?<=\n)(?=  - name: {name}\n)", text, maxsplit=1)
            allowed = f"    format: {{max_rejects: {len(each.rejects)}}}\n    columns:\n"
            changed = re.sub(r"    columns:\n", allowed, body, count=1)
            assert "format: {" not in body.partition("    columns:")[0]
            text = start + changed
    return text
