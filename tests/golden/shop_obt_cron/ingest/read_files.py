"""Reads a folder of text, Excel and Parquet files as Arrow batches.

The `format` of a table describes the layout of its text files: nothing is guessed. Each line
becomes a row, or a reject with its line number and reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from ingest.column_types import conform
from ingest.cursor import greater, newest
from ingest.duckdb_sql import BATCH_ROWS, condition, expression, literal, survey
from ingest.duckdb_types import spec_type
from ingest.errors import IngestError
from ingest.reader import Survey, Window
from ingest.rejects import Rejected
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table
from ingest.text_files.delimited import delimited_records, sheet_records
from ingest.text_files.json_objects import json_columns, json_records
from ingest.text_files.records import Layout, PlainLines, Records, UnreadableFile, kind_of
from ingest.text_query import typed_rows

# The load of a table stops at this many more rejects than its `max_rejects`.
STOP_AFTER = 1000
NAMED = 5


class Reader:
    """A folder, or a single file; the origin of a table is a path or pattern in the folder.

    `rejects` are the lines that were read but did not become rows.
    """

    def __init__(self, source: Source, url: str) -> None:
        self.replaced: Counter[str] = Counter()
        path = ROOT / Path(url.removeprefix("file://")).expanduser()
        self.identity = f"files {path}"
        if not path.exists():
            raise IngestError(
                f"There is no folder or file {path}. Check the path in {source.variable}."
            )
        self._folder = path if path.is_dir() else path.parent
        self._source = source
        self.rejects: list[Rejected] = []
        self._connection = duckdb.connect()
        self._connection.execute("set timezone = 'UTC'")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The current columns of the files, with their types; None if there are no files."""
        files = self._files(table)
        if not files:
            return None
        if kind_of(files[0]) == "parquet":
            return {name: spec_type(type_) for name, type_ in self._parquet_types(table).items()}
        # The spec says how to read a text; a column that is not in the spec stays text.
        known = {column.origin: column.type for column in table.columns}
        names = dict.fromkeys(name for path in files for name in self._names(table, path))
        return {name: known.get(name, "text") for name in names}

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """The row count of the files and the newest cursor, without rejected lines."""
        files = self._files(table)
        if files and kind_of(files[0]) == "parquet":
            types = self._parquet_types(table)
            scan = self._scan(table)
            return survey(self._connection, scan, cursor, types.get(cursor.origin), now)
        place = table.columns.index(cursor)
        rows, latest = 0, None
        for batch in self.batches(table, table.columns, None):
            rows += batch.num_rows
            latest = greater(latest, newest(batch.column(place), now))
        return Survey(rows, latest)

    def restart(self) -> None:
        """Nothing to do: files have no transaction."""

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the files (or of the window), each column in the type of its spec.

        Raises `IngestError` if more lines are rejected than the table's `max_rejects`.
        """
        files = self._files(table)
        if files and kind_of(files[0]) == "parquet":
            yield from self._parquet_batches(table, columns, window)
            return
        rejects: list[Rejected] = []
        for path in files:
            yield from self._text_batches(table, path, columns, window, rejects)
        self._refuse_too_many(table, rejects)
        if len(columns) >= len(table.columns):
            # The pipeline holds this list, so it is changed in place.
            others = [reject for reject in self.rejects if reject.table != table.name]
            self.rejects[:] = others + rejects

    def _text_batches(
        self,
        table: Table,
        path: Path,
        columns: Sequence[Column],
        window: Window | None,
        rejects: list[Rejected],
    ) -> Iterator[pa.RecordBatch]:
        name = self._name(path)
        try:
            records = self._records(table, path, columns)
            query, values = typed_rows(records.names, columns, _layout(table, path), window)
            for lines in _numbered_lines(records):
                self._connection.register("lines", lines)
                found = self._connection.execute(query, values).to_arrow_table()
                if window is None and len(found) != len(lines):
                    raise IngestError(f"{name}: {len(lines)} lines gave {len(found)} rows.")
                good = _without_misfits(table, name, found, lines, rejects)
                if len(rejects) > _allowed(table) + STOP_AFTER:
                    self._refuse_too_many(table, rejects, "more than ")
                yield conform(
                    good.columns[: len(columns)], columns, table.origin, self.replaced, table.key
                )
        except (UnreadableFile, UnicodeError, duckdb.Error) as error:
            raise IngestError(f"{name} cannot be read: {error}") from error
        rejects += (
            Rejected(table.name, name, reject.line, reject.reason, reject.text)
            for reject in records.rejects
        )

    def _refuse_too_many(
        self, table: Table, rejects: Sequence[Rejected], more_than: str = ""
    ) -> None:
        if len(rejects) <= _allowed(table):
            return
        name, file = self._source.name, f"sources/{self._source.name}.yml"
        named = [
            f"{reject.file}, line {reject.line}: {reject.reason}" for reject in rejects[:NAMED]
        ]
        more = [f"and {len(rejects) - NAMED:,} more"] if len(rejects) > NAMED else []
        raise IngestError(
            f"{table.origin}: {more_than}{len(rejects):,} lines rejected, "
            f"so `{table.name}` was not loaded:\n"
            + "\n".join(f"  - {line}" for line in named + more)
            + f"\nCorrect the files, or the table's types and `format` in {file}. "
            f"To load the other lines, set `format: {{max_rejects: {len(rejects)}}}` there: "
            f"the rejected lines are then kept in raw_{name}._rejects."
        )

    def _files(self, table: Table) -> list[Path]:
        return sorted(
            path
            for path in self._folder.glob(_pattern(table))
            if path.is_file() and path.stat().st_size and not path.name.startswith((".", "_", "~$"))
        )

    def _names(self, table: Table, path: Path) -> list[str]:
        try:
            if kind_of(path) == "json":
                return json_columns(path)
            names = self._records(table, path, ()).names
        except (UnreadableFile, UnicodeError) as error:
            raise IngestError(f"{self._name(path)} cannot be read: {error}") from error
        if names and not {column.origin for column in table.columns}.intersection(names):
            raise IngestError(
                f"{self._name(path)}: the first line has none of the columns of `{table.name}`. "
                f"Correct the table's `format` in sources/{self._source.name}.yml (delimiter, "
                "encoding, header, skip), or the file."
            )
        return names

    def _records(self, table: Table, path: Path, columns: Sequence[Column]) -> Records:
        match kind_of(path):
            case "json":
                return json_records(path, [column.origin for column in columns])
            case "xlsx":
                return sheet_records(path, _layout(table, path), _sheet(table))
            case _:
                return delimited_records(path, _layout(table, path))

    def _name(self, path: Path) -> str:
        return path.relative_to(self._folder).as_posix()

    def _parquet_types(self, table: Table) -> dict[str, str]:
        try:
            found = self._connection.execute(f"describe from {self._scan(table)}").fetchall()
        except duckdb.Error as error:
            raise IngestError(f"{table.origin} cannot be read: {error}") from error
        return {name: type_ for name, type_, *_ in found}

    def _parquet_batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        types = self._parquet_types(table)
        chosen = ", ".join(expression(column, types.get(column.origin)) for column in columns)
        where, values = condition(window, types)
        query = f"select {chosen} from {self._scan(table)}{where}"
        try:
            for batch in self._connection.execute(query, values).to_arrow_reader(BATCH_ROWS):
                yield conform(batch.columns, columns, table.origin, self.replaced, table.key)
        except duckdb.Error as error:
            raise IngestError(f"{table.origin} cannot be read: {error}") from error

    def _scan(self, table: Table) -> str:
        files = ", ".join(literal(str(path)) for path in self._files(table))
        return f"read_parquet([{files}], union_by_name = true)"


def _numbered_lines(records: Records) -> Iterator[pa.Table]:
    """The number of each line and the texts of its fields: `line`, `field0`, `field1`…"""
    names = [f"field{number}" for number in range(len(records.names))]
    while True:
        plain = records.plain(BATCH_ROWS)
        lines = _split(plain, names) if plain else None
        if lines is None:
            rows = list(islice(records.rows, BATCH_ROWS))
            if not rows:
                return
            numbers, fields = zip(*rows, strict=True)
            texts = [pa.array(column, pa.string()) for column in zip(*fields, strict=True)]
            lines = pa.table([pa.array(numbers, pa.int64()), *texts], ["line", *names])
        yield lines


def _split(plain: PlainLines, names: Sequence[str]) -> pa.Table | None:
    """Plain lines, which Arrow splits ten times as fast; None if a line has a wrong width."""
    try:
        fields = csv.read_csv(
            pa.BufferReader(plain.text),
            csv.ReadOptions(column_names=names, block_size=len(plain.text) + 1, use_threads=False),
            csv.ParseOptions(delimiter=plain.delimiter, quote_char=False, ignore_empty_lines=False),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        )
    except pa.ArrowInvalid:
        fields = None
    if fields is None or len(fields) != plain.count:
        plain.give_back()
        return None
    numbers = pa.array(range(plain.first, plain.first + plain.count), pa.int64())
    return fields.add_column(0, "line", numbers)


def _without_misfits(
    table: Table, file: str, found: pa.Table, lines: pa.Table, rejects: list[Rejected]
) -> pa.Table:
    """The rows whose values all fit the types of their columns; the others are rejected."""
    is_bad = pc.not_equal(found["misfit"], "")
    bad = found.filter(is_bad)
    if not len(bad):
        return found
    reasons = dict(zip(bad["line"].to_pylist(), bad["misfit"].to_pylist(), strict=True))
    for row in lines.filter(pc.is_in(lines["line"], bad["line"].combine_chunks())).to_pylist():
        line, *fields = row.values()
        text = "\t".join(field or "" for field in fields)
        rejects.append(Rejected(table.name, file, line, reasons[line], text))
    return found.filter(pc.invert(is_bad))


def _layout(table: Table, path: Path) -> Layout:
    if kind_of(path) == "json":
        return Layout(nulls=())
    default = {"delimiter": "\t"} if ".tsv" in path.name.lower() else {}
    chosen = {**default, **table.format}
    chosen.pop("max_rejects", None)
    for name in ("nulls", "typed_nulls"):
        chosen[name] = tuple(str(text) for text in chosen.get(name) or ())
    return Layout(**{**chosen, "nulls": ("", *chosen["nulls"])})


def _pattern(table: Table) -> str:
    """The path or pattern of the files: `book.xlsx` of `book.xlsx#Orders`."""
    return table.origin.removesuffix(f"#{_sheet(table)}")


def _sheet(table: Table) -> str:
    path, _, sheet = table.origin.rpartition("#")
    return sheet if path.lower().endswith(".xlsx") else ""


def _allowed(table: Table) -> int:
    return int(table.format.get("max_rejects", 0))
