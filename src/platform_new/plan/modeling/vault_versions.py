"""The versions of dimensions: what a snapshot would have recorded, derived from the history of the rows in a vault."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from platform_new.plan.modeling.body import Folding, Import, Join, Selected
from platform_new.plan.modeling.member import entity_of
from platform_new.plan.modeling.shape import CHANGES, Current, Hierarchy, Snapshot, StarBody, arranged
from platform_new.plan.modeling.vault_rows import Rows
from platform_new.spec.names import distinct, fit


@dataclass(frozen=True)
class Lineage:
    """The level and path of each row of a table that refers to itself, with the loads between which they held."""

    hierarchy: Hierarchy
    history: Rows
    present: str = ""

    @property
    def since(self) -> str:
        """The column with the first load."""
        return self.history.since

    @property
    def until(self) -> str:
        """The column with the load that ended it."""
        return self.history.until

    @property
    def name(self) -> str:
        """The name of the view."""
        return fit(f"int_{self.hierarchy.name}_lineage")

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"lineage": self.name}


OWN_NAMES = (
    *("loads", "states", "compared", "changed", "dated", "placed", "decided", "started", "ended"),
    *("load_date", "changed_at", "is_member", "state", "previous_state", "effective", "previous_effective"),
    *("previous_load", "last_on_time", "last_late", "version_start"),
)
"""The common table expressions and columns of a view with versions."""


@dataclass(frozen=True)
class Point:
    """A row that a dimension's row is joined to: the column with its loads, and the joins that lead to it."""

    alias: str
    since: str
    joins: tuple[Join, ...]


@dataclass(frozen=True)
class Versions:
    """The versions of a dimension's rows, derived from the vault in the form of a snapshot.

    The joins of the `body` find the rows as of a load. `points` are the other rows that the dimension's row is made of.
    `reads` are the staging models that all of them come from. `own` are the names of the view's own columns and
    expressions, distinct from all others in it.
    """

    snapshot: Snapshot
    name: str
    body: StarBody
    rows: Rows
    points: tuple[Point, ...]
    reads: tuple[str, ...]
    changed_at: str
    present: str
    own: Mapping[str, str]

    @property
    def key(self) -> tuple[str, ...]:
        """The columns of the dimension's natural key."""
        return self.snapshot.key

    @property
    def compared(self) -> tuple[str, ...]:
        """The columns whose change starts a version."""
        return self.snapshot.columns

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"versions": self.name}


def versions_of(
    snapshot: Snapshot, current: Current | None, rows: Mapping[str, Rows], lineages: Mapping[str, Lineage]
) -> Versions:
    """The versions that a snapshot of a dimension's row would record.

    `rows` are the states of tables by the views with their latest rows, `lineages` those of hierarchies.
    """
    table = snapshot.table
    body = current.body if current else _own_body(snapshot)
    columns = {*(column.name for column in snapshot.recorded), *(column.name for column in table.columns)}
    names = _distinct_names({*columns, *(each.name for each in body.imports), *(each.alias for each in body.joins)})
    load = f"{names['loads']}.{names['load_date']}"
    models = {each.name: each.model for each in body.imports}
    histories = {name: lineages[model] if model in lineages else rows.get(model) for name, model in models.items()}
    # The flag is empty in rows that were recorded before deletions were marked.
    flag = f" and not coalesce({body.base}.{current.deletion}, false)" if current and current.deletion else ""
    own = histories[body.base]
    return Versions(
        snapshot=snapshot,
        name=fit(f"int_{entity_of(table)}_versions"),
        body=StarBody(
            base=body.base,
            imports=tuple(
                Import(name, there.name if (there := histories[name]) else model) for name, model in models.items()
            ),
            joins=tuple(
                replace(join, conditions=_held_at(there, load)) if (there := histories[join.name]) else join
                for join in body.joins
            ),
            groups=tuple(each for each in body.groups if each[0] != CHANGES),
        ),
        rows=own,
        points=tuple(_points(body, histories)),
        reads=tuple(model for there in histories.values() if isinstance(there, Rows) for model in there.reads),
        changed_at=_changed_at(body, snapshot, current),
        present=f"{body.base}.{own.present}{flag}",
        own=names,
    )


def _own_body(snapshot: Snapshot) -> StarBody:
    """The body of a row that consists of the columns of its own table."""
    folding = Folding()
    base = folding.bring(snapshot.relation, snapshot.table.table)
    _, groups = arranged([Selected(f"{base}.{column.name}", column) for column in snapshot.recorded])
    return StarBody(base, tuple(folding.imports), (), groups)


def _distinct_names(taken: set[str]) -> dict[str, str]:
    names: dict[str, str] = {}
    for name in OWN_NAMES:
        names[name] = distinct(name, {*taken, *names.values()})
    return names


def _held_at(history: Rows | Lineage, load: str) -> tuple[str, ...]:
    """The conditions of a row that was there at a load."""
    present = (f"{{alias}}.{history.present}",) if history.present else ()
    return f"{load} >= {{alias}}.{history.since}", f"{load} < {{alias}}.{history.until}", *present


def _points(body: StarBody, histories: Mapping[str, Rows | Lineage | None]) -> Iterator[Point]:
    """The joined rows that have a history."""
    paths: dict[str, tuple[Join, ...]] = {body.base: ()}
    for join in body.joins:
        left = join.on[0][0].partition(".")[0]
        paths[join.alias] = (*paths[left], join)
        if history := histories[join.name]:
            yield Point(join.alias, history.since, paths[join.alias])


def _changed_at(body: StarBody, snapshot: Snapshot, current: Current | None) -> str:
    """When the row or one of its parents last changed in the source; empty if no column says it."""
    if current:
        return next((item.expression for heading, items in body.groups if heading == CHANGES for item in items), "")
    return f"{{{{ newest(['{body.base}.{snapshot.changed_at}']) }}}}" if snapshot.changed_at else ""
