"""Lists in wide tables: the labels of all rows that a bridge links to a row, such as the categories of a film."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platform_new.plan.model import Link, PlannedColumn, StagedTable, deletion_flag
from platform_new.plan.modeling.attributes import is_label
from platform_new.plan.modeling.body import Folding, Join
from platform_new.plan.modeling.fold import MAX_COLUMNS, MAX_JOINS
from platform_new.plan.modeling.member import entity_of
from platform_new.spec.names import distinct

FIRST_LAST = (("first_name", "last_name"), ("firstname", "lastname"), ("given_name", "family_name"))
"""The columns of a person's name."""
BEST_LABELS = ("name", "title", "label", "caption", "symbol", "code", "abbreviation", "acronym")
"""The last words of label columns, the most telling first; a description is too long for a list."""


@dataclass(frozen=True)
class ListOf:
    """The common table expression `name`: for each value of `columns` of the bridge, the list `column`.

    `bridge` and `member` are imported rows, joined on pairs of their columns; `label` is SQL on `member`, and `deleted`
    are the flags of soft-deleted rows.
    """

    name: str
    column: str
    bridge: str
    columns: tuple[str, ...]
    member: str
    on: tuple[tuple[str, str], ...]
    label: str
    deleted: tuple[str, ...]


@dataclass(frozen=True)
class _Bridged:
    """A bridge, its foreign keys to two tables, and the second of these tables."""

    bridge: StagedTable
    mine: Link
    other: Link
    member: StagedTable


def add_lists(
    folding: Folding, owners: Mapping[str, StagedTable], tables: Mapping[str, StagedTable], base: str
) -> tuple[ListOf, ...]:
    """Add a list for each bridge to the model's tables, by alias, as long as the model stays within its limits."""
    lists = []
    for alias, owner in owners.items():
        for found in _bridged(owner, tables):
            label, pii = _label_of(found.member)
            if not label or len(folding.joins) >= MAX_JOINS or len(folding.selected) >= MAX_COLUMNS:
                continue
            name = f"{'' if alias == base else f'{alias}_'}{entity_of(found.member)}_list"
            made = _add(folding, alias, name, found, label)
            described = f"The {found.member.table} rows that {found.bridge.table} links to, in alphabetical order"
            folding.select(f"{made.name}.{made.column}", PlannedColumn(made.column, "text", described, pii=pii))
            lists.append(made)
    return tuple(lists)


def _label_of(table: StagedTable) -> tuple[tuple[str, ...], str | None]:
    """The columns that name a row of the table, and the kind of personal data that they are; empty without a name."""
    texts = {column.name: column for column in table.columns if is_label(column, table) and column.pii != "credential"}
    for pair in FIRST_LAST:
        if texts.keys() >= set(pair):
            return pair, texts[pair[0]].pii or texts[pair[1]].pii
    for word in BEST_LABELS:
        for name, column in texts.items():
            if name.split("_")[-1] == word:
                return (name,), column.pii
    return (), None


def _bridged(owner: StagedTable, tables: Mapping[str, StagedTable]) -> Iterator[_Bridged]:
    """The bridges of two foreign keys from a table to another one."""
    for bridge in {table.model: table for table in tables.values()}.values():
        if bridge.spec.role == "bridge" and bridge.source == owner.source and len(bridge.links) == 2:
            for mine, other in (bridge.links, bridge.links[::-1]):
                if mine.to == owner.table != other.to and other.to in tables:
                    yield _Bridged(bridge, mine, other, tables[other.to])


def _add(folding: Folding, alias: str, name: str, found: _Bridged, label: tuple[str, ...]) -> ListOf:
    """Import the rows of the list and join it."""
    bridge = folding.bring(found.bridge.model, found.bridge.table)
    member = folding.bring(found.member.model, found.member.table)
    listed = distinct(f"{name}s", folding.names)
    folding.names.add(listed)
    pairs = zip(found.mine.to_columns, found.mine.columns, strict=True)
    folding.joins.append(Join(listed, listed, tuple((f"{alias}.{theirs}", ours) for theirs, ours in pairs)))
    flags = ((bridge, deletion_flag(found.bridge.columns)), (member, deletion_flag(found.member.columns)))
    return ListOf(
        name=listed,
        column=distinct(name, folding.taken),
        bridge=bridge,
        columns=found.mine.columns,
        member=member,
        on=tuple(zip(found.other.columns, found.other.to_columns, strict=True)),
        label=" || ' ' || ".join(f"{member}.{part}" for part in label),
        deleted=tuple(f"{owner}.{flag}" for owner, flag in flags if flag),
    )
