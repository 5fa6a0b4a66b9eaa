"""Reads what the streams of a source of events have put in the lake: Delta tables, through DuckDB.

A stream of windows adds, in each batch, that batch's part of each figure. Here the parts become one
row for each window and group, with the number of the last batch that changed it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import duckdb
import duckdb_extension_delta
import pyarrow as pa
import yaml

from ingest.column_types import conform
from ingest.duckdb_sql import (
    BATCH_ROWS,
    cast_type,
    condition,
    expression,
    literal,
    quote,
    read_catalog,
    spec_type,
    survey,
)
from ingest.errors import IngestError
from ingest.reader import Survey, Window
from ingest.settings import ROOT
from ingest.spec import Column, Source, Table

WHOLE = {
    "count": 'sum("{0}")',
    "sum": 'sum("{0}")',
    "min": 'min("{0}")',
    "max": 'max("{0}")',
    "avg": 'sum("{0}__sum") / nullif(sum("{0}__count"), 0)',
}
"""How the parts of a figure become one."""

BATCH = "batch"


class Reader:
    """The folder of a source's tables in the lake; each table is read as it is when it is read first.

    A table whose stream has not run yet is there, without rows. Raises `IngestError` where no table is.
    """

    def __init__(self, source: Source, url: str) -> None:
        self._folder = url if "://" in url else str(ROOT / url)
        self.replaced: Counter[str] = Counter()
        self.identity = f"lake {self._folder}"
        self._figures = _figures(source.name)
        self._connection = duckdb.connect(config={"allow_unsigned_extensions": "true"})
        self._connection.execute(f"load {literal(str(_extension()))}")
        self._connection.execute("set timezone = 'UTC'")
        self._missing = {table.name for table in source.tables if not self._open(table)}
        if len(self._missing) == len(source.tables):
            raise IngestError(
                f"The lake of {source.name} is not there: {self._folder} has no table of its streams. "
                f"Run them, or set {source.variable} to the folder that they write to."
            )
        for name in sorted(self._missing):
            print(f"  {name}: its stream has not run yet, so there are no rows of it")
        self._catalog = read_catalog(self._connection, "memory")

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exception: object) -> None:
        self._connection.close()

    def columns(self, table: Table) -> dict[str, str] | None:
        """The columns that the table has now, with their types; None if there is no such table."""
        if table.name in self._missing:
            return {column.origin: column.type for column in table.columns}
        return {name: spec_type(type_) for name, type_ in self._types(table).items()} or None

    def survey(self, table: Table, cursor: Column, now: Any) -> Survey:
        """What the lake itself says of the table."""
        if table.name in self._missing:
            return Survey(0)
        type_ = self._types(table).get(cursor.origin)
        return survey(self._connection, quote(table.name), cursor, type_, now)

    def restart(self) -> None:
        """Each read is a transaction of its own: there is nothing to begin again."""

    def batches(
        self, table: Table, columns: Sequence[Column], window: Window | None
    ) -> Iterator[pa.RecordBatch]:
        """The rows of the table (or of the window), each column in the type of its spec."""
        if table.name in self._missing:
            return
        types = self._types(table)
        chosen = ", ".join(expression(column, types.get(column.origin)) for column in columns)
        where, values = condition(window, types)
        query = f"select {chosen} from {quote(table.name)}{where}"
        try:
            for batch in self._connection.execute(query, values).to_arrow_reader(BATCH_ROWS):
                yield conform(batch.columns, columns, table.name, self.replaced, table.key)
        except duckdb.ConversionException as error:
            raise IngestError(f"A value in {table.name} does not fit its type: {error}") from error

    def began_anew(self, table: Table, seen: int | None) -> bool:
        """Whether the stream counts its batches from 0 again since one was seen, and has made rows; says so."""
        if table.name in self._missing:
            return False
        (newest,) = self._connection.sql(
            f"select max({BATCH}) from delta_scan({literal(self._path(table))})"
        ).fetchone()
        if newest is None or seen is None or newest >= seen:
            return False
        print(f"  {table.name}: its stream has begun anew, so it is loaded in full")
        return True

    def _path(self, table: Table) -> str:
        return f"{self._folder}/{table.origin}"

    def _open(self, table: Table) -> bool:
        """Make a view of the table; False if it is not there."""
        path = self._path(table)
        if "://" not in path and not Path(path, "_delta_log").is_dir():
            return False
        delta = f"delta_scan({literal(path)})"
        figures = self._figures.get(table.name, {})
        last = f"{BATCH} as last_batch"
        chosen, groups = f"* exclude ({BATCH}), {last}", ""
        if figures:
            keys = [c.name for c in table.columns if c.name not in {*figures, "last_batch"}]
            named = [
                f"cast({WHOLE[figures[c.name]].format(c.name)} as {cast_type(c.type)}) as {quote(c.name)}"
                for c in table.columns
                if c.name in figures
            ]
            chosen = ", ".join([*map(quote, keys), *named, f"max({BATCH}) as last_batch"])
            groups = " group by all"
        query = f"create view {quote(table.name)} as select {chosen} from {delta}{groups}"
        try:
            self._connection.execute(query)
        except duckdb.BinderException as error:
            reason = str(error).partition("\n")[0]
            raise IngestError(
                f"The table {path} of the lake has not the columns of the spec: {reason} Run its stream, "
                "which brings it up to date, or says what does."
            ) from error
        except duckdb.Error as error:
            raise IngestError(f"The table {path} of the lake cannot be read: {error}") from error
        return True

    def _types(self, table: Table) -> dict[str, str]:
        return self._catalog.get(("main", table.name), {})


def _figures(source: str) -> dict[str, dict[str, Any]]:
    path = ROOT / "stream" / "tables" / f"{source}.yml"
    return yaml.safe_load(path.read_text(encoding="utf-8")).get("figures") or {}


def _extension() -> Path:
    """DuckDB's reader of Delta, from its package: nothing is fetched."""
    folder = Path(next(iter(duckdb_extension_delta.__path__)))
    return next(folder.rglob("delta.duckdb_extension"))
