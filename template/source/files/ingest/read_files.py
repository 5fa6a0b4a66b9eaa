"""Reads folders of CSV, Parquet and JSON-lines files as Arrow batches, through DuckDB."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from ingest.column_types import conform
from ingest.duckdb_sql import BATCH_ROWS, cast_type, condition, expression, quote, spec_type
from ingest.errors import IngestError
from ingest.reader import Window
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table

# Text stays text until it is cast to the type of the spec: nothing is guessed from what is in it.
FUNCTIONS = {
    "csv": "read_csv({files}, all_varchar = true, header = true, union_by_name = true)",
    "tsv": "read_csv({files}, all_varchar = true, header = true, union_by_name = true, delim = '\t')",
    "parquet": "read_parquet({files}, union_by_name = true)",
    "jsonl": "read_json({files}, format = 'newline_delimited', union_by_name = true)",
}
FUNCTIONS["ndjson"] = FUNCTIONS["json"] = FUNCTIONS["jsonl"]


class Reader:
    """A folder; the origin of a table is a path or a pattern (`orders/*.csv`) below it."""

    def __init__(self, source: Source, url: str) -> None:
        self._folder = ROOT / Path(url.removeprefix("file://")).expanduser()
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
        if self._is_text(table):
            # In a text file a value has whatever type it is read as.
            known = {column.origin: column.type for column in table.columns}
            return {name: known.get(name, "text") for name in types}
        return {name: spec_type(type_) for name, type_ in types.items()}

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the files (or of the window), each column in the type of its spec."""
        types = self._types(table)
        chosen = ", ".join(expression(column, types.get(column.origin)) for column in columns)
        where, values = condition(window, types)
        query = f"select {chosen} from {self._scan(table)}{where}"
        try:
            for batch in self._connection.execute(query, values).to_arrow_reader(BATCH_ROWS):
                yield conform(batch.columns, columns, table.origin)
        except duckdb.Error as error:
            raise IngestError(self._blame(table, columns, types) or str(error)) from error

    def _files(self, table: Table) -> list[str]:
        return sorted(str(path) for path in self._folder.glob(table.origin) if path.is_file())

    def _scan(self, table: Table, **options: str) -> str:
        scan = FUNCTIONS[_format(table.origin)].format(files=self._files(table))
        return scan.removesuffix(")") + "".join(f", {k} = {v}" for k, v in options.items()) + ")"

    def _is_text(self, table: Table) -> bool:
        return _format(table.origin) in ("csv", "tsv")

    def _types(self, table: Table) -> dict[str, str]:
        try:
            found = self._connection.execute(f"describe from {self._scan(table)}").fetchall()
        except duckdb.Error as error:
            raise IngestError(f"{table.origin} cannot be read: {error}") from error
        return {name: type_ for name, type_, *_ in found}

    def _blame(self, table: Table, columns: Sequence[Column], types: dict[str, str]) -> str | None:
        """The file, column and value that could not be cast."""
        for column in columns:
            if column.origin not in types:
                continue
            name, type_ = quote(column.origin), cast_type(column.type)
            bad = self._connection.execute(
                f"select filename, {name}::varchar from {self._scan(table, filename='true')} "
                f"where {name} is not null and try_cast({name} as {type_}) is null limit 1"
            ).fetchone()
            if bad:
                path, value = bad
                return (
                    f"{Path(path).relative_to(self._folder)}: `{value}` in column `{column.origin}` "
                    f"is not of type `{column.type}`. Correct the file, or the type in the spec."
                )
        return None


def _format(origin: str) -> str:
    """`csv` of `orders/*.csv.gz`."""
    suffixes = [suffix.removeprefix(".") for suffix in Path(origin).suffixes]
    return next((suffix for suffix in reversed(suffixes) if suffix in FUNCTIONS), "csv")
