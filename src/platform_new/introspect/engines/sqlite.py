"""Reads the catalog of an SQLite file, which is opened read-only; one transaction is one snapshot."""

from __future__ import annotations

import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any
from urllib.parse import quote

from platform_new.errors import Problem, Refused
from platform_new.introspect.address import Address
from platform_new.introspect.catalog import FoundCatalog, FoundColumn, FoundForeignKey, FoundTable, TableId
from platform_new.introspect.engines.measuring import (
    COUNTED_ROWS,
    SAMPLED_LETTERS,
    SAMPLED_ROWS,
    SCANNED_ROWS,
    batches,
    worth_sampling,
)
from platform_new.introspect.engines.sqlite_keys import Sqlite, quoted
from platform_new.introspect.engines.sqlite_types import DAY, STAMP, Content, canonical, decimals
from platform_new.introspect.keys import with_inferred_keys
from platform_new.spec.models import Source

COLUMNS_A_STATEMENT = 50
TRUTHS = "('t', 'true', 'y', 'yes', 'on', 'f', 'false', 'n', 'no', 'off')"

TABLES = """
select name, type, coalesce(sql, '') from sqlite_master
where type in ('table', 'view') and name not like 'sqlite\\_%' escape '\\' order by name
"""
COLUMNS = """
select m.name, c.name, c.type, c."notnull", c.pk
from sqlite_master m, pragma_table_xinfo(m.name) c
where m.type in ('table', 'view') and c.hidden <> 1 order by m.name, c.cid
"""
FOREIGN_KEYS = """
select m.name, f.id, f."table", f."from", f."to"
from sqlite_master m, pragma_foreign_key_list(m.name) f where m.type = 'table' order by m.name, f.id, f.seq
"""
UNIQUES = """
select m.name, i.name, k.name
from sqlite_master m, pragma_index_list(m.name) i, pragma_index_info(i.name) k
where m.type = 'table' and i."unique" and not i.partial and i.origin <> 'pk' order by m.name, i.seq, k.seqno
"""
CHECK = re.compile(r"\bcheck\s*(?=\()", re.IGNORECASE)
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|`(?:[^`]|``)*`|--[^\n]*|/\*.*?\*/", re.DOTALL)


def read(
    address: Address,
    *,
    schemas: tuple[str, ...],
    views: bool,
    progress: Callable[[str], None],
    known: Source | None = None,
) -> FoundCatalog:
    """Read the catalog, and infer the keys that it lacks; those of the `known` source stay.

    Raises `Refused` if the file is not an SQLite database, or `schemas` are given.
    """
    if schemas:
        raise Refused(Problem("an SQLite file has no schemas", "remove them", value=", ".join(schemas)))
    try:
        connection = sqlite3.connect(f"file:{quote(str(address.path))}?mode=ro", uri=True, isolation_level=None)
        connection.text_factory = lambda raw: raw.decode("utf-8", "replace")
        try:
            connection.execute("begin")
            progress("Reading the catalog")
            found = _tables(connection, views, progress)
            progress("Looking for keys")
            tables = with_inferred_keys(Sqlite(connection), found, known)
        finally:
            connection.close()
    except sqlite3.Error as error:
        reason = f"the file cannot be read as an SQLite database: {error}"
        raise Refused(Problem(reason, "check the path in the address", value=str(address.path))) from None
    return FoundCatalog("sqlite", address.path.stem, tables)


def _tables(connection: sqlite3.Connection, views: bool, progress: Callable[[str], None]) -> list[FoundTable]:
    columns = _grouped(connection, COLUMNS)
    links = _grouped(connection, FOREIGN_KEYS)
    uniques = _grouped(connection, UNIQUES)
    keys = {table: tuple(c[0] for c in sorted(found, key=lambda c: c[3]) if c[3]) for table, found in columns.items()}
    spelt = {table.lower(): table for table in columns}
    virtual = [name for name, _, sql in connection.execute(TABLES) if sql.lower().startswith("create virtual")]
    found = []
    for name, kind, sql in connection.execute(TABLES).fetchall():
        owner = next((table for table in virtual if name.startswith(f"{table}_")), None)
        if not columns[name] or owner or (kind == "view" and not views):
            continue
        progress(f"Reading {name}")
        note, exclude = "a view" if kind == "view" else "", None
        if name in virtual:
            exclude = "a virtual table: an SQLite index, meaningless elsewhere"
        rows, contents, samples, counted = _content(
            connection, name, columns[name], whole=kind == "table" and not exclude
        )
        key, key_note = keys[name], ""
        nulls = sum(content.empty for column, content in zip(columns[name], contents, strict=True) if column[0] in key)
        if nulls:
            # SQLite accepts NULL in a primary key that is not an INTEGER.
            key, key_note = (), f"its primary key is NULL in {nulls} rows, so it does not identify them"
        elif not key:
            required = {column[0] for column in columns[name] if column[2]}
            key = next((unique for unique in _uniques(uniques[name]) if required.issuperset(unique)), ())
            key_note = "no primary key; this unique key has no nulls" if key else "no primary key"
        found.append(
            FoundTable(
                id=TableId("", name),
                columns=tuple(
                    _column(column, content, sample)
                    for column, content, sample in zip(columns[name], contents, samples, strict=True)
                ),
                key=key,
                key_note=key_note if kind == "table" else "a view has no key",
                uniques=tuple(_uniques(uniques[name])),
                foreign_keys=tuple(_foreign_keys(links[name], spelt, columns, keys)),
                checks=tuple(_checks(sql)),
                rows=rows,
                counted=counted,
                note=note,
                exclude=exclude,
                is_view=kind == "view",
            )
        )
    return found


def _grouped(connection: sqlite3.Connection, query: str) -> dict[str, list[tuple[Any, ...]]]:
    groups: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for table, *row in connection.execute(query):
        groups[table].append(tuple(row))
    return groups


def _column(row: tuple[Any, ...], content: Content, samples: tuple[str, ...]) -> FoundColumn:
    name, declared, required, _ = row
    found = canonical(name, declared, content)
    column = FoundColumn(name, found.type, found.source_type, nullable=not required, note=found.note)
    return replace(column, samples=samples) if worth_sampling(column) else column


def _uniques(rows: Sequence[tuple[Any, ...]]) -> Iterator[tuple[str, ...]]:
    indexes: dict[str, list[str | None]] = defaultdict(list)
    for index, column in rows:
        indexes[index].append(column)
    for columns in dict.fromkeys(tuple(columns) for columns in indexes.values()):
        if None not in columns:
            yield columns


def _foreign_keys(
    rows: Sequence[tuple[Any, ...]], spelt: Mapping[str, str], columns: Any, keys: Any
) -> Iterator[FoundForeignKey]:
    by_id: dict[int, list[tuple[Any, ...]]] = defaultdict(list)
    for number, *link in rows:
        by_id[number].append(tuple(link))
    for links in by_id.values():
        to = spelt.get(links[0][0].lower(), links[0][0])
        # A foreign key without target columns points to the primary key.
        targets = tuple(link[2] for link in links) if links[0][2] else keys.get(to, ())
        known = {column[0].lower(): column[0] for column in columns.get(to, ())}
        own = tuple(link[1] for link in links)
        yield FoundForeignKey(own, TableId("", to), tuple(known.get(target.lower(), target) for target in targets))


def _checks(sql: str) -> Iterator[str]:
    """The conditions of the CHECKs in a CREATE TABLE."""
    masked = QUOTED.sub(lambda match: "x" * len(match[0]), sql)
    for match in CHECK.finditer(masked):
        depth = 0
        for position in range(match.end(), len(masked)):
            depth += {"(": 1, ")": -1}.get(masked[position], 0)
            if depth == 0:
                yield sql[match.end() : position + 1]
                break


def _content(
    connection: sqlite3.Connection, table: str, columns: Sequence[tuple[Any, ...]], *, whole: bool
) -> tuple[int | None, list[Content], list[tuple[str, ...]], bool]:
    """Rows, the content of each column and samples; a large table is represented by its first rows."""
    if not whole:
        return None, [Content()] * len(columns), [()] * len(columns), False
    rows, counted = _rows(connection, table)
    source = quoted(table) if counted else f"(select * from {quoted(table)} limit {SCANNED_ROWS})"
    contents: list[Content] = []
    for batch in batches(columns, COLUMNS_A_STATEMENT):
        asked = ", ".join(expression for name, declared, *_ in batch for expression in _measures(name, declared))
        numbers = connection.execute(f"select {asked} from {source}").fetchone()
        contents += [_counted(part) for part in batches(numbers, len(numbers) // len(batch))]
    texts = ", ".join(f"substr({quoted(name)}, 1, {SAMPLED_LETTERS})" for name, *_ in columns)
    samples = connection.execute(f"select {texts} from {quoted(table)} limit {SAMPLED_ROWS}").fetchall()
    by_column = [
        tuple(row[number] for row in samples if isinstance(row[number], str) and row[number])
        for number in range(len(columns))
    ]
    return rows, contents, by_column, counted


def _counted(measures: Sequence[int | None]) -> Content:
    counts = dict(zip((field.name for field in fields(Content)), measures, strict=True))
    bounds = ("least", "most")
    return Content(**{name: count if name in bounds else count or 0 for name, count in counts.items()})


def _rows(connection: sqlite3.Connection, table: str) -> tuple[int, bool]:
    try:
        # The greatest row id is known at once, and usually no less than the number of rows.
        ((estimate,),) = connection.execute(f"select coalesce(max(rowid), 0) from {quoted(table)}")
    except sqlite3.OperationalError:
        estimate = 0
    if isinstance(estimate, int) and estimate > COUNTED_ROWS:
        return estimate, False
    ((rows,),) = connection.execute(f"select count(*) from {quoted(table)}")
    return rows, True


def _measures(name: str, declared: str) -> Iterator[str]:
    column = quoted(name)
    for kind in ("integer", "real", "text", "blob"):
        yield f"sum(typeof({column}) = '{kind}')"
    is_text, is_whole = f"typeof({column}) = 'text'", f"typeof({column}) = 'integer'"
    # SQLite reads 30 February as 1 March.
    exists = f"date(substr({column}, 1, 10), '+0 days') = substr({column}, 1, 10)"
    yield f"sum({is_text} and {column} glob '{DAY}' and {exists})"
    yield f"sum({is_text} and {column} glob '{STAMP}' and {exists} and datetime({column}) is not null)"
    is_zoned = f"substr({column}, -1) = 'Z' or substr({column}, 11) glob '*[-+][0-9]*'"
    yield f"sum({is_text} and {column} glob '{STAMP}' and ({is_zoned}))"
    yield f"sum({is_whole} and {column} not in (0, 1))"
    precision, scale = decimals(declared) or (38, 0)
    is_real = f"typeof({column}) = 'real'"
    # The rounding noise of a double, beyond its 15 digits, is not a decimal.
    yield f"sum({is_real} and printf('%.15g', {column}) + 0.0 <> printf('%.{scale}f', {column}) + 0.0)"
    yield f"sum(({is_real} or {is_whole}) and abs({column} + 0.0) >= 1e{max(precision, scale) - scale})"
    yield f"sum({is_whole} and abs({column} + 0.0) > {2**53})"
    yield f"sum({is_text} and lower(trim({column})) in {TRUTHS})"
    yield f"min(case when {is_whole} then {column} end)"
    yield f"max(case when {is_whole} then {column} end)"
    yield f"sum({column} is null)"
