"""Lines that Arrow splits give the same rows, rejects and numbers as lines that are read one by one."""

from __future__ import annotations

import random
import sys
from pathlib import Path
from typing import Any

import pytest
from ingest_repository import make_repository

pytest.importorskip("dlt")

PLAIN = ["a", "b c", " d ", "", "1", "é", "#"]
ODD = [
    '"q"',
    '"a,b"',
    '"two\nlines"',
    '"open',
    'st"ray',
    "id",
    " id ",
    "\ufeff",
    "\0",
    "\udcff",
    "x" * 200,
    "\x1c",
    "\x0b",
]
ENDS = ["\n", "\r\n", "\r"]


@pytest.fixture(scope="module")
def ingest(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The modules that read text files."""
    root = make_repository(tmp_path_factory.mktemp("repository"), {"name": "shop", "kind": "files", "tables": []})
    sys.path.insert(0, str(root))
    from ingest import read_files
    from ingest.text_files import delimited, records

    yield read_files, delimited, records
    sys.path.remove(str(root))
    for name in [name for name in sys.modules if name.split(".")[0] in ("ingest", "sample")]:
        del sys.modules[name]


def text(chance: random.Random) -> str:
    """A file of a few columns, most of whose lines are plain."""
    width, end, oddity = chance.randint(1, 3), chance.choice(ENDS), chance.choice([0, 0.02, 0.1])
    lines = [",".join(["id", "name", "note"][:width])]
    for _ in range(chance.randint(0, 30)):
        fields = [chance.choice(ODD if chance.random() < oddity else PLAIN) for _ in range(width)]
        if chance.random() < oddity:
            fields = chance.choice([fields[1:], [*fields, ""], [*fields, "more"], [lines[0]]])
        lines.append(",".join(fields))
    return "".join(line + (end if chance.random() > oddity / 4 else chance.choice(ENDS)) for line in lines)


@pytest.mark.parametrize("quote", ['"', ""])
def test_lines_are_read_the_same_together_or_one_by_one(
    ingest: Any, quote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_files, delimited, records = ingest
    split, tried = read_files._split, []
    monkeypatch.setattr(read_files, "_split", lambda *given: tried.append(lines := split(*given)) or lines)
    monkeypatch.setattr(read_files, "BATCH_ROWS", 4)
    layout, path = records.Layout(quote=quote), tmp_path / "file.csv"
    for seed in range(1500):
        path.write_bytes(text(random.Random(seed)).encode("utf-8", "surrogateescape"))
        slow, fast = (delimited.delimited_records(path, layout) for _ in range(2))
        expected = [(line, *fields) for line, fields in slow.rows]
        found = [tuple(row.values()) for table in read_files._numbered_lines(fast) for row in table.to_pylist()]
        assert found == expected, seed
        assert (fast.rejects, fast.repeated_headers) == (slow.rejects, slow.repeated_headers), seed
    assert sum(lines is not None for lines in tried) > 1000
