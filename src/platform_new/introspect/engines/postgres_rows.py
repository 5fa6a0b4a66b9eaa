"""Reads a few rows of PostgreSQL: counts, the scale of unbounded numbers, samples of texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId
from platform_new.introspect.engines.measuring import (
    ENDS,
    SAMPLED_LETTERS,
    SAMPLED_ROWS,
    SCANNED_ROWS,
    as_epoch,
    at_an_end,
    batches,
    epoch,
    may_be_epoch,
    measured_numeric,
    worth_counting,
    worth_sampling,
)
from platform_new.introspect.keys.evidence import STATEMENT_SECONDS

TABLES_A_STATEMENT = 50
BYTES_A_ROW = 40
"""A row of PostgreSQL takes at least its header of 24 bytes and a line pointer; few are smaller than this."""

PATIENCE = "set local statement_timeout = '60s'; set local lock_timeout = '3s'"
KEY_PATIENCE = f"set local statement_timeout = '{STATEMENT_SECONDS}s'; set local lock_timeout = '3s'"


@dataclass(frozen=True)
class Postgres:
    """How to ask PostgreSQL for the evidence of keys."""

    connection: Any

    def table(self, table: TableId) -> str:
        """The table's name in a statement."""
        return f"{_quote(table.schema)}.{_quote(table.name)}"

    def column(self, name: str) -> str:
        """The column's name in a statement."""
        return _quote(name)

    def text(self, value: str) -> str:
        """The SQL of a value as text."""
        return f"({value})::text"

    def rows(self, statement: str) -> list[Sequence[Any]] | None:
        """The rows of a statement; None if it failed or took too long."""
        import psycopg

        try:
            with self.connection.transaction():
                self.connection.execute(KEY_PATIENCE)
                return self.connection.execute(statement).fetchall()
        except psycopg.Error:
            return None


@dataclass(frozen=True)
class Size:
    """A table's size according to the catalog: rows (if `known`) and bytes; `may_scan` if its rows may be read."""

    estimate: int
    size: int
    known: bool
    may_scan: bool

    @property
    def rows(self) -> int:
        """The approximate number of rows."""
        return self.estimate if self.known else self.size // BYTES_A_ROW


def measure(
    connection: Any, tables: Sequence[FoundTable], sizes: Mapping[TableId, Size], progress: Callable[[str], None]
) -> tuple[FoundTable, ...]:
    """The tables with row counts or estimates, types for unbounded numbers, and samples of their texts."""
    seen = [table for table in tables if sizes[table.id].may_scan and not table.exclude]
    chosen = worth_counting({table.id: sizes[table.id].rows for table in seen})
    counted = [table for table in seen if table.id in chosen]
    scanned = [table for table in seen if table.id not in chosen and any(_measures(table))]
    progress(f"Counting {len(counted)} tables")
    found = _ask(connection, {table.id: _count(table) for table in counted})
    found |= _ask(connection, {table.id: _scan(table) for table in scanned})
    progress(f"Sampling {len(seen)} tables")
    samples = _ask(connection, {table.id: _sample(table) for table in seen if _sampled(table)})
    return tuple(
        _described(table, sizes[table.id], found.get(table.id, []), samples.get(table.id, []), table.id in chosen)
        for table in tables
    )


def _ask(connection: Any, selects: Mapping[TableId, str]) -> dict[TableId, list[list[str | None]]]:
    """The rows of each select, except for the tables of statements that fail or take too long."""
    import psycopg

    answers: dict[TableId, list[list[str | None]]] = defaultdict(list)
    for batch in batches(list(selects.items()), TABLES_A_STATEMENT):
        statement = " union all ".join(f"(select {number}, {select})" for number, (_, select) in enumerate(batch))
        try:
            with connection.transaction():
                connection.execute(PATIENCE)
                for number, row in connection.execute(statement).fetchall():
                    answers[batch[number][0]].append(row)
        except psycopg.Error:
            if len(batch) > 1:
                for one in batch:
                    answers |= _ask(connection, dict([one]))
    return answers


def _numerics(table: FoundTable) -> list[FoundColumn]:
    return [c for c in table.columns if c.data_type.base == "numeric" and c.source_type != "money"]


def _wholes(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if may_be_epoch(table, column)]


