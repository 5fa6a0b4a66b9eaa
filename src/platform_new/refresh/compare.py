"""Compare a source with its spec: every relevant difference, and whether it is breaking.

A change is compatible if the contract promises no less afterwards; otherwise it breaks consumers. Decisions of the
owners (roles, descriptions, loads, personal data, exclusions) are not compared, and neither are row counts.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from platform_new.refresh.types import Step, is_compatible, step
from platform_new.spec.data_type import DataType
from platform_new.spec.models import Column, Reference, Source, Table
from platform_new.spec.yaml_text import flow_text

Path = tuple[str, ...]
ALIKE = 0.5
"""The least similarity of names at which a new column of the same type counts as possibly renamed."""
MOSTLY = 0.75
"""The least share of common columns at which a new table counts as possibly renamed."""


@dataclass(frozen=True)
class Change:
    """A difference: its path in the spec, such as `("tables", "orders", "columns", "status", "type")`, and its kind.

    `because` says why it is compatible or breaking; `hint` suggests another explanation or a way around it.
    """

    path: Path
    kind: str
    before: Any
    after: Any
    compatible: bool
    because: str
    hint: str = ""

    @property
    def table(self) -> str:
        """The name of the table or topic."""
        return self.path[1]

    @property
    def place(self) -> str:
        """The table or topic, with the column or nested field if there is one: `orders.status`."""
        pairs = zip(self.path[2::2], self.path[3::2], strict=False)
        return ".".join((self.table, *(name for key, name in pairs if key in ("columns", "fields"))))

    @property
    def is_new_table(self) -> bool:
        """Whether it is a table that is not in the spec."""
        return self.kind == "table added"


def compare(known: Source, seen: Source) -> tuple[Change, ...]:
    """The differences between a source in the spec and the introspected source, with the names of the spec."""
    changes: list[Change] = []
    there = {table.name: table for table in seen.tables}
    mine = {table.name for table in known.tables}
    new = [table for table in seen.tables if table.name not in mine and not table.exclude]
    for table in known.tables:
        if table.exclude:
            continue
        if table.name in there:
            changes += compare_tables(table, _known_targets(there[table.name], known))
        else:
            path, hint = ("tables", table.name), _renamed_table(table, new)
            changes.append(
                Change(path, "table removed", table.name, None, False, "downstream models receive no new rows", hint)
            )
    for table in new:
        because = "it is not loaded until you add it"
        changes.append(Change(("tables", table.name), "table added", None, table.name, True, because))
    return tuple(changes)


def since(changes: tuple[Change, ...], source_changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The differences from the spec that the source caused since the last introspection.

    `source_changes` are the differences between the last introspection and this one. Where the source did not change,
    the spec differs because an owner edited it: that is not drift.
    """
    moved = {change.path for change in source_changes}
    return tuple(change for change in changes if any(change.path[:end] in moved for end in range(len(change.path) + 1)))


def compare_tables(known: Table, seen: Table) -> Iterator[Change]:
    """The differences between a known and an introspected table, both with the same names."""
    path = ("tables", known.name)
    if seen.exclude:
        because = f"downstream models receive no new rows: {seen.exclude}"
        yield Change((*path, "exclude"), "table excluded", None, seen.exclude, False, because)
        return
    yield from _columns(known, seen, path)
    yield from _key(known, seen, path)
    yield from _uniques(known, seen, path)
    yield from _references(known, seen, path)


