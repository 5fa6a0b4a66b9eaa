"""Folding: which tables that a table's foreign keys lead to become columns of its model, within a budget.

The nearest tables are folded first. If not all their columns fit, only their labels are folded; if these do not fit
either, the model keeps the foreign key. Each key that is kept has its reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from platform_new.plan.model import Link, PlannedColumn, StagedTable
from platform_new.plan.modeling.attributes import is_attribute, is_label, names_editor, names_tenant, under_role
from platform_new.plan.modeling.body import Folding
from platform_new.plan.modeling.history import width

MAX_JOINS = 25
"""How many joins a model may have; dbt's own project evaluator warns from seven."""

MAX_COLUMNS = 150
"""How many columns a model may have; the columns of its own table and the keys in their place are never left out."""

MAX_DEPTH = 5
"""How many foreign keys a chain may have; beyond that, readers no longer know what a column means."""

FOLD, REFERENCES, KEEP = "fold", "references", "keep"
"""The values of `dimension_parents`."""

TOO_MANY_JOINS = f"the model would have more than {MAX_JOINS} joins"
TOO_MANY_COLUMNS = f"the model would have more than {MAX_COLUMNS} columns"
ELSEWHERE = "a nearer row of the table is folded already"


@dataclass(frozen=True)
class Policy:
    """What a model folds where the references themselves do not say it.

    `parents` is `dimension_parents` of the platform or the default of the style; `roles` are the roles of the tables
    that the style folds, and `shared` are tables that most tables of the source refer to. With `once`, a table that is
    no reference is folded only where it is nearest: an order's store, not also the store of its customer.
    """

    parents: str
    roles: frozenset[str]
    shared: frozenset[str] = frozenset()
    once: bool = False

    def is_single(self, table: StagedTable) -> bool:
        """Whether the table is folded in one place only."""
        return self.once and table.spec.role != "reference"

    def against(self, link: Link, parent: StagedTable, path: Sequence[str]) -> str:
        """Why the parent is not folded at the end of this path of tables; empty if it is."""
        if len(path) > MAX_DEPTH:
            return f"it is more than {MAX_DEPTH} foreign keys away"
        if not parent.spec.reaches_marts:
            return f"{parent.table} is operational, so it is in no mart"
        if link.fold is not None:
            return "" if link.fold else "the reference says `fold: false`"
        if parent.spec.role not in self.roles:
            return f"{parent.table} is a {parent.spec.role}"
        if names_editor(link):
            return "it says who wrote the row"
        if names_tenant(link, self.shared):
            return "it says whose row it is"
        if self.parents == KEEP:
            return "dimensions keep the keys to their parents"
        if self.parents == REFERENCES and parent.spec.role != "reference":
            return f"{parent.table} is a {parent.spec.role} of its own"
        return ""


@dataclass(frozen=True)
class Kept:
    """A foreign key that a model keeps: the alias and role of its table in the model, its parent, and the reason."""

    link: Link
    parent: StagedTable
    alias: str
    prefix: str
    because: str

    @property
    def expressions(self) -> tuple[str, ...]:
        """The foreign key's columns, as expressions of the model."""
        return tuple(f"{self.alias}.{name}" for name in self.link.columns)


@dataclass(frozen=True)
class Folded:
    """The result of folding: the folded tables by their alias in the model, and the keys that were kept."""

    parents: Mapping[str, StagedTable]
    kept: tuple[Kept, ...]


@dataclass
class _Node:
    """A table of the model and what is folded into it; `history` is what the references that lead to it say."""

    table: StagedTable
    path: tuple[str, ...]
    link: Link | None = None
    labels_only: bool = False
    history: int | None = None
    children: dict[Link, _Node] = field(default_factory=dict)
    kept: dict[Link, tuple[StagedTable, str]] = field(default_factory=dict)

    def columns(self, *, labels_only: bool | None = None) -> tuple[PlannedColumn, ...]:
        """The columns to fold, without the key that the model has already, and without keys that are followed."""
        table, followed = self.table, {name for link in self.children for name in link.columns}
        found = tuple(
            column if self.history is None else replace(column, history=self.history)
            for column in table.columns
            if column.name not in {*self.link.to_columns, *followed}
            and column.kind != "deletion"
            and is_attribute(column, table)
        )
        if not (self.labels_only if labels_only is None else labels_only):
            return found
        written = {name for link in table.links if names_editor(link) for name in link.columns}
        return tuple(
            column
            for column in found
            if (column.kind == "foreign_key" and column.name not in written) or is_label(column, table)
        )

    def below(self) -> Iterator[_Node]:
        """All nodes below this one, the nearest first."""
        level = list(self.children.values())
        while level:
            yield from level
            level = [child for node in level for child in node.children.values()]


@dataclass
class _Room:
    """The joins and columns that a model has so far."""

    joins: int
    columns: int
    history: int | None

    def needed(self, columns: Iterable[PlannedColumn]) -> int:
        """How many columns of the model these become."""
        return width(columns, self.history)

    def against(self, columns: int) -> str:
        """Why a table with so many columns cannot be added; empty if it can."""
        if self.joins >= MAX_JOINS:
            return TOO_MANY_JOINS
        return TOO_MANY_COLUMNS if self.columns + columns > MAX_COLUMNS else ""


