"""What the facts, dimensions and bridges of a star are made of, and how their columns are put in order."""

from __future__ import annotations

from dataclasses import dataclass

from platform_new.plan.model import DataTest, PlannedColumn, StagedTable
from platform_new.plan.modeling.fold import Import, Join, Selected
from platform_new.plan.staging import GROUPS, group_of
from platform_new.spec.names import fit


@dataclass(frozen=True)
class Snapshot:
    """The recorded versions of a dimension's rows.

    `relation` is the model that has the rows as they are now, `recorded` are their columns, `changed_at` says when a
    row last changed, and `reads` are the models that the rows are made of.
    """

    name: str
    table: StagedTable
    relation: str
    key: tuple[str, ...]
    recorded: tuple[PlannedColumn, ...]
    changed_at: str | None
    reads: tuple[str, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that are compared: all but the key, or the key if there are no others."""
        return tuple(column.name for column in self.recorded if column.name not in self.key) or self.key

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"snapshot": self.name}


@dataclass(frozen=True)
class Hierarchy:
    """The level and path of each row of a table that points to itself."""

    name: str
    table: StagedTable
    key: str
    parent: str
    role: str

    @property
    def model(self) -> str:
        """The name of the model that has them."""
        return fit(f"int_{self.name}_hierarchy")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"hierarchy": self.name}


@dataclass(frozen=True)
class StarBody:
    """What the SQL of a fact, dimension or bridge is made of.

    `natural_key` is the key at the source; of a dimension with `history`, as its snapshot has it.
    """

    base: str
    imports: tuple[Import, ...]
    joins: tuple[Join, ...]
    groups: tuple[tuple[str, tuple[Selected, ...]], ...]
    surrogate_key: str = ""
    key_parts: tuple[str, ...] = ()
    natural_key: tuple[str, ...] = ()
    history: bool = False
    dates: tuple[str, ...] = ()


@dataclass(frozen=True)
class Current:
    """A dimension's rows as they are now, where more is needed than the staging model: a view for the snapshot.

    `deletion` is the column that flags the rows which are gone at the source, and are left out.
    """

    name: str
    table: StagedTable
    body: StarBody
    key: tuple[str, ...]
    deletion: str

    @property
    def model(self) -> str:
        """The name of the view."""
        return fit(f"int_{self.name}_current")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"current": self.name}


def arranged(
    selected: list[Selected],
) -> tuple[tuple[PlannedColumn, ...], tuple[tuple[str, tuple[Selected, ...]], ...]]:
    """The columns in the order of the style, under the headings that a reader sees in the SQL."""

    def heading(item: Selected) -> str:
        kind = item.column.kind
        if kind in ("key", "foreign_key", "dimension_key", "date_key"):
            return "dimension keys" if kind in ("dimension_key", "date_key") else "ids"
        return group_of(item.column)

    groups = []
    for name in ("ids", "dimension keys", *(group for group in GROUPS if group != "ids")):
        members = tuple(item for item in selected if heading(item) == name)
        if members:
            groups.append((name, members))
    return tuple(item.column for _, members in groups for item in members), tuple(groups)


def surrogate_tests() -> tuple[DataTest, ...]:
    """The tests of a dimension's surrogate key."""
    return (DataTest("unique", because="one row a member"), DataTest("not_null", because="facts point at it"))


def grain_tests(columns: tuple[PlannedColumn, ...], key: tuple[str, ...]) -> dict[str, tuple[DataTest, ...]]:
    """The tests of a fact's or bridge's columns: its key, and that each of its keys finds a member."""
    tests: dict[str, list[DataTest]] = {}
    for column in columns:
        found = tests.setdefault(column.name, [])
        if key == (column.name,):
            found.append(DataTest("unique", because="the grain of the fact"))
        if column.name in key:
            found.append(DataTest("not_null", because="the grain of the fact"))
        if column.refers_to:
            model, field = column.refers_to
            arguments = {"to": f"ref('{model}')", "field": field}
            found.append(
                DataTest("relationships", arguments, because="each row finds its member, if only the unknown one")
            )
    return {name: tuple(found) for name, found in tests.items()}


def unique_together(key: tuple[str, ...]) -> tuple[DataTest, ...]:
    """The test of a key of more than one column."""
    return (DataTest("unique_combination", {"columns": list(key)}, because="the grain"),) if len(key) > 1 else ()
