"""Excel workbooks: a table per sheet."""

from __future__ import annotations

import zipfile
from pathlib import Path

from looking import look

SHEET = (
    '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
    '<row r="1"><c r="A1" t="inlineStr"><is><t>id</t></is></c><c r="B1" t="inlineStr"><is><t>price</t></is></c></row>'
    '<row r="2"><c r="A2"><v>1</v></c><c r="B2"><v>2.5</v></c></row>'
    '<row r="3"><c r="A3"><v>2</v></c><c r="B3"><v>7</v></c></row></sheetData></worksheet>'
)
KIND = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def write_workbook(path: Path, *sheets: str) -> None:
    """Write a workbook whose sheets have an id and a price in two rows."""
    listed = "".join(f'<sheet name="{name}" sheetId="{n}" r:id="r{n}"/>' for n, name in enumerate(sheets, 1))
    links = "".join(
        f'<Relationship Id="r{n}" Type="{KIND}/worksheet" Target="worksheets/sheet{n}.xml"/>'
        for n in range(1, len(sheets) + 1)
    )
    package = "http://schemas.openxmlformats.org/package/2006"
    with zipfile.ZipFile(path, "w") as book:
        book.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{package}/relationships"><Relationship Id="r0" Type="{KIND}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
        )
        book.writestr(
            "xl/workbook.xml",
            '<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
            f'xmlns:r="{KIND}"><sheets>{listed}</sheets></workbook>',
        )
        book.writestr(
            "xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{package}/relationships">{links}</Relationships>'
        )
        for number in range(1, len(sheets) + 1):
            book.writestr(f"xl/worksheets/sheet{number}.xml", SHEET)


def test_each_sheet_is_a_table(tmp_path: Path) -> None:
    """The table is named after the workbook and the sheet, and its origin names both."""
    write_workbook(tmp_path / "book.xlsx", "May", "June")
    source, _ = look(tmp_path, name="files")
    assert {table.name: table.origin for table in source.tables} == {
        "book_may": "book.xlsx#May",
        "book_june": "book.xlsx#June",
    }
    table = source.table("book_may")
    assert [(column.name, column.type) for column in table.columns] == [("id", "bigint"), ("price", "numeric(18, 2)")]
    assert table.rows == 2
