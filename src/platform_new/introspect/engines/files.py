"""Reads a folder of CSV, Parquet and JSON-lines files with DuckDB: one table per file, or per subfolder of parts.

Files declare no keys: those proposed here were found true of the files as they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from platform_new.introspect.address import Address
from platform_new.introspect.catalog import FoundCatalog, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.engines.duckdb import found_column, from_, measure, quoted
from platform_new.introspect.naming import safe_name

READERS = {".csv": "csv", ".tsv": "csv", ".parquet": "parquet", ".jsonl": "json", ".ndjson": "json", ".json": "json"}
COMPRESSED = (".gz", ".zst")
WHOLE_BYTES = 64 * 1024 * 1024
"""Files up to this size, together, are read wholly; of greater ones a sample tells the types and no keys are sought."""


@dataclass(frozen=True)
class Dataset:
    """Files that make one table: its name, the path or pattern below the folder, and the reader's name."""

    name: str
    origin: str
    suffix: str
    size: int
    parts: int = 1

    @property
    def reader(self) -> str:
        """Which of DuckDB's readers reads it."""
        return READERS[f".{self.suffix.lower().split('.')[1]}"]


def read(address: Address, *, schemas: tuple[str, ...], views: bool, progress: Callable[[str], None]) -> FoundCatalog:
    """Read what the folder holds; files that cannot be read are named in `left_out`."""
    import duckdb

    folder = address.path
    connection = duckdb.connect()
    tables, left_out = [], []
    try:
        datasets = list(_datasets(folder, connection))
        whole = sum(dataset.size for dataset in datasets) <= WHOLE_BYTES
        taken: dict[str, Dataset] = {}
        for dataset in datasets:
            progress(f"Reading {dataset.origin}")
            id_ = TableId("", dataset.origin)
            if not dataset.size:
                left_out.append(f"{dataset.origin} is empty")
                continue
            try:
                stored = "table" if whole else "view"
                connection.execute(f"create {stored} {from_(id_)} as {_select(folder, dataset)}")
                tables.append(_table(connection, id_, dataset, whole))
                taken[dataset.origin] = dataset
            except duckdb.Error as error:
                left_out.append(f"{dataset.origin} cannot be read: {_first_line(error, folder)}")
        if whole:
            tables = list(measure(connection, tables))
            keys = {table.id: _key(connection, table, taken[table.id.name]) for table in tables}
            tables = [_with_keys(connection, table, taken, keys, tables) for table in tables]
    finally:
        connection.close()
    return FoundCatalog("files", folder.resolve().name, tuple(tables), left_out=tuple(left_out))


def _datasets(folder: Path, connection: Any) -> Iterator[Dataset]:
    for path in sorted(folder.iterdir()):
        if path.name.startswith((".", "_")):
            continue
        if path.is_file() and (suffix := _suffix(path)):
            yield _single(path, folder, suffix)
        elif path.is_dir():
            yield from _parts(path, folder, connection)


def _suffix(path: Path) -> str:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in READERS:
        return path.suffixes[-1]
    if len(suffixes) > 1 and suffixes[-1] in COMPRESSED and suffixes[-2] in READERS and suffixes[-2] != ".parquet":
        return "".join(path.suffixes[-2:])
    return ""


def _single(path: Path, folder: Path, suffix: str, prefix: str = "") -> Dataset:
    stem = path.name.removesuffix(suffix)
    return Dataset(prefix + stem, _pattern(path.relative_to(folder).as_posix()), suffix, path.stat().st_size)


def _pattern(path: str) -> str:
    """The path as a pattern: what would mean something in a pattern stands for any letter."""
    return re.sub(r"[][*?]", "?", path)


