"""The growing body of one model: its imports, joins and columns, with all names kept distinct."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from platform_new.plan.model import PlannedColumn
from platform_new.plan.names import alias
from platform_new.spec.names import distinct

OWN_NAMES = ("final", "joined", "keyed", "linked", "numbered", "present", "recorded", "unknown_member", "versions")
"""The names that the templates give to common table expressions."""


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

    names: set[str] = field(default_factory=lambda: set(OWN_NAMES))
    taken: set[str] = field(default_factory=set)
    imports: list[Import] = field(default_factory=list)
    joins: list[Join] = field(default_factory=list)
    selected: list[Selected] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)

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

    def columns_of(self, expressions: Iterable[str]) -> tuple[PlannedColumn, ...]:
        """The columns with these expressions, as far as they were selected."""
        columns = {item.expression: item.column for item in self.selected}
        return tuple(columns[expression] for expression in expressions if expression in columns)

    def note(self, expression: str, text: str) -> None:
        """Add a sentence to the description of the column with this expression, if it was selected."""
        for index, item in enumerate(self.selected):
            if item.expression == expression:
                said = f"{item.column.description.rstrip('.')}. " if item.column.description else ""
                column = replace(item.column, description=f"{said}{text}")
                self.selected[index] = replace(item, column=column)

    def following(self) -> Folding:
        """The body of a later step of the same model: it shares names, columns and imports, but has its own joins."""
        return Folding(self.names, self.taken, self.imports, aliases=self.aliases)
