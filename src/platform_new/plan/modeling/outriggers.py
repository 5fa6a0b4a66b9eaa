"""Outriggers: dimensions that a dimension keeps a key to, instead of folding their columns (Kimball and Ross, ch. 4).

A version points to the version of the other dimension that was valid when it ended; the current version points to the
current one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from platform_new.plan.model import PlannedColumn, StagedTable
from platform_new.plan.modeling.attributes import names_editor, own_columns
from platform_new.plan.modeling.body import Folding, Import, Join, Selected
from platform_new.plan.modeling.fold import MAX_COLUMNS, MAX_JOINS, TOO_MANY_COLUMNS, TOO_MANY_JOINS, Folded, Kept
from platform_new.plan.modeling.history import VERSIONED, HistoryType, types_of, width
from platform_new.plan.modeling.member import VALIDITY, dimension_key, dimension_name, select_key

CURRENT = ("{alias}.is_current",)
WHEN_IT_ENDED = ("keyed.valid_to > {alias}.valid_from", "keyed.valid_to <= {alias}.valid_to")


def added_columns(types: frozenset[int]) -> int:
    """How many columns a dimension has besides those of its row: its key and the validity of its versions."""
    return 1 + (len(VALIDITY) if types & VERSIONED else 0)


@dataclass(frozen=True)
class Row:
    """The row of a dimension: the body with the columns of its table (`base`) and of the parents folded into it."""

    table: StagedTable
    base: str
    body: Folding
    folded: Folded

    @property
    def types(self) -> frozenset[int]:
        """The types of history of its columns."""
        return types_of(self.body.selected, self.table)

    @property
    def is_recorded(self) -> bool:
        """Whether a snapshot records it."""
        return self.types != {HistoryType.OVERWRITE}

    @property
    def has_versions(self) -> bool:
        """Whether the dimension has a row for each version instead of one for each member."""
        return bool(self.types & VERSIONED)

    def is_full(self, keys: int, kept: Kept) -> str:
        """Why the dimension, which has so many keys to others, cannot get one for `kept`; empty if it can.

        Keys of its own table are never left out for want of columns.
        """
        if len(self.body.joins) + keys >= MAX_JOINS:
            return TOO_MANY_JOINS
        if kept.alias == self.base:
            return ""
        own = width((item.column for item in self.body.selected), HistoryType.OVERWRITE)
        return TOO_MANY_COLUMNS if own + added_columns(self.types) + keys >= MAX_COLUMNS else ""


@dataclass(frozen=True)
class Outriggers:
    """The keys of a dimension to other dimensions, and the joins that find them."""

    joins: tuple[Join, ...] = ()
    selected: tuple[Selected, ...] = ()
    imports: tuple[Import, ...] = ()

    @property
    def columns(self) -> tuple[PlannedColumn, ...]:
        """The keys."""
        return tuple(item.column for item in self.selected)


NONE = Outriggers()


def choose_outriggers(rows: Mapping[str, Row]) -> dict[str, tuple[Kept, ...]]:
    """The references of each dimension that get a key, by table; the columns of all others say why they have none.

    Models cannot refer to each other in a circle, so a reference that would close one gets no key. Required references
    come first, those to who wrote a row come last.
    """
    chosen: dict[str, list[Kept]] = {name: [] for name in rows}
    leads_to: dict[str, set[str]] = {name: set() for name in rows}

    def turn(reference: tuple[str, Kept]) -> tuple[bool, bool, str]:
        name, kept = reference
        columns = rows[name].body.columns_of(kept.expressions)
        return names_editor(kept.link), not all(column.required for column in columns), name

    for name, kept in sorted(((name, kept) for name, row in rows.items() for kept in row.folded.kept), key=turn):
        row = rows[name]
        because = _against(kept, row, rows, leads_to) or row.is_full(len(chosen[name]), kept)
        if not because:
            chosen[name].append(kept)
            leads_to[name].add(kept.parent.table)
        elif kept.parent.table in rows:
            row.body.note(kept.expressions[0], f"It has no key to {dimension_name(kept.parent)} because {because}")
    return {name: tuple(kept for kept in row.folded.kept if kept in chosen[name]) for name, row in rows.items()}


def _against(kept: Kept, row: Row, rows: Mapping[str, Row], leads_to: Mapping[str, set[str]]) -> str:
    if kept.parent.table not in rows:
        return f"{kept.parent.table} is no dimension"
    if len(row.body.columns_of(kept.expressions)) < len(kept.expressions):
        return "the foreign key is not in the dimension"
    if not set(kept.link.to_columns) <= {column.name for column in own_columns(kept.parent)}:
        return "the referenced column is not in the dimension"
    if row.table.table in {kept.parent.table, *_reached(kept.parent.table, leads_to)}:
        return f"{dimension_name(kept.parent)} already leads to this dimension"
    return ""


def _reached(name: str, leads_to: Mapping[str, set[str]]) -> set[str]:
    reached, following = set(), [name]
    while following:
        beyond = leads_to[following.pop()] - reached
        reached |= beyond
        following += beyond
    return reached


def link_outriggers(
    body: Folding, row: Row, kept: Sequence[Kept], rows: Mapping[str, Row], names: Mapping[str, str]
) -> Outriggers:
    """Add the keys to the body of a dimension; `names` are the names of the row's columns in the dimension."""
    linking, before = body.following(), len(body.imports)
    for each in kept:
        parent, link = each.parent, each.link
        mine = (names[column.name] for column in row.body.columns_of(each.expressions))
        on = [(f"keyed.{name}", theirs) for name, theirs in zip(mine, link.to_columns, strict=True)]
        conditions = WHEN_IT_ENDED if row.has_versions else CURRENT
        conditions = conditions if rows[parent.table].has_versions else ()
        mart, key, role = dimension_name(parent), dimension_key(parent), _role(each)
        joined = linking.join(mart, mart, role, on, conditions)
        own = f"{each.prefix}_{key}" if each.prefix else key
        said = f"Key of {mart}, whose columns are not folded into this dimension because {each.because}"
        select_key(linking, joined, mart, key, own if link.plain else f"{role}_key", said)
    return Outriggers(tuple(linking.joins), tuple(linking.selected), tuple(body.imports[before:]))


def _role(kept: Kept) -> str:
    return f"{kept.prefix}_{kept.link.role}" if kept.prefix else kept.link.role
