"""Folding: a table with all tables that its foreign keys lead to, as the joins and columns of one model."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from platform_new.plan.model import Link, PlannedColumn, StagedTable
from platform_new.plan.names import alias
from platform_new.spec.events.lake import LAST_BATCH
from platform_new.spec.names import distinct

MAX_DEPTH = 5
"""How many foreign keys a chain may have; beyond that, readers no longer know what a column means."""

MAX_JOINS = 25
"""How many parents a model may fold. The number of paths grows exponentially with their length, so if there were more,
only shorter paths are followed."""

AUDIT_NAMES = frozenset(
    """
    last_update last_updated last_updated_at updated_at updated_on updated modified modified_at modified_date
    modified_on changed_at changed_on created created_at created_on create_date creation_date inserted_at
    loaded_at row_version
    """.split()
)
"""Columns that say when a row was written, not when something happened."""

UPDATE_NAMES = tuple(
    """
    updated_at updated_on last_updated_at last_updated last_update modified_at modified_on modified_date changed_at
    changed_on updated modified
    """.split()
)
"""Columns that say when a row last changed."""


@dataclass(frozen=True)
class Import:
    """An import CTE of a model: a name for another model's rows."""

    name: str
    model: str


@dataclass(frozen=True)
class Join:
    """A left join: the imported rows, their alias, and pairs of (left side, right column).

    Further `conditions` write the alias as `{alias}`.
    """

    name: str
    alias: str
    on: tuple[tuple[str, str], ...]
    conditions: tuple[str, ...] = ()

    @property
    def all_conditions(self) -> tuple[str, ...]:
        """Every condition of the join, as SQL."""
        pairs = (f"{left} = {self.alias}.{right}" for left, right in self.on)
        return (*pairs, *(condition.replace("{alias}", self.alias) for condition in self.conditions))


@dataclass(frozen=True)
class Selected:
    """A column of a model and its expression."""

    expression: str
    column: PlannedColumn

    @property
    def sql(self) -> str:
        """The expression with its alias, unless the alias would repeat the column's name."""
        name = self.column.name
        return self.expression if self.expression.rpartition(".")[2] == name else f"{self.expression} as {name}"


@dataclass
class Folding:
    """The growing body of one model: its imports, joins and columns, with all names kept distinct."""

    names: set[str] = field(default_factory=lambda: {"final", "joined", "present", "unknown_member"})
    taken: set[str] = field(default_factory=set)
    imports: list[Import] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    selected: list[Selected] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    parents: dict[str, StagedTable] = field(default_factory=dict)

    def bring(self, model: str, name: str) -> str:
        """Import a model's rows once; return their name in this model."""
        if model not in self.aliases:
            self.aliases[model] = distinct(alias(name), self.names)
            self.names.add(self.aliases[model])
            self.imports.append(Import(self.aliases[model], model))
        return self.aliases[model]

    def join(
        self, model: str, name: str, role: str, on: Iterable[tuple[str, str]], conditions: tuple[str, ...] = ()
    ) -> str:
        """Left-join a model's rows in a role; return the role's alias."""
        imported = self.bring(model, name)
        free = imported != self.imports[0].name and all(join.alias != imported for join in self.joins)
        joined_as = imported if free and alias(role) == imported else distinct(alias(role), self.names)
        self.names.add(joined_as)
        self.joins.append(Join(imported, joined_as, tuple(on), conditions))
        return joined_as

    def select(self, expression: str, column: PlannedColumn, name: str | None = None) -> str:
        """Add a column under a name that is still free; return that name."""
        name = distinct(name or column.name, self.taken)
        self.taken.add(name)
        self.selected.append(Selected(expression, replace(column, name=name, tests=())))
        return name


def is_audit(column: PlannedColumn, table: StagedTable) -> bool:
    """Whether the column only says when its row was written."""
    if column.landed == LAST_BATCH:
        return True
    cursor = table.spec.load.cursor
    return column.data_type.is_time and (
        column.name in AUDIT_NAMES
        or (cursor is not None and column.landed == cursor and column.name != table.spec.event_time)
    )


def update_time(table: StagedTable) -> str | None:
    """The column that says when a row last changed: the load's cursor, or a column with such a name."""
    times = {column.landed: column.name for column in table.columns if column.data_type.is_time}
    found = (times[name] for name in (table.spec.load.cursor, *UPDATE_NAMES) if name in times)
    return next((name for name in found if name != table.spec.event_time), None)


