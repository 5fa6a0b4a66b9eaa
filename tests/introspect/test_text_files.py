"""Text files of all kinds: their layout is detected, and every line is a row or is reported."""

from __future__ import annotations

from pathlib import Path

import pytest
from looking import look
from text_cases import CASES, LEFT_OUT, Case

from platform_new.cli import main
from platform_new.errors import Refused
from platform_new.introspect import Introspection, introspect
from platform_new.spec.models import Format, Source


@pytest.fixture(scope="module")
def seen(tmp_path_factory) -> tuple[Source, Introspection]:
    """A folder with all the files, introspected once."""
    folder = tmp_path_factory.mktemp("files")
    for each in CASES:
        (folder / each.file).write_bytes(each.data)
    for name, data in LEFT_OUT.items():
        (folder / name).write_bytes(data)
    return look(folder, name="files")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.file)
def test_layout_types_and_rejects_are_found(case: Case, seen: tuple[Source, Introspection]) -> None:
    """The spec has the layout and the columns of the file; rejected lines are reported with their number."""
    source, sighting = seen
    table = source.table(case.table)
    assert table, sighting.notices
    assert tuple(column.type for column in table.columns) == case.types
    assert table.format == Format(**case.layout)
    said = sighting.reasons.get(("tables", case.table, "format"), "")
    assert case.said in said
    assert any(notice.startswith(case.file) for notice in sighting.notices) == bool(
        case.rejects or "total" in case.said
    )


@pytest.mark.parametrize("name", LEFT_OUT)
def test_skipped_files_are_named(name: str, seen: tuple[Source, Introspection]) -> None:
    """No file is skipped silently."""
    assert any(name in notice for notice in seen[1].notices)


def test_a_file_that_is_mostly_rejects_is_refused_with_the_line(tmp_path: Path) -> None:
    """If no layout fits, the first line that does not fit is named."""
    (tmp_path / "few.csv").write_bytes(LEFT_OUT["few.csv"])
    with pytest.raises(Refused, match=r"few\.csv.*line 2 .*2 fields instead of 3"):
        introspect(str(tmp_path))


def test_one_file_is_a_source(tmp_path: Path) -> None:
    """It takes its name from the file; other files in the folder are ignored."""
    (tmp_path / "orders.csv").write_text("id,a\n1,x\n")
    (tmp_path / "other.csv").write_text("id,a\n1,x\n")
    source, _ = look(tmp_path / "orders.csv")
    assert (source.name, [table.origin for table in source.tables]) == ("orders", ["orders.csv"])


def test_monthly_files_with_a_new_column_are_one_table(tmp_path: Path) -> None:
    """The table has a column even if only some of the files have it."""
    (tmp_path / "orders").mkdir()
    (tmp_path / "orders" / "2024-01.csv").write_text("id,a\n1,x\n")
    (tmp_path / "orders" / "2024-02.csv").write_text("id,a,b\n2,y,5\n")
    source, _ = look(tmp_path)
    (table,) = source.tables
    assert (table.origin, table.rows, [column.name for column in table.columns]) == (
        "orders/*.csv",
        2,
        ["id", "a", "b"],
    )


def test_skipped_files_are_named_on_the_console(tmp_path: Path, monkeypatch, capsys) -> None:
    """A new platform names the files that it does not load, and the lines that it rejects."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "ok.csv").write_text("id,a\n1,x\n2,y\n3\n")
    (folder / "~$ok.xlsx").write_text("x")
    monkeypatch.chdir(tmp_path)
    main(["acme", "--from", str(folder), "--yes", "--no-git"])
    said = capsys.readouterr().err
    assert "~$ok.xlsx is an Office lock file" in said
    assert "line 4 of ok.csv is rejected: 1 field instead of 2" in said
