"""The order in which to fill tables, so that a referenced row exists before the referencing row."""

from __future__ import annotations

from collections.abc import Sequence

from ingest.spec import Reference, Table

Deferred = dict[str, list[Reference]]


def in_order(tables: Sequence[Table]) -> tuple[list[Table], Deferred]:
    """The tables, parents first, and the references to defer because they close a cycle."""
    waiting = {table.name: _to_others(table) for table in tables}
    by_name = {table.name: table for table in tables}
    ordered: list[Table] = []
    deferred: Deferred = {}
    while waiting:
        ready = [name for name, references in waiting.items() if not _open(references, waiting)]
        if not ready:
            name, reference = _weakest(by_name, waiting)
            waiting[name].remove(reference)
            deferred.setdefault(name, []).append(reference)
        for name in ready:
            ordered.append(by_name[name])
            del waiting[name]
    return ordered, deferred


def trees(table: Table) -> list[Reference]:
    """The references of a table to itself, in the order to fill them; not those in a circle."""
    pending = [each for each in table.references if each.to == table.name and filled_by(each)]
    ordered: list[Reference] = []
    while pending:
        open_ = {name for reference in pending for name in filled_by(reference)}
        ready = [reference for reference in pending if not open_ & {*reference.to_columns}]
        if not ready:
            break
        ordered += ready
        pending = [reference for reference in pending if reference not in ready]
    return ordered


def filled_by(reference: Reference) -> set[str]:
    """The columns that a reference of a table to itself fills; both rows share a tenant."""
    pairs = zip(reference.columns, reference.to_columns, strict=True)
    return {name for name, target in pairs if name != target}


def _to_others(table: Table) -> list[Reference]:
    return [reference for reference in table.references if reference.to != table.name]


def _open(references: list[Reference], waiting: dict[str, list[Reference]]) -> list[Reference]:
    return [reference for reference in references if reference.to in waiting]


def _weakest(
    tables: dict[str, Table], waiting: dict[str, list[Reference]]
) -> tuple[str, Reference]:
    """The best reference to defer: an optional one, or at least one that is not part of a key."""

    def weight(candidate: tuple[str, Reference]) -> tuple[bool, bool]:
        name, reference = candidate
        table = tables[name]
        columns = [column for column in table.columns if column.name in reference.columns]
        in_key = any(column.name in table.key for column in columns)
        return in_key, all(column.required for column in columns)

    candidates = [
        (name, reference)
        for name in _on_a_cycle(waiting)
        for reference in _open(waiting[name], waiting)
    ]
    return min(candidates, key=weight)


def _on_a_cycle(waiting: dict[str, list[Reference]]) -> list[str]:
    """The waiting tables that can be reached from themselves."""

    def reaches_itself(start: str) -> bool:
        seen: set[str] = set()
        stack = [start]
        while stack:
            for reference in _open(waiting[stack.pop()], waiting):
                if reference.to == start:
                    return True
                if reference.to not in seen:
                    seen.add(reference.to)
                    stack.append(reference.to)
        return False

    return [name for name in waiting if reaches_itself(name)]