def _times(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if column.type in ENDS and not column.exclude]


def _sampled(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if worth_sampling(column)]


def _measures(table: FoundTable) -> Iterable[str]:
    """The SQL that measures a column's values: digits, decimals, non-finite or out-of-range values, and bounds."""
    for column in _numerics(table):
        text = f"{_quote(column.name)}::text"
        finite = f"filter (where {text} !~ '[NI]')"
        yield f"(max(length(split_part(ltrim({text}, '-'), '.', 1))) {finite})::text"
        yield f"(max(length(split_part({text}, '.', 2))) {finite})::text"
        yield f"(count(*) filter (where {text} ~ '[NI]'))::text"
    for column in _times(table):
        name = _quote(column.name)
        yield f"(count(*) filter (where {name} < '0001-01-01' or {name} >= '10000-01-01'))::text"
        yield f"({at_an_end(name, column.type)})::text" if column.name in table.identifying else "null"
    for column in _wholes(table):
        yield f"min({_quote(column.name)})::text"
        yield f"max({_quote(column.name)})::text"


def _count(table: FoundTable) -> str:
    return f"array[{', '.join(('count(*)::text', *_measures(table)))}] from {_from(table)}"


def _scan(table: FoundTable) -> str:
    columns = ", ".join(_quote(column.name) for column in (*_numerics(table), *_times(table), *_wholes(table)))
    rows = f"(select {columns} from {_from(table)} limit {SCANNED_ROWS}) as some_rows"
    return f"array[{', '.join(('null', *_measures(table)))}] from {rows}"


def _sample(table: FoundTable) -> str:
    texts = ", ".join(f"left({_quote(column.name)}::text, {SAMPLED_LETTERS})" for column in _sampled(table))
    return f"array[{texts}] from {_from(table)} limit {SAMPLED_ROWS}"


def _described(
    table: FoundTable, size: Size, found: list[list[str | None]], samples: list[list[str | None]], counted: bool
) -> FoundTable:
    row = found[0] if found else []
    rows = int(row[0]) if row and row[0] is not None else size.rows if size.may_scan else None
    answers = iter(int(text) if text is not None else None for text in row[1:])
    numerics = {c.name: [next(answers, None) for _ in range(3)] for c in _numerics(table)}
    times = {c.name: [next(answers, None) or 0 for _ in range(2)] for c in _times(table)}
    wholes = {c.name: [next(answers, None) for _ in range(2)] for c in _wholes(table)}
    sampled = {
        column.name: tuple(row[position] for row in samples if row[position])
        for position, column in enumerate(_sampled(table))
    }
    columns = []
    for column in table.columns:
        if column.name in numerics:
            column = _measured(column, *numerics[column.name], all_rows=counted)
        elif column.name in times and times[column.name][0]:
            column = _with_ends(column, *times[column.name])
        elif column.name in wholes and (unit := epoch(column.name, *wholes[column.name])):
            column = as_epoch(column, unit)
        columns.append(replace(column, samples=sampled.get(column.name, ())))
    exact = bool(row) and row[0] is not None
    return replace(table, columns=tuple(columns), rows=rows, counted=exact)


def _measured(
    column: FoundColumn, digits: int | None, scale: int | None, odd: int | None, *, all_rows: bool
) -> FoundColumn:
    if column.type == "numeric":
        found = measured_numeric(column.source_type or "numeric", digits, scale, all_rows=all_rows)
        column = replace(column, type=found.type, source_type=found.source_type, note=found.note)
    if not odd or column.type == "text":
        return column
    note = f"{odd} values are NaN or infinite, which are loaded as NULL"
    return replace(column, nullable=True, emptied=True, note="; ".join(filter(None, (column.note, note))))


def _with_ends(column: FoundColumn, count: int, at_an_end: int) -> FoundColumn:
    last = ENDS[column.type][1].removesuffix("+00")
    caveat = f"Infinite values and values outside the years 1 to 9999 are loaded as {last} or 0001-01-01."
    note = f"{count} values are infinite or outside the years 1 to 9999"
    return replace(column, caveat=caveat, note=note, merged=at_an_end > 1)


def _from(table: FoundTable) -> str:
    return f"{_quote(table.id.schema)}.{_quote(table.id.name)}"


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
