"""Reads text files into a typed DuckDB table, with the detected layout and types that hold every value."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from platform_new.introspect.catalog import FoundColumn
from platform_new.introspect.engines.datasets import Dataset
from platform_new.introspect.engines.duckdb import quoted
from platform_new.introspect.engines.text_files import module
from platform_new.introspect.engines.text_layout import Found, NotATable, detect, layout_of
from platform_new.introspect.engines.text_types import infer, total_line

NOT_LOADED = "The table is not loaded until the file is corrected or `max_rejects` allows it"
SAMPLED_ROWS = 200_000
"""How many rows determine the types of files that are too large to read in full."""


@dataclass
class TextTable:
    """The result of reading text files: columns, and the `format` with its reasons."""

    columns: Sequence[FoundColumn] = ()
    format: dict[str, Any] = field(default_factory=dict)
    format_note: str = ""
    has_rejects: bool = False
    note: str = ""


@dataclass
class _Read:
    """What `_write_records` read from all files: names, counts and rejected lines."""

    names: list[str] = field(default_factory=list)
    rows: int = 0
    rejects: list[tuple[str, Any]] = field(default_factory=list)
    headers: int = 0
    plain: dict[str, bool] = field(default_factory=dict)
    nested: set[str] = field(default_factory=set)


def read_text(connection: Any, dataset: Dataset, table: str, whole: bool, scratch: Path) -> TextTable:
    """Create `table` from the files. Raises `NotATable` if they hold none, `UnreadableFile` if they cannot be read."""
    found = detect(max(dataset.paths, key=lambda path: path.stat().st_size)) if dataset.kind == "csv" else Found()
    read = _write_records(dataset, found, scratch / "records.csv", None if whole else SAMPLED_ROWS)
    if not read.names:
        raise NotATable("it has no columns")
    if len(read.rejects) > read.rows:
        raise NotATable(f"{_rejected(read)}")
    _load_records(connection, scratch / "records.csv", len(read.names))
    line = total_line(connection, "records", len(read.names)) if dataset.kind != "json" and whole else None
    if line:
        connection.execute(f"create or replace table total as select * from records where line = {line}")
        connection.execute(f"delete from records where line = {line}")
    types = infer(connection, "records", read.names, found, read.plain)
    layout = layout_of(found.given)
    given, value = module("values").given, module("values").value
    chosen = ", ".join(
        f"{value(given(f'c{number}', types[name].type, layout), types[name].type, layout)} as {quoted(name)}"
        for number, name in enumerate(read.names)
    )
    connection.execute(f"create table {table} as select {chosen} from records")
    if line:
        found.reasons.append(_about_total(connection, line, read, types, layout))
        connection.execute("drop table total")
    connection.execute("drop table records")
    if read.headers:
        found.reasons.append(f"{read.headers} repeated header line{'s' * (read.headers > 1)} skipped")
    if read.rejects:
        found.reasons.append(f"{_rejected(read)}. {NOT_LOADED}")
    columns = [
        FoundColumn(
            name,
            "json" if name in read.nested and not read.plain.get(name) else types[name].type,
            note="objects or lists" if name in read.nested and read.plain.get(name) else types[name].note,
        )
        for name in read.names
    ]
    note = "" if read.rows else "no rows yet, so every column is text"
    return TextTable(columns, found.given, "; ".join(found.reasons), bool(read.rejects or line), note)


def _write_records(dataset: Dataset, found: Found, target: Path, limit: int | None) -> _Read:
    """Write the records of all files to one regular CSV, under the names of all columns."""
    read = _Read()
    layout = found.layout()
    if dataset.kind == "json":
        names = dict.fromkeys(name for path in dataset.paths for name in module("json_objects").json_columns(path))
    else:
        names = dict.fromkeys(name for path in dataset.paths for name in _records(dataset, path, layout, []).names)
    read.names = list(names)
    with target.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, path in enumerate(dataset.paths):
            records = _records(dataset, path, layout, read.names)
            places = {name: place for place, name in enumerate(records.names)}
            order = [places.get(name) for name in read.names]
            for line, row in islice(records.rows, limit):
                writer.writerow([number, line, *(None if place is None else row[place] for place in order)])
                read.rows += 1
            read.rejects += [(path.name, reject) for reject in records.rejects]
            read.headers += len(records.repeated_headers)
            if dataset.kind == "json":
                read.nested |= records.nested
                for name in read.names:
                    read.plain[name] = read.plain.get(name, False) or name in records.texts
    return read


def _records(dataset: Dataset, path: Path, layout: Any, names: list[str]) -> Any:
    if dataset.kind == "json":
        return module("json_objects").json_records(path, names)
    if dataset.kind == "xlsx":
        return module("delimited").sheet_records(path, layout, dataset.sheet)
    return module("delimited").delimited_records(path, layout)


def _load_records(connection: Any, path: Path, count: int) -> None:
    columns = {"file": "BIGINT", "line": "BIGINT"} | {f"c{number}": "VARCHAR" for number in range(count)}
    connection.execute(
        f"create or replace table records as from read_csv({module('values').literal(str(path))}, columns = {columns}, "
        "auto_detect = false, header = false, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        "max_line_size = 67108864, parallel = false)"
    )


def _rejected(read: _Read) -> str:
    file, first = read.rejects[0]
    if len(read.rejects) == 1:
        return f"line {first.line} of {file} is rejected: {first.reason}"
    total = read.rows + len(read.rejects)
    return (
        f"{len(read.rejects)} of {total} lines are rejected, the first is line {first.line} of {file}: {first.reason}"
    )


def _about_total(connection: Any, line: int, read: _Read, types: Any, layout: Any) -> str:
    given, value = module("values").given, module("values").value
    misfits = [
        f"({text} is not null and {value(text, types[name].type, layout)} is null)"
        for number, name in enumerate(read.names)
        if (text := given(f"c{number}", types[name].type, layout))
    ]
    misfit = connection.execute(f"select {' or '.join(misfits)} from total").fetchone()[0]
    if misfit:
        return f"line {line} looks like a total and is rejected. {NOT_LOADED}"
    return f"line {line} looks like a total; it is loaded as a row"
