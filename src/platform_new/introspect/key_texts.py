"""Turns keys into text if their type would make values equal or NULL, with the columns that point to them. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId

Place = tuple[TableId, str]


def with_key_texts(tables: Sequence[FoundTable]) -> tuple[FoundTable, ...]:
    """The tables with such columns as text.

    A foreign key between columns of the same type passes the change on, since text does not compare with other types.
    """
    columns = {(table.id, column.name): column for table in tables for column in table.columns}
    linked: dict[Place, set[Place]] = {}
    for table in tables:
        for key in table.foreign_keys:
            for mine, theirs in zip(key.columns, key.to_columns, strict=False):
                one, other = (table.id, mine), (key.to, theirs)
                if one in columns and other in columns and _declared(columns[one]) == _declared(columns[other]):
                    linked.setdefault(one, set()).add(other)
                    linked.setdefault(other, set()).add(one)
    reasons = _reasons(tables)
    waiting = list(reasons)
    while waiting:
        place = waiting.pop()
        for other in linked.get(place, set()) - reasons.keys():
            reasons[other] = f"text like {place[0]}.{place[1]}, which it is compared with"
            waiting.append(other)
    return tuple(
        replace(
            table,
            columns=tuple(_as_text(column, reasons.get((table.id, column.name))) for column in table.columns),
        )
        for table in tables
    )


def _reasons(tables: Sequence[FoundTable]) -> dict[Place, str]:
    reasons = {}
    for table in tables:
        for column in table.columns:
            if column.merged and column.name in table.identifying:
                reasons[table.id, column.name] = f"different values would be equal as {column.type}"
            elif column.emptied and column.name in table.key:
                reasons[table.id, column.name] = f"some values of the key would be empty as {column.type}"
    return reasons


def _declared(column: FoundColumn) -> str:
    return column.source_type or column.type


def _as_text(column: FoundColumn, reason: str | None) -> FoundColumn:
    if not reason:
        return column
    return replace(column, type="text", source_type=_declared(column), note=reason, caveat="")