def _columns(known: Table, seen: Table, path: Path) -> Iterator[Change]:
    new = [column for column in seen.columns if known.column(column.name) is None]
    for column in known.columns:
        here, there = (*path, "columns", column.name), seen.column(column.name)
        if column.exclude:
            continue
        if there is None:
            hint = _renamed_column(column, new)
            yield Change(here, "column removed", column.type, None, False, "downstream models that use it fail", hint)
        elif there.exclude:
            because = f"downstream models that use it fail: {there.exclude}"
            yield Change((*here, "exclude"), "column excluded", None, there.exclude, False, because)
        else:
            yield from _type(column, there, here)
            yield from _required(known, seen, column, there, here)
            yield from _values(column, there, here)
            yield from _bounds(column, there, here)
            yield from _reference(column, there, here)
    for column in new:
        here = (*path, "columns", column.name)
        if column.exclude:
            yield Change(here, "column ignored", None, column.type, True, column.exclude)
        else:
            yield Change(here, "column added", None, column.type, True, "no consumer relies on it yet")


def _type(known: Column, seen: Column, path: Path) -> Iterator[Change]:
    took = step(known.type, seen.type)
    if took is Step.SAME:
        if (known.source_type or "") != (seen.source_type or ""):
            because = f"the type in the spec is still {known.type}"
            yield Change(
                (*path, "source_type"), "source type changed", known.source_type, seen.source_type, True, because
            )
        return
    compatible = is_compatible(known.type, seen.type)
    because = {
        Step.WIDENED: "every existing value fits" if compatible else "consumers expect another logical type",
        Step.NARROWED: "rows that are already loaded may not fit",
        Step.CHANGED: "values of the previous type are not valid in the new type",
    }[took]
    yield Change((*path, "type"), f"type {took.value}", known.type, seen.type, compatible, because)


def _required(known: Table, seen: Table, mine: Column, theirs: Column, path: Path) -> Iterator[Change]:
    before, after = mine.required or mine.name in known.key, theirs.required or theirs.name in seen.key
    if before and not after:
        yield Change((*path, "required"), "nullable", True, False, False, "consumers may see rows without a value")
    elif after and not before:
        yield Change((*path, "required"), "required", False, True, True, "every row now has a value")


def _values(known: Column, seen: Column, path: Path) -> Iterator[Change]:
    before, after = _plain(known.values, known.type), _plain(seen.values, seen.type)
    if set(before) == set(after):
        return
    if not after:
        kind, compatible, because = "values unrestricted", False, "consumers may see any value"
    elif not before:
        kind, compatible, because = "values restricted", True, "only these values occur"
    elif set(after) <= set(before):
        kind, compatible, because = "values removed", True, "consumers know all remaining values"
    else:
        more = ", ".join(value for value in after if value not in before)
        kind, compatible, because = "values added", False, f"consumers that distinguish values do not know {more}"
    yield Change((*path, "values"), kind, known.values, seen.values, compatible, because)


def _bounds(known: Column, seen: Column, path: Path) -> Iterator[Change]:
    for name, sign in (("min", 1), ("max", -1)):
        before, after = getattr(known, name), getattr(seen, name)
        if _plain_value(before, known.type) == _plain_value(after, seen.type):
            continue
        tighter = before is None or (after is not None and _tighter(before, after, seen.type, sign))
        because = "the range is not wider" if tighter else "consumers may see values outside of the previous range"
        kind = f"{name} added" if before is None else f"{name} removed" if after is None else f"{name} changed"
        yield Change((*path, name), kind, before, after, tighter, because)


def _key(known: Table, seen: Table, path: Path) -> Iterator[Change]:
    if set(known.key) == set(seen.key):
        return
    kind = "key added" if not known.key else "key removed" if not seen.key else "key changed"
    because = "the key identifies rows" if kind == "key added" else "a row no longer has the same identity"
    yield Change((*path, "key"), kind, known.key, seen.key, kind == "key added", because)


def _uniques(known: Table, seen: Table, path: Path) -> Iterator[Change]:
    before, after = unique_sets(known), unique_sets(seen)
    excluded = {column.name for column in known.columns if column.exclude}
    for columns in sorted(map(sorted, before ^ after)):
        if set(columns) in (set(known.key), set(seen.key)) or excluded & set(columns):
            continue
        lost = frozenset(columns) in before
        if lost and not all(seen.column(name) for name in columns):
            continue
        single = len(columns) == 1
        here = (*path, "columns", columns[0], "unique") if single else (*path, "unique", ", ".join(columns))
        because = "two rows may share the value" if lost else "no two rows share the value"
        yield Change(here, "unique removed" if lost else "unique added", lost, not lost, not lost, because)