def _parts(below: Path, folder: Path, connection: Any) -> Iterator[Dataset]:
    """The files of a subfolder: parts of one table if they have the same columns, else tables of their own."""
    by_suffix: dict[str, list[Path]] = defaultdict(list)
    for path in sorted(below.rglob("*")):
        hidden = any(part.startswith((".", "_")) for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden and (suffix := _suffix(path)):
            by_suffix[suffix].append(path)
    for suffix, paths in by_suffix.items():
        if len(paths) == 1 or _same_columns(connection, paths, suffix):
            nested = any(path.parent != below for path in paths)
            pattern = f"{_pattern(below.name)}/{'**/' if nested else ''}*{suffix}"
            size = sum(path.stat().st_size for path in paths)
            yield Dataset(below.name, pattern, suffix, size, len(paths))
        else:
            for path in paths:
                prefix = "_".join(path.relative_to(folder).parts[:-1])
                yield _single(path, folder, suffix, f"{prefix}_")


def _same_columns(connection: Any, paths: list[Path], suffix: str) -> bool:
    import duckdb

    reader = Dataset("", "", suffix, 0).reader
    seen = set()
    for path in paths[:5]:
        try:
            rows = connection.execute(f"describe select * from read_{reader}({_literal(path)})").fetchall()
        except duckdb.Error:
            continue
        seen.add(frozenset(row[0] for row in rows))
    largest = max(seen, key=len, default=frozenset())
    # JSON lines leave out what they have nothing to say of.
    return all(columns <= largest if reader == "json" else columns == largest for columns in seen)


def _select(folder: Path, dataset: Dataset) -> str:
    options = ", sample_size = -1" if dataset.reader != "parquet" and dataset.size <= WHOLE_BYTES else ""
    if dataset.parts > 1:
        options += ", union_by_name = true"
    return f"select * from read_{dataset.reader}({_literal(folder / dataset.origin)}{options})"


def _table(connection: Any, id_: TableId, dataset: Dataset, whole: bool) -> FoundTable:
    described = connection.execute(f"describe {from_(id_)}").fetchall()
    columns = [found_column(name, type_, True, None) for name, type_, *_ in described]
    note = f"{dataset.parts} files of one kind" if dataset.parts > 1 else ""
    key_note = "" if whole else "the files are too large to look for a key"
    return FoundTable(id_, tuple(columns), key_note=key_note, note=note, read_whole=True, label=dataset.name)


def _key(connection: Any, table: FoundTable, dataset: Dataset) -> str | None:
    """A column named as a key of this table that has a distinct value in every row."""
    stem = safe_name(dataset.name, "table")
    wanted = {"id", *(f"{word}_{end}" for word in _spellings(stem) for end in ("id", "key", "no"))}
    for column in table.columns:
        if safe_name(column.name) in wanted and table.rows:
            name = quoted(column.name)
            query = f"select count({name}), count(distinct {name}) from {from_(table.id)}"
            if connection.execute(query).fetchone() == (table.rows, table.rows):
                return column.name
    return None


def _spellings(name: str) -> set[str]:
    """A table's name and its singular, also without a prefix such as `raw_`."""
    last = name.rpartition("_")[2]
    singulars = {
        re.sub(r"ies$", "y", word) if word.endswith("ies") else word.removesuffix("s") for word in (name, last)
    }
    return {name, last, *singulars}


def _with_keys(
    connection: Any,
    table: FoundTable,
    datasets: dict[str, Dataset],
    keys: dict[TableId, str | None],
    tables: list[FoundTable],
) -> FoundTable:
    key = keys[table.id]
    links = [link for link in _links(connection, table, datasets, keys) if link.columns != (key,)]
    filled = {column for column in {link.columns[0] for link in links} if _is_filled(connection, table, column)}
    note = "every row has one of its own" if key else "no column named as a key has a distinct value in every row"
    return replace(
        table,
        key=(key,) if key else (),
        key_note=note,
        foreign_keys=tuple(links),
        columns=tuple(replace(c, nullable=False) if c.name == key or c.name in filled else c for c in table.columns),
    )


def _links(
    connection: Any, table: FoundTable, datasets: dict[str, Dataset], keys: dict[TableId, str | None]
) -> Iterator[FoundForeignKey]:
    for column in table.columns:
        name = safe_name(column.name)
        for target, key in keys.items():
            words = _spellings(safe_name(datasets[target.name].name, "table"))
            named = any(name in (f"{word}_id", f"{word}_key", f"{word}_no", word) for word in words)
            same = key is not None and safe_name(key) == name != "id"
            if (
                key
                and target != table.id
                and (named or same)
                and _all_found(connection, table.id, column.name, target, key)
            ):
                yield FoundForeignKey((column.name,), target, (key,), f"all its values are found in {target}")
                break


def _all_found(connection: Any, table: TableId, column: str, target: TableId, key: str) -> bool:
    name = f"{quoted(column)}::varchar"
    keys = f"select {quoted(key)}::varchar from {from_(target)}"
    query = f"select count({name}), count({name}) filter ({name} not in ({keys})) from {from_(table)}"
    values, missing = connection.execute(query).fetchone()
    return values > 0 and missing == 0


def _is_filled(connection: Any, table: FoundTable, column: str) -> bool:
    return connection.execute(f"select count({quoted(column)}) from {from_(table.id)}").fetchone()[0] == table.rows


def _literal(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"


def _first_line(error: Exception, folder: Path) -> str:
    return str(error).splitlines()[0].replace(f"{folder}/", "")
