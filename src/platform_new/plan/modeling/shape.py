"""The parts of the facts, dimensions and bridges of a star, and the order of their columns."""

from __future__ import annotations

from dataclasses import dataclass

from platform_new.plan.model import DataTest, PlannedColumn, StagedTable, UnitTest
from platform_new.plan.modeling.body import Import, Join, Selected
from platform_new.plan.modeling.outriggers import NONE, Outriggers
from platform_new.plan.staging import GROUPS, group_of
from platform_new.spec.names import fit

CHANGES = "changes"
"""The heading of the column that says when a row or one of its parents last changed."""


@dataclass(frozen=True)
class Snapshot:
    """The recorded versions of a dimension's rows.

    `relation` is the model with the current rows, `recorded` are their columns, `changed_at` says when a row last
    changed, and `reads` are the models that the rows come from. It records every change, whatever the types of history:
    these say what the dimension shows, so they can change without losing a version.
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
        """The columns that are compared: all except the key, or the key if there are no others."""
        return tuple(column.name for column in self.recorded if column.name not in self.key) or self.key

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"snapshot": self.name}


@dataclass(frozen=True)
class Hierarchy:
    """The level and path of each row of a table that refers to itself."""

    name: str
    table: StagedTable
    key: str
    parent: str
    role: str

    @property
    def model(self) -> str:
        """The name of the model with the levels and paths."""
        return fit(f"int_{self.name}_hierarchy")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"hierarchy": self.name}


@dataclass(frozen=True)
class StarBody:
    """The parts of the SQL of a fact, dimension or bridge.

    `natural_key` is the key in the source; for a dimension with `history`, under the snapshot's names. If the body is
    `distinct`, it has each row once. `outriggers` are the keys of a dimension to other dimensions; their joins follow
    after those of the body. An `incremental` fact recomputes changed rows only; `rebuilt_because` says why another one
    does not, where that is wanted.
    """

    base: str
    imports: tuple[Import, ...]
    joins: tuple[Join, ...]
    groups: tuple[tuple[str, tuple[Selected, ...]], ...]
    surrogate_key: str = ""
    key_parts: tuple[str, ...] = ()
    natural_key: tuple[str, ...] = ()
    history: bool = False
    distinct: bool = False
    incremental: bool = False
    rebuilt_because: str = ""
    dates: tuple[str, ...] = ()
    outriggers: Outriggers = NONE


@dataclass(frozen=True)
class History:
    """The view of a dimension's rows as the types of its columns show them, from the snapshot.

    `opens` are the columns whose changes open a version; without any, the view has one row for each member. `before`
    are expressions that the columns need, and `version_number` numbers the versions of a member.
    """

    name: str
    table: StagedTable
    snapshot: str
    base: str
    key: tuple[str, ...]
    groups: tuple[tuple[str, tuple[Selected, ...]], ...]
    opens: tuple[str, ...]
    before: tuple[Selected, ...]
    opens_version: str
    version_number: str
    unit_tests: tuple[UnitTest, ...] = ()

    @property
    def model(self) -> str:
        """The name of the view."""
        return fit(f"int_{self.name}_history")

    @property
    def columns(self) -> tuple[PlannedColumn, ...]:
        """Its columns, in the order of the style."""
        return tuple(item.column for _, members in self.groups for item in members)

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"history": self.name}


@dataclass(frozen=True)
class Profiles:
    """The view that says which profile, a row of the mini-dimension, a member has had at each time.

    `key` are the member's key in the snapshot and in the view; `columns` are the columns of a profile, and `mart` is
    the mini-dimension.
    """

    name: str
    table: StagedTable
    snapshot: str
    base: str
    key: tuple[Selected, ...]
    columns: tuple[str, ...]
    profile_key: str
    mart: str

    @property
    def member(self) -> tuple[str, ...]:
        """The member's key in the snapshot."""
        return tuple(item.expression for item in self.key)

    @property
    def model(self) -> str:
        """The name of the view."""
        return fit(f"int_{self.name}_profiles")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"profiles": self.name}


@dataclass(frozen=True)
class Current:
    """The view with a dimension's current rows, if the staging model is not enough for the snapshot.

    `deletion` is the column that flags soft-deleted rows, which the view leaves out.
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
    """The columns in the order of the style, and grouped under their headings in the SQL."""

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
    return (DataTest("unique", because="one row per member"), DataTest("not_null", because="facts point to it"))


def grain_tests(columns: tuple[PlannedColumn, ...], key: tuple[str, ...]) -> dict[str, tuple[DataTest, ...]]:
    """The tests of a fact's or bridge's columns: on its key, and on its foreign keys to dimensions."""
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
                DataTest("relationships", arguments, because="each row has a member, at least the unknown member")
            )
    return {name: tuple(found) for name, found in tests.items()}


def unique_together(key: tuple[str, ...]) -> tuple[DataTest, ...]:
    """The test of a composite key; empty for a key of one column."""
    return (DataTest("unique_combination", {"columns": list(key)}, because="the grain"),) if len(key) > 1 else ()