def unique_sets(table: Table) -> set[frozenset[str]]:
    """Every set of columns that is unique in the table, including the key."""
    single = {frozenset((column.name,)) for column in table.columns if column.unique}
    return single | {frozenset(columns) for columns in (*table.unique, table.key) if columns}


def _reference(known: Column, seen: Column, path: Path) -> Iterator[Change]:
    if known.references != seen.references:
        yield _link((*path, "references"), known.references, seen.references)


def _references(known: Table, seen: Table, path: Path) -> Iterator[Change]:
    before, after = ({link_name(each): each for each in table.references} for table in (known, seen))
    for name in sorted(before.keys() ^ after.keys()):
        if name in before and not all(seen.column(column) for column in before[name].columns):
            continue
        yield _link((*path, "references", name), before.get(name), after.get(name))


def link_name(reference: Reference) -> str:
    """A composite foreign key as text."""
    pairs = sorted(zip(reference.columns, reference.to_columns, strict=False))
    mine, theirs = ", ".join(mine for mine, _ in pairs), ", ".join(theirs for _, theirs in pairs)
    return f"{mine} → {reference.to} ({theirs})"


def _link(path: Path, before: Any, after: Any) -> Change:
    if before is None:
        return Change(path, "reference added", before, after, True, "every row has a match in the referenced table")
    kind = "reference removed" if after is None else "reference changed"
    return Change(path, kind, before, after, False, "rows may have no match in the referenced table")


def _known_targets(table: Table, known: Source) -> Table:
    """The table without references to tables outside the spec."""
    names = {other.name for other in known.tables}
    columns = tuple(
        column
        if not column.references or column.references.partition(".")[0] in names
        else column.model_copy(update={"references": None, "inferred": False})
        for column in table.columns
    )
    references = tuple(reference for reference in table.references if reference.to in names)
    return table.model_copy(update={"columns": columns, "references": references})


def _renamed_column(gone: Column, new: list[Column]) -> str:
    similar = [column for column in new if column.type == gone.type and _likeness(column.name, gone.name) >= ALIKE]
    if not similar:
        return ""
    best = max(similar, key=lambda column: _likeness(column.name, gone.name))
    return _renamed_to(best.source_name)


def _renamed_table(gone: Table, new: list[Table]) -> str:
    mine = {(column.source_name, column.type) for column in gone.columns}
    for table in new:
        theirs = {(column.source_name, column.type) for column in table.columns}
        if len(mine & theirs) >= MOSTLY * len(mine | theirs):
            return _renamed_to(table.origin or table.name)
    return ""


def _renamed_to(name: str) -> str:
    return f"if it was renamed to {name}, set `origin: {flow_text(name)}` on it in the spec instead"


def _likeness(left: str, right: str) -> float:
    return difflib.SequenceMatcher(None, left, right).ratio()


def _plain(values: tuple[Any, ...] | None, type_: str) -> dict[str, None]:
    """The values as texts; the numbers 1, 1.0 and "1.00" are equal."""
    return dict.fromkeys(str(_plain_value(value, type_)) for value in values or ())


def _plain_value(value: Any, type_: str) -> Any:
    if value is None or not DataType.parse(type_).is_number or isinstance(value, bool):
        return value
    try:
        return Decimal(str(value)).normalize()
    except InvalidOperation:
        return value


def _tighter(before: Any, after: Any, type_: str, sign: int) -> bool:
    before, after = _plain_value(before, type_), _plain_value(after, type_)
    if isinstance(before, str) != isinstance(after, str):
        return False
    return after >= before if sign > 0 else after <= before
