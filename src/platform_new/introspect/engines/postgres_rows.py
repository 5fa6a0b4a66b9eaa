"""Looks at PostgreSQL's rows, a little: counts, the scale of unbounded numbers, samples of texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId
from platform_new.introspect.engines.measuring import (
    SAMPLED_LETTERS,
    SAMPLED_ROWS,
    SCANNED_ROWS,
    batches,
    measured_numeric,
    worth_counting,
)

TABLES_A_STATEMENT = 50
BYTES_A_ROW = 40
"""A row of PostgreSQL takes at least its header of 24 bytes and a line pointer; few are smaller than this."""

PATIENCE = "set local statement_timeout = '60s'; set local lock_timeout = '3s'"


@dataclass(frozen=True)
class Size:
    """What the catalog says of a table's size: rows (if `known`) and bytes; `may_scan` if its rows may be looked at."""

    estimate: int
    size: int
    known: bool
    may_scan: bool

    @property
    def rows(self) -> int:
        """About how many rows there are."""
        return self.estimate if self.known else self.size // BYTES_A_ROW


def measure(
    connection: Any, tables: Sequence[FoundTable], sizes: Mapping[TableId, Size], progress: Callable[[str], None]
) -> tuple[FoundTable, ...]:
    """The tables with their rows counted or estimated, unbounded numbers given a type, and samples of their texts."""
    seen = [table for table in tables if sizes[table.id].may_scan and not table.exclude]
    chosen = worth_counting({table.id: sizes[table.id].rows for table in seen})
    counted = [table for table in seen if table.id in chosen]
    scanned = [table for table in seen if table.id not in chosen and _unbounded(table)]
    progress(f"Counting {len(counted)} tables")
    found = _ask(connection, {table.id: _count(table) for table in counted})
    found |= _ask(connection, {table.id: _scan(table) for table in scanned})
    progress(f"Sampling {len(seen)} tables")
    samples = _ask(connection, {table.id: _sample(table) for table in seen if _texts(table)})
    return tuple(
        _described(table, sizes[table.id], found.get(table.id, []), samples.get(table.id, []), table.id in chosen)
        for table in tables
    )


def _ask(connection: Any, selects: Mapping[TableId, str]) -> dict[TableId, list[list[str | None]]]:
    """The rows that each select gives; a statement that fails or takes too long leaves its tables out."""
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


def _unbounded(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if column.type == "numeric"]


def _texts(table: FoundTable) -> list[FoundColumn]:
    return [
        column for column in table.columns if column.type == "text" and column.values is None and not column.exclude
    ]


def _widths(table: FoundTable) -> Iterable[str]:
    for column in _unbounded(table):
        name = _quote(column.name)
        yield f"max(length(split_part(abs({name})::text, '.', 1)))::text"
        yield f"max(scale({name}))::text"


def _count(table: FoundTable) -> str:
    return f"array[{', '.join(('count(*)::text', *_widths(table)))}] from {_from(table)}"


def _scan(table: FoundTable) -> str:
    columns = ", ".join(_quote(column.name) for column in _unbounded(table))
    rows = f"(select {columns} from {_from(table)} limit {SCANNED_ROWS}) as some_rows"
    return f"array[{', '.join(('null', *_widths(table)))}] from {rows}"


def _sample(table: FoundTable) -> str:
    texts = ", ".join(f"left({_quote(column.name)}::text, {SAMPLED_LETTERS})" for column in _texts(table))
    return f"array[{texts}] from {_from(table)} limit {SAMPLED_ROWS}"


def _described(
    table: FoundTable, size: Size, found: list[list[str | None]], samples: list[list[str | None]], counted: bool
) -> FoundTable:
    row = found[0] if found else []
    rows = int(row[0]) if row and row[0] is not None else size.rows if size.may_scan else None
    widths = iter(int(text) if text is not None else None for text in row[1:])
    measured = {column.name: (next(widths, None), next(widths, None)) for column in _unbounded(table)}
    sampled = {
        column.name: tuple(row[position] for row in samples if row[position])
        for position, column in enumerate(_texts(table))
    }
    columns = []
    for column in table.columns:
        if column.name in measured:
            declared = column.source_type or "numeric"
            type_ = measured_numeric(declared, *measured[column.name], all_rows=counted)
            column = replace(column, type=type_.type, source_type=type_.source_type, note=type_.note)
        columns.append(replace(column, samples=sampled.get(column.name, ())))
    exact = bool(row) and row[0] is not None
    return replace(table, columns=tuple(columns), rows=rows, counted=exact)


def _from(table: FoundTable) -> str:
    return f"{_quote(table.id.schema)}.{_quote(table.id.name)}"


def _quote(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'
