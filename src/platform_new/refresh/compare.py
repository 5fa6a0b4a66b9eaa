"""What a source is now against what its spec says: the differences that mean something, each with its consequence.

A change is compatible if the contract promises no less afterwards; else it breaks those who rely on it. What owners
decide (roles, descriptions, loads, personal data, what is excluded) is theirs and is not compared; nor are counts.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from platform_new.refresh.types import Step, keeps_readers, step
from platform_new.spec.data_type import DataType
from platform_new.spec.models import Column, Reference, Source, Table
from platform_new.spec.yaml_text import flow_text

Path = tuple[str, ...]
ALIKE = 0.5
"""How like two names have to be, for a new column of the same type to be taken for a renamed one."""
MOSTLY = 0.75
"""The part of two tables' columns that has to be the same, for a new table to be taken for a renamed one."""


@dataclass(frozen=True)
class Change:
    """A difference: its place in the spec, such as `("tables", "orders", "columns", "status", "type")`, and what it is.

    `because` is the reason why it is compatible or not, `hint` what it may be instead.
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
        """The name of the table, or topic, that it is in."""
        return self.path[1]

    @property
    def place(self) -> str:
        """The table, with the column where it is one's: `orders.status`; or the topic with the field's way."""
        pairs = zip(self.path[2::2], self.path[3::2], strict=False)
        return ".".join((self.table, *(name for key, name in pairs if key in ("columns", "fields"))))

    @property
    def is_new_table(self) -> bool:
        """Whether it is a table that the spec does not know."""
        return self.kind == "table new"


def compare(known: Source, seen: Source) -> tuple[Change, ...]:
    """The differences between a source as the spec says it is and as it was seen, in the words of the spec."""
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
            changes.append(Change(path, "table gone", table.name, None, False, "its readers get nothing new", hint))
    for table in new:
        because = "it is not brought over until it is added"
        changes.append(Change(("tables", table.name), "table new", None, table.name, True, because))
    return tuple(changes)


def since(changes: tuple[Change, ...], seen_before: tuple[Change, ...]) -> tuple[Change, ...]:
    """Of the differences to the spec those that the source has made since the last look.

    `seen_before` are the differences between the last look and this one. Where the source has stood still, the spec
    says something else because an owner wrote it: that is no drift.
    """
    moved = {change.path for change in seen_before}
    return tuple(change for change in changes if any(change.path[:end] in moved for end in range(len(change.path) + 1)))


def compare_tables(known: Table, seen: Table) -> Iterator[Change]:
    """The differences between a table as it is known and as it was seen, both in the same words."""
    path = ("tables", known.name)
    if seen.exclude:
        because = f"its readers get nothing new: {seen.exclude}"
        yield Change((*path, "exclude"), "table left out", None, seen.exclude, False, because)
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
            yield Change(here, "column gone", column.type, None, False, "its readers find it no more", hint)
        elif there.exclude:
            because = f"its readers find it no more: {there.exclude}"
            yield Change((*here, "exclude"), "column left out", None, there.exclude, False, because)
        else:
            yield from _type(column, there, here)
            yield from _required(known, seen, column, there, here)
            yield from _values(column, there, here)
            yield from _bounds(column, there, here)
            yield from _reference(column, there, here)
    for column in new:
        here = (*path, "columns", column.name)
        if column.exclude:
            yield Change(here, "column passed over", None, column.type, True, column.exclude)
        else:
            yield Change(here, "column new", None, column.type, True, "nobody relies on it yet")


def _type(known: Column, seen: Column, path: Path) -> Iterator[Change]:
    took = step(known.type, seen.type)
    if took is Step.SAME:
        if (known.source_type or "") != (seen.source_type or ""):
            because = f"it is still {known.type} here"
            yield Change(
                (*path, "source_type"), "source type changed", known.source_type, seen.source_type, True, because
            )
        return
    compatible = keeps_readers(known.type, seen.type)
    because = {
        Step.WIDENED: "every value so far fits" if compatible else "readers declared another kind of value",
        Step.NARROWED: "rows that were loaded before may not fit",
        Step.CHANGED: "values of the one are not values of the other",
    }[took]
    yield Change((*path, "type"), f"type {took.value}", known.type, seen.type, compatible, because)


def _required(known: Table, seen: Table, mine: Column, theirs: Column, path: Path) -> Iterator[Change]:
    before, after = mine.required or mine.name in known.key, theirs.required or theirs.name in seen.key
    if before and not after:
        yield Change((*path, "required"), "nullable", True, False, False, "readers may meet rows without a value")
    elif after and not before:
        yield Change((*path, "required"), "required", False, True, True, "every row has a value from now on")


def _values(known: Column, seen: Column, path: Path) -> Iterator[Change]:
    before, after = _plain(known.values, known.type), _plain(seen.values, seen.type)
    if set(before) == set(after):
        return
    if not after:
        kind, compatible, because = "values free", False, "readers may meet any value"
    elif not before:
        kind, compatible, because = "values limited", True, "only these values occur"
    elif set(after) <= set(before):
        kind, compatible, because = "values removed", True, "readers know all that are left"
    else:
        more = ", ".join(value for value in after if value not in before)
        kind, compatible, because = "values added", False, f"readers that tell values apart do not know {more}"
    yield Change((*path, "values"), kind, known.values, seen.values, compatible, because)


def _bounds(known: Column, seen: Column, path: Path) -> Iterator[Change]:
    for name, sign in (("min", 1), ("max", -1)):
        before, after = getattr(known, name), getattr(seen, name)
        if _plain_value(before, known.type) == _plain_value(after, seen.type):
            continue
        tighter = before is None or (after is not None and _tighter(before, after, seen.type, sign))
        because = "the range is no wider" if tighter else "readers may meet values outside of the range so far"
        kind = f"{name} new" if before is None else f"{name} gone" if after is None else f"{name} changed"
        yield Change((*path, name), kind, before, after, tighter, because)


def _key(known: Table, seen: Table, path: Path) -> Iterator[Change]:
    if set(known.key) == set(seen.key):
        return
    kind = "key new" if not known.key else "key gone" if not seen.key else "key changed"
    because = "rows can be told apart" if kind == "key new" else "one row is no longer what it was"
    yield Change((*path, "key"), kind, known.key, seen.key, kind == "key new", because)


def _uniques(known: Table, seen: Table, path: Path) -> Iterator[Change]:
    before, after = unique_sets(known), unique_sets(seen)
    left_out = {column.name for column in known.columns if column.exclude}
    for columns in sorted(map(sorted, before ^ after)):
        if set(columns) in (set(known.key), set(seen.key)) or left_out & set(columns):
            continue
        lost = frozenset(columns) in before
        if lost and not all(seen.column(name) for name in columns):
            continue
        one = len(columns) == 1
        here = (*path, "columns", columns[0], "unique") if one else (*path, "unique", ", ".join(columns))
        because = "two rows may share the value" if lost else "no two rows share the value"
        yield Change(here, "unique gone" if lost else "unique", lost, not lost, not lost, because)


def unique_sets(table: Table) -> set[frozenset[str]]:
    """Every set of columns that no two rows of the table share, the key among them."""
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
    """A foreign key of several columns, in words."""
    pairs = sorted(zip(reference.columns, reference.to_columns, strict=False))
    mine, theirs = ", ".join(mine for mine, _ in pairs), ", ".join(theirs for _, theirs in pairs)
    return f"{mine} → {reference.to} ({theirs})"


def _link(path: Path, before: Any, after: Any) -> Change:
    if before is None:
        return Change(path, "reference new", before, after, True, "each row finds its counterpart")
    kind = "reference gone" if after is None else "reference changed"
    return Change(path, kind, before, after, False, "rows may have no counterpart where readers look for it")


def _known_targets(table: Table, known: Source) -> Table:
    """The table without references to tables that the spec does not know."""
    names = {other.name for other in known.tables}
    columns = tuple(
        column
        if not column.references or column.references.partition(".")[0] in names
        else column.model_copy(update={"references": None})
        for column in table.columns
    )
    references = tuple(reference for reference in table.references if reference.to in names)
    return table.model_copy(update={"columns": columns, "references": references})


def _renamed_column(gone: Column, new: list[Column]) -> str:
    alike = [column for column in new if column.type == gone.type and _likeness(column.name, gone.name) >= ALIKE]
    if not alike:
        return ""
    best = max(alike, key=lambda column: _likeness(column.name, gone.name))
    return _renamed_to(best.source_name)


def _renamed_table(gone: Table, new: list[Table]) -> str:
    mine = {(column.source_name, column.type) for column in gone.columns}
    for table in new:
        theirs = {(column.source_name, column.type) for column in table.columns}
        if len(mine & theirs) >= MOSTLY * len(mine | theirs):
            return _renamed_to(table.origin or table.name)
    return ""


def _renamed_to(name: str) -> str:
    return f"if it was renamed to {name}, write `origin: {flow_text(name)}` for it in the spec instead"


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other).ratio()


def _plain(values: tuple[Any, ...] | None, type_: str) -> dict[str, None]:
    """The values as texts; of numbers 1, 1.0 and "1.00" are one."""
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