def fold_parents(
    folding: Folding,
    base: StagedTable,
    base_alias: str,
    tables: Mapping[str, StagedTable],
    follow: Callable[[Link, StagedTable], bool],
) -> None:
    """Join all tables that the foreign keys of `base` lead to, and select their attributes, named after the roles.

    A chain ends at a cycle, at `MAX_DEPTH`, where `follow` returns False, and before the level that would exceed
    `MAX_JOINS`; the last foreign key column is then kept.
    """
    _fold(folding, base, base_alias, _reach(base, tables, follow), prefix="", path=(base.table,))


@dataclass(frozen=True)
class _Reach:
    """The links to follow: chains up to `depth`, without the links of the base that are `left_out`."""

    tables: Mapping[str, StagedTable]
    follow: Callable[[Link, StagedTable], bool]
    depth: int = MAX_DEPTH
    left_out: tuple[Link, ...] = ()

    def parents(self, table: StagedTable, path: tuple[str, ...]) -> list[tuple[Link, StagedTable]]:
        """The links of a table to follow, with their target tables."""
        if len(path) > self.depth:
            return []
        # Tables of several sources are known by their full names.
        pairs = ((link, self.tables.get(f"{table.source}.{link.to}") or self.tables[link.to]) for link in table.links)
        found = [pair for pair in pairs if pair[1].table not in path and self.follow(*pair)]
        return found if len(path) > 1 else [pair for pair in found if pair[0] not in self.left_out]


def _reach(base: StagedTable, tables: Mapping[str, StagedTable], follow: Callable[[Link, StagedTable], bool]) -> _Reach:
    reach, joins = _Reach(tables, follow), 0
    level = [(base, (base.table,))]
    for depth in range(MAX_DEPTH):
        level = [(parent, (*path, parent.table)) for table, path in level for _, parent in reach.parents(table, path)]
        joins += len(level)
        if joins > MAX_JOINS:
            beyond = reach.parents(base, (base.table,))[MAX_JOINS:]
            return replace(reach, depth=max(depth, 1), left_out=tuple(link for link, _ in beyond))
    return reach


def _fold(
    folding: Folding, table: StagedTable, table_alias: str, reach: _Reach, *, prefix: str, path: tuple[str, ...]
) -> None:
    for link, parent in reach.parents(table, path):
        role = f"{prefix}_{link.role}" if prefix else link.role
        on = tuple((f"{table_alias}.{left}", right) for left, right in zip(link.columns, link.to_columns, strict=True))
        parent_alias = folding.join(parent.model, parent.table, role, on)
        folding.parents[parent_alias] = parent
        beyond = (*path, parent.table)
        going_on = {column for next_link, _ in reach.parents(parent, beyond) for column in next_link.columns}
        for column in parent.columns:
            if (
                column.name in {*link.to_columns, *going_on}
                or column.kind == "deletion"
                or not is_attribute(column, parent)
            ):
                continue
            short = under_role(column.name, role, prefix, link.role)
            full = f"{role}_{column.name}"
            name = short if short not in folding.taken else full
            folded = replace(
                column, kind=_attribute_kind(column), required=False, description=_as_folded(column, parent)
            )
            folding.select(f"{parent_alias}.{column.name}", folded, name)
        plain = link.plain and parent.spec.role == "reference"
        deeper = prefix if plain or parent.table == table.spec.line_of else role
        _fold(folding, parent, parent_alias, reach, prefix=deeper, path=beyond)


def _as_folded(column: PlannedColumn, parent: StagedTable) -> str:
    """The column's description; a measure of another fact gets a warning, since it repeats here."""
    if parent.spec.role != "fact" or column.kind != "measure":
        return column.description
    said = f"{column.description.rstrip('.')}. " if column.description else ""
    return f"{said}Repeats on every row of the same {parent.table.replace('_', ' ')} row, so it must not be summed"


def _attribute_kind(column: PlannedColumn) -> str:
    return "attribute" if column.kind in ("key", "measure") else column.kind


def own_columns(table: StagedTable) -> tuple[PlannedColumn, ...]:
    """The mart's columns from its own table: keys and attributes, or all columns if it has neither."""
    carried = (c for c in table.columns if c.kind in ("key", "foreign_key") or is_attribute(c, table))
    return tuple(carried) or table.columns


def is_attribute(column: PlannedColumn, table: StagedTable) -> bool:
    """Whether a mart carries the column: it is no audit time, no credential, and of a type that reports can show."""
    return not column.data_type.is_opaque and not is_audit(column, table) and column.pii != "credential"


def under_role(column: str, role: str, prefix: str, last: str) -> str:
    """The name of a parent's column: prefixed with its role, unless it already starts with it."""
    if len(last) > 2 and column.startswith(last):
        return f"{prefix}_{column}" if prefix else column
    return f"{role}_{column}"
