"""Reads a few rows of MySQL and MariaDB: counts, samples, and values that the types of the spec do not allow."""

from __future__ import annotations

import contextlib
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId
from platform_new.introspect.engines.measuring import (
    SAMPLED_LETTERS,
    SAMPLED_ROWS,
    SCANNED_ROWS,
    as_epoch,
    batches,
    epoch,
    may_be_epoch,
    worth_counting,
    worth_sampling,
)
from platform_new.introspect.keys.evidence import STATEMENT_SECONDS

TABLES_A_STATEMENT = 50
KEY_PATIENCE = (
    f"set session max_execution_time = {1000 * STATEMENT_SECONDS}",
    f"set session max_statement_time = {STATEMENT_SECONDS}",
)
"""The limit of a statement: for MySQL, and for MariaDB. Each does not know the variable of the other."""

DOUBTS = {
    "boolean": "{0} not in (0, 1)",
    "time": "{0} < '00:00:00' or {0} >= '24:00:00'",
    "date": "dayofmonth({0}) = 0 or month({0}) = 0",
    "timestamp": "dayofmonth({0}) = 0 or month({0}) = 0",
    "timestamptz": "dayofmonth({0}) = 0 or month({0}) = 0",
}
"""Conditions for values that MySQL allows in a column and the type of the spec does not."""


@dataclass(frozen=True)
class MySql:
    """How to ask MySQL for the evidence of keys."""

    connection: Any

    def __post_init__(self) -> None:
        import pymysql

        for limit in KEY_PATIENCE:
            with contextlib.suppress(pymysql.Error), self.connection.cursor() as cursor:
                cursor.execute(limit)

    def table(self, table: TableId) -> str:
        """The table's name in a statement."""
        return f"{_quote(table.schema)}.{_quote(table.name)}"

    def column(self, name: str) -> str:
        """The column's name in a statement."""
        return _quote(name)

    def text(self, value: str) -> str:
        """The SQL of a value as text."""
        return f"convert({value} using utf8mb4) collate utf8mb4_general_ci"

    def rows(self, statement: str) -> list[Sequence[Any]] | None:
        """The rows of a statement; None if it failed or took too long."""
        import pymysql

        try:
            with self.connection.cursor() as cursor:
                cursor.execute(statement)
                return list(cursor.fetchall())
        except pymysql.Error:
            return None


def measure(connection: Any, tables: Sequence[FoundTable], progress: Callable[[str], None]) -> tuple[FoundTable, ...]:
    """The tables with row counts or estimates, ambiguous types resolved, and samples of their texts."""
    stored = [table for table in tables if table.rows is not None]
    chosen = worth_counting({table.id: table.rows for table in stored})
    progress(f"Counting {len(chosen)} tables")
    selects = {table.id: _count(table, whole=table.id in chosen) for table in stored}
    found = _ask(connection, selects)
    progress(f"Sampling {len(stored)} tables")
    samples = _ask(connection, {table.id: _sample(table) for table in stored if _sampled(table)})
    return tuple(
        _described(table, found.get(table.id, []), samples.get(table.id, []), table.id in chosen) for table in tables
    )


def _ask(connection: Any, selects: Mapping[TableId, str]) -> dict[TableId, list[list[Any]]]:
    """The rows of each select, except for the tables of statements that fail."""
    import pymysql

    answers: dict[TableId, list[list[Any]]] = defaultdict(list)
    for batch in batches(list(selects.items()), TABLES_A_STATEMENT):
        statement = " union all ".join(f"(select {number}, {select})" for number, (_, select) in enumerate(batch))
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement)
                for number, row in cursor.fetchall():
                    answers[batch[number][0]].append(json.loads(row))
        except pymysql.Error:
            if len(batch) > 1:
                for one in batch:
                    answers |= _ask(connection, dict([one]))
    return answers


def _doubtful(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if column.type in DOUBTS and not column.exclude]


def _wholes(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if may_be_epoch(table, column)]


def _sampled(table: FoundTable) -> list[FoundColumn]:
    return [column for column in table.columns if worth_sampling(column)]


def _count(table: FoundTable, *, whole: bool) -> str:
    doubts = [f"cast(sum({DOUBTS[column.type].format(_quote(column.name))}) as signed)" for column in _doubtful(table)]
    doubts += [f"{each}({_quote(column.name)})" for column in _wholes(table) for each in ("min", "max")]
    rows = _from(table) if whole else f"(select * from {_from(table)} limit {SCANNED_ROWS}) as some_rows"
    return f"json_array({', '.join(('count(*)' if whole else 'null', *doubts))}) from {rows}"


def _sample(table: FoundTable) -> str:
    texts = ", ".join(f"left({_quote(column.name)}, {SAMPLED_LETTERS})" for column in _sampled(table))
    return f"json_array({texts}) from {_from(table)} limit {SAMPLED_ROWS}"


def _described(table: FoundTable, found: list[list[Any]], samples: list[list[Any]], counted: bool) -> FoundTable:
    row = found[0] if found else []
    answers = iter(row[1:])
    doubts = {column.name: int(next(answers, 0) or 0) for column in _doubtful(table)}
    wholes = {column.name: (next(answers, None), next(answers, None)) for column in _wholes(table)}
    sampled = {
        column.name: tuple(str(row[position]) for row in samples if row[position])
        for position, column in enumerate(_sampled(table))
    }
    has_rows = not counted or bool(row and row[0])
    columns = (
        replace(
            _resolved(column, doubts.get(column.name, 0), wholes.get(column.name), has_rows),
            samples=sampled.get(column.name, ()),
        )
        for column in table.columns
    )
    exact = counted and bool(row)
    return replace(table, columns=tuple(columns), rows=row[0] if exact else table.rows, counted=exact)


def _resolved(column: FoundColumn, doubts: int, bounds: tuple[Any, Any] | None, has_rows: bool) -> FoundColumn:
    if bounds and (unit := epoch(column.name, *bounds)):
        return as_epoch(column, unit)
    if column.type == "boolean" and column.source_type:
        if doubts:
            return replace(column, type="smallint", note=f"{doubts} values are neither 0 nor 1")
        note = "tinyint(1), and every value is 0 or 1" if has_rows else "tinyint(1), which is MySQL's boolean"
        return replace(column, source_type=None, note=note)
    if not doubts:
        return column
    if column.type == "time":
        return replace(column, type="text", source_type="time", note=f"{doubts} values are not times of day")
    return replace(column, nullable=True, emptied=True, note=f"{doubts} zero dates, which are loaded as NULL")


def _from(table: FoundTable) -> str:
    return f"{_quote(table.id.schema)}.{_quote(table.id.name)}"


def _quote(identifier: str) -> str:
    return "`" + identifier.replace("`", "``") + "`"
