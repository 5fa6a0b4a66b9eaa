"""Reads a folder of text, Excel, JSON and Parquet files, or a single file: one table per file or subfolder of parts.

Files declare nothing, so their layout, columns and keys are inferred from their content. Skipped files are named.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from platform_new.introspect.address import Address
from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundTable, TableId
from platform_new.introspect.engines.datasets import Dataset, datasets_in
from platform_new.introspect.engines.duckdb import DuckDb, found_column, from_, measure
from platform_new.introspect.engines.text_files import module
from platform_new.introspect.engines.text_layout import NotATable
from platform_new.introspect.engines.text_tables import TextTable, read_text
from platform_new.introspect.keys import with_inferred_keys
from platform_new.spec.models import Source

WHOLE_BYTES = 64 * 1024 * 1024
"""Files up to this total size are read in full; for larger files, types come from a sample and no keys are inferred."""


def read(
    address: Address,
    *,
    schemas: tuple[str, ...],
    views: bool,
    progress: Callable[[str], None],
    known: Source | None = None,
) -> FoundCatalog:
    """Read the tables in the files, and infer their keys unless the `known` source has them.

    Files that cannot be read are named in `left_out`.
    """
    import duckdb

    assert address.path
    path = address.path
    folder, only = (path, None) if path.is_dir() else (path.parent, path)
    datasets, left_out = datasets_in(folder, only)
    whole = sum(dataset.size for dataset in datasets) <= WHOLE_BYTES
    connection = duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    tables: list[FoundTable] = []
    try:
        with tempfile.TemporaryDirectory() as scratch:
            for dataset in datasets:
                progress(f"Reading {dataset.origin}")
                try:
                    tables.append(_table(connection, folder, dataset, whole, Path(scratch)))
                except (NotATable, module("records").UnreadableFile) as error:
                    left_out.append(f"{dataset.origin} is skipped: {_first_line(error, folder)}")
                except (OSError, EOFError, duckdb.Error) as error:
                    left_out.append(f"{dataset.origin} cannot be read: {_first_line(error, folder)}")
        if whole:
            tables = list(with_inferred_keys(DuckDb(connection), measure(connection, tables), known, declares=False))
    finally:
        connection.close()
    name = only.name.partition(".")[0] if only else folder.resolve().name
    notices = (*left_out, *(f"{table.id}: {table.format_note}" for table in tables if table.has_rejects))
    return FoundCatalog("files", name, tuple(tables), left_out=tuple(left_out), notices=notices)


def _table(connection: Any, folder: Path, dataset: Dataset, whole: bool, scratch: Path) -> FoundTable:
    id_ = TableId("", dataset.origin)
    if dataset.kind == "parquet":
        stored = "table" if whole else "view"
        connection.execute(f"create {stored} {from_(id_)} as select * from {_scan(folder, dataset)}")
        columns: Sequence[FoundColumn] = [
            found_column(name, type_, True, None)
            for name, type_, *_ in connection.execute(f"describe {from_(id_)}").fetchall()
        ]
        text = TextTable()
    else:
        text = read_text(connection, dataset, from_(id_), whole, scratch)
        columns = text.columns
    parts = f"from {len(dataset.paths)} files" if len(dataset.paths) > 1 else ""
    return FoundTable(
        id_,
        tuple(columns),
        key_note="" if whole else "the files are too large to look for a key",
        note="; ".join(filter(None, (parts, text.note))),
        read_whole=True,
        label=dataset.name,
        format=text.format,
        format_note=text.format_note,
        has_rejects=text.has_rejects,
    )


def _scan(folder: Path, dataset: Dataset) -> str:
    files = ", ".join(module("values").literal(str(path)) for path in dataset.paths)
    return f"read_parquet([{files}], union_by_name = true)"


def _first_line(error: Exception, folder: Path) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].replace(f"{folder}/", "")
