"""Reads a folder of CSV, Parquet and JSON files as Arrow batches, through DuckDB."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from ingest.column_types import EPOCHS, conform
from ingest.duckdb_sql import (
    BATCH_ROWS,
    cast_type,
    condition,
    expression,
    literal,
    spec_type,
    survey,
)
from ingest.errors import IngestError
from ingest.reader import Survey, Window
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table

SCANS = {
    "csv": "read_csv({files}, union_by_name = true{types})",
    "parquet": "read_parquet({files}, union_by_name = true)",
    "json": "read_json({files}, union_by_name = true{types})",
}
FORMATS = {"csv": "csv", "tsv": "csv", "parquet": "parquet"} | dict.fromkeys(
    ("json", "jsonl", "ndjson"), "json"
)
# How DuckDB says in which file, column and value a conversion failed.
COLUMN = re.compile(r'converting column "(.+?)"')
VALUE = re.compile(r'Could not convert string "(.*?)" to')
FILE = re.compile(r"^\s*file = (.+)$", re.MULTILINE)


class Reader:
    """A folder; the origin of a table is a path or a pattern (`orders/*.csv`) below it."""

    def __init__(self, source: Source, url: str) -> None:
        self._folder = ROOT / Path(url.removeprefix("file://")).expanduser()
        self.replaced: Counter[str] = Counter()
        self.identity = f"files {self._folder}"
        if not self._folder.is_dir():
            raise IngestError(f"There is no folder {self._folder}, which {source.variable} names.")
        self._connection = duckdb.connect()
        self._connection.execute("set timezone = 'UTC'")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The columns that the files have now, with their types; None if there are no files."""
        if not self._files(table):
            return None
        types = self._types(table)
        if _format(table) == "parquet":
            return {name: spec_type(type_) for name, type_ in types.items()}
        # In a text file, a column that is known is read as what the spec says it is.
        known = {c.origin: c.type for c in table.columns if c.source_type not in EPOCHS}
        return {name: known.get(name) or spec_type(type_) for name, type_ in types.items()}

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """What the files themselves say of the table."""
        types = self._read_types(table, [cursor])
        try:
            scan = self._scan(table, types)
            return survey(self._connection, scan, cursor, types.get(cursor.origin), now)
        except duckdb.Error as error:
            raise IngestError(self._blame(table, str(error))) from error

    def restart(self) -> None:
        """Files are read as they are: there is nothing to begin again."""

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the files (or of the window), each column in the type of its spec."""
        types = self._read_types(table, columns)
        chosen = ", ".join(expression(column, types.get(column.origin)) for column in columns)
        where, values = condition(window, types)
        query = f"select {chosen} from {self._scan(table, types)}{where}"
        try:
            for batch in self._connection.execute(query, values).to_arrow_reader(BATCH_ROWS):
                yield conform(batch.columns, columns, table.origin, self.replaced, table.key)
        except duckdb.Error as error:
            raise IngestError(self._blame(table, str(error))) from error

    def _files(self, table: Table) -> list[str]:
        return sorted(str(path) for path in self._folder.glob(table.origin) if path.is_file())

    def _scan(self, table: Table, types: Mapping[str, str] | None = None) -> str:
        pairs = ", ".join(f"{literal(n)}: {literal(t)}" for n, t in (types or {}).items())
        option = {"csv": "types", "json": "columns"}.get(_format(table))
        files = "[" + ", ".join(literal(path) for path in self._files(table)) + "]"
        given = f", {option} = {{{pairs}}}" if types else ""
        return SCANS[_format(table)].format(files=files, types=given)

    def _types(self, table: Table) -> dict[str, str]:
        try:
            found = self._connection.execute(f"describe from {self._scan(table)}").fetchall()
        except duckdb.Error as error:
            raise IngestError(self._blame(table, str(error))) from error
        return {name: type_ for name, type_, *_ in found}

    def _read_types(self, table: Table, columns: Sequence[Column]) -> dict[str, str]:
        """The types as which columns are read: those of a text file are what the spec says."""
        types = self._types(table)
        if _format(table) == "parquet":
            return types
        given = [column for column in columns if column.source_type not in EPOCHS]
        known = {column.origin: cast_type(column.type).upper() for column in given}
        return {name: known.get(name, type_) for name, type_ in types.items()}

    def _blame(self, table: Table, message: str) -> str:
        """The file, column and value at fault, as far as DuckDB names them."""
        file, column, value = FILE.search(message), COLUMN.search(message), VALUE.search(message)
        if not column:
            return f"{table.origin} cannot be read: {message.splitlines()[0]}"
        where = str(Path(file[1]).relative_to(self._folder)) if file else table.origin
        wanted = next((each.type for each in table.columns if each.origin == column[1]), "text")
        what = f"`{value[1]}` in column" if value else "a value of column"
        return (
            f"{where}: {what} `{column[1]}` is not of type `{wanted}`. "
            "Correct the file, or the type in the source's spec."
        )


def _format(table: Table) -> str:
    """`csv` for `orders/*.csv.gz`."""
    suffixes = [suffix.removeprefix(".").lower() for suffix in Path(table.origin).suffixes]
    return next((FORMATS[suffix] for suffix in reversed(suffixes) if suffix in FORMATS), "csv")