def fold_parents(
    folding: Folding,
    base: StagedTable,
    base_alias: str,
    tables: Mapping[str, StagedTable],
    policy: Policy,
    *,
    reserved: int = 0,
    history: int | None = None,
) -> Folded:
    """Join the tables that the policy folds into `base`, and select their attributes, named after the roles.

    `reserved` is the number of columns that the model gets besides those that `folding` has already. `history` is the
    type of the history of columns that have none of their own; by default, the model shows none.
    """
    root = _Node(base, (base.table,))
    room = _Room(len(folding.joins), width((item.column for item in folding.selected), history) + reserved, history)
    _grow(root, tables, policy, room)
    parents: dict[str, StagedTable] = {}
    kept = tuple(_emit(folding, root, base_alias, "", parents, policy))
    return Folded(parents, kept)


def _grow(root: _Node, tables: Mapping[str, StagedTable], policy: Policy, room: _Room) -> None:
    """Decide what is folded, one level after the other; what an owner asks for comes first and needs no room."""
    level, places = [root], {root.table.model: root}
    while level:
        pairs = [(node, link, parent) for node in level for link, parent in _parents(node.table, tables)]
        level = []
        for node, link, parent in sorted(pairs, key=lambda pair: pair[1].fold is not True):
            if parent.table in node.path:
                continue
            said = link.history if node.history is None else node.history
            child = _Node(parent, (*node.path, parent.table), link, labels_only=link.fold is not True, history=said)
            needed = room.needed(child.columns())
            because = policy.against(link, parent, node.path)
            if not because and not link.fold:
                elsewhere = policy.is_single(parent) and places.get(parent.model, node) is not node
                because = ELSEWHERE if elsewhere else room.against(needed)
            if because:
                node.kept[link] = (parent, because)
                continue
            places.setdefault(parent.model, node)
            node.children[link] = child
            room.joins, room.columns = room.joins + 1, room.columns + needed
            level.append(child)
    nodes = tuple(root.below())
    room.columns += sum(len(node.kept) for node in (root, *nodes))
    for node in nodes:
        more = room.needed(node.columns(labels_only=False)) - room.needed(node.columns())
        if node.labels_only and room.columns + more <= MAX_COLUMNS:
            node.labels_only, room.columns = False, room.columns + more


def _parents(table: StagedTable, tables: Mapping[str, StagedTable]) -> Iterator[tuple[Link, StagedTable]]:
    for link in dict.fromkeys(table.links):
        # Tables of several sources are known by their full names.
        parent = tables.get(f"{table.source}.{link.to}") or tables.get(link.to)
        if parent:
            yield link, parent


def _emit(
    folding: Folding, node: _Node, node_alias: str, prefix: str, parents: dict[str, StagedTable], policy: Policy
) -> Iterator[Kept]:
    """Select what was decided; yields the keys that are kept."""
    for link in dict.fromkeys(node.table.links):
        if link in node.kept:
            yield Kept(link, node.kept[link][0], node_alias, prefix, node.kept[link][1])
        if link not in node.children:
            continue
        child = node.children[link]
        # A table that is folded once needs no prefix of the path to it.
        path = "" if link.plain and policy.is_single(child.table) else prefix
        role = f"{path}_{link.role}" if path else link.role
        on = tuple((f"{node_alias}.{left}", right) for left, right in zip(link.columns, link.to_columns, strict=True))
        child_alias = folding.join(child.table.model, child.table.table, role, on)
        parents[child_alias] = child.table
        for column in child.columns():
            short = under_role(column.name, role, path, link.role)
            names = (short, f"{role}_{column.name}", f"{node_alias}_{short}")
            name = next((each for each in names if each not in folding.taken), short)
            folding.select(f"{child_alias}.{column.name}", _as_folded(column, child.table), name)
        if child.labels_only and len(child.columns(labels_only=False)) > len(child.columns()):
            said = f"Only the labels of {child.table.table} are folded because {TOO_MANY_COLUMNS}"
            folding.note(f"{node_alias}.{link.columns[0]}", said)
        plain = link.plain and child.table.spec.role == "reference"
        deeper = path if plain or child.table.table == node.table.spec.line_of else role
        yield from _emit(folding, child, child_alias, deeper, parents, policy)


def _as_folded(column: PlannedColumn, parent: StagedTable) -> PlannedColumn:
    """The column in a model of another table; a measure of another fact gets a warning, since it repeats there."""
    kind, description = ("attribute" if column.kind in ("key", "measure") else column.kind), column.description
    if parent.spec.role == "fact" and column.kind == "measure":
        said = f"{description.rstrip('.')}. " if description else ""
        row = parent.table.replace("_", " ")
        description = f"{said}Repeats on every row of the same {row} row, so it must not be summed"
    return replace(column, kind=kind, required=False, description=description)
