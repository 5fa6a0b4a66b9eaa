"""The drift of one source: what changed, the impact of each change, and the resulting spec. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from platform_new.catalog import Catalog
from platform_new.errors import counted
from platform_new.introspect import Introspection
from platform_new.introspect.known_names import with_names_of
from platform_new.plan import Plan
from platform_new.refresh.compare import Change, compare, since
from platform_new.refresh.consequences import Consequence, consequence, grains, plan_of
from platform_new.refresh.follow import Dropped, follow
from platform_new.refresh.versions import with_versions
from platform_new.spec.base import AnySource
from platform_new.spec.models import Platform, Source, Table


@dataclass(frozen=True)
class AssessedChange:
    """A change with its impact."""

    change: Change
    consequence: Consequence

    @property
    def compatible(self) -> bool:
        """Whether the change breaks no consumer of the table or of a mart."""
        return self.change.compatible and not self.consequence.breaks

    @property
    def because(self) -> str:
        """Why it is compatible or breaking."""
        if self.compatible or not self.change.compatible:
            return self.change.because
        return "; ".join(dict.fromkeys(f"{each.place} in the marts: {each.kind}" for each in self.consequence.breaks))


@dataclass(frozen=True)
class Drift:
    """How a source drifted from its spec, and the spec after applying the changes.

    `own` are differences that the owners made in the spec while the source did not change. `versions` are the contract
    versions before and after, by table. `seen` is the introspected source, with the names of the spec.
    """

    known: AnySource
    seen: Introspection
    changes: tuple[AssessedChange, ...]
    own: tuple[Change, ...]
    after: AnySource
    dropped: tuple[Dropped, ...]
    versions: Mapping[str, tuple[str, str]]

    @property
    def breaking(self) -> tuple[AssessedChange, ...]:
        """The changes that have to be accepted before they are applied."""
        return tuple(change for change in self.changes if not change.compatible)


def count_changes(changes: Collection[AssessedChange]) -> str:
    """The numbers of changes and of breaking changes, such as `2 changes, 1 breaking`; empty without changes."""
    breaking = sum(not change.compatible for change in changes)
    return f"{counted(len(changes), 'change')}, {breaking or 'none'} breaking" if changes else ""


def drift(
    known: Source,
    introspection: Introspection,
    last: Introspection | None,
    platform: Platform,
    catalog: Catalog,
    *,
    new_tables: bool = False,
) -> Drift:
    """How the source drifted since the last introspection, or since the spec if there was none.

    The resulting spec has every change; it has new tables only with `new_tables`.
    """
    seen = with_names_of(known, introspection)
    changes = compare(known, seen.source)
    fresh = tuple(change for change in changes if change.is_new_table and new_tables)
    if fresh:
        # With the new tables in the spec, references to them are changes as well.
        tables = (*known.tables, *(table for change in fresh if (table := seen.source.table(change.table))))
        changes = compare(known.model_copy(update={"tables": tables}), seen.source)
    ours: tuple[Change, ...] = ()
    if last:
        moved = since(changes, compare(with_names_of(known, last).source, seen.source))
        added = {change.table for change in fresh}
        ours = tuple(change for change in changes if change not in moved and not _points_to(change, added))
        changes = tuple(change for change in changes if change not in ours)
    followed = follow(known, seen.source, fresh + tuple(each for each in changes if not each.is_new_table), catalog)
    before, after = plan_of(known, platform, catalog), plan_of(followed.source, platform, catalog)
    marts: dict[str, list[Change]] = defaultdict(list)
    total = consequence(before, after).marts
    for mart, table in grains(before, total).items():
        marts[table] += total[mart]
    source, versions = with_versions(followed.source, changes, marts)
    assessor = _Assessor(known, seen.source, platform, catalog)
    # A new table that is not added has no impact.
    alone = [(change, () if change.is_new_table and not new_tables else (change,)) for change in (*changes, *fresh)]
    assessed = tuple(AssessedChange(change, assessor.consequence(change.table, applied)) for change, applied in alone)
    return Drift(known, seen, assessed, ours, source, followed.dropped, versions)


class _Assessor:
    """Assesses each change on its own, within the tables that references connect to the changed table."""

    def __init__(self, known: Source, seen: Source, platform: Platform, catalog: Catalog):
        self.known, self.seen, self.platform, self.catalog = known, seen, platform, catalog
        self.parts = _joined((*known.tables, *seen.tables))
        self.plans: dict[frozenset[str], Plan] = {}

    def consequence(self, table: str, changes: tuple[Change, ...]) -> Consequence:
        """The impact of changes to one table alone."""
        part = self.parts[table]
        known = self.known.model_copy(update={"tables": tuple(t for t in self.known.tables if t.name in part)})
        if part not in self.plans:
            self.plans[part] = plan_of(known, self.platform, self.catalog)
        after = follow(known, self.seen, changes, self.catalog).source
        return consequence(self.plans[part], plan_of(after, self.platform, self.catalog))


def _joined(tables: Iterable[Table]) -> dict[str, frozenset[str]]:
    """For each table, the names of all tables that references connect to it, directly or indirectly."""
    parts: dict[str, frozenset[str]] = {}
    for table in tables:
        to = {(column.references or "").partition(".")[0] for column in table.columns}
        to |= {reference.to for reference in table.references} | {table.line_of or ""}
        names = {table.name, *filter(None, to)}
        part = frozenset(names).union(*(parts[name] for name in names if name in parts))
        parts |= dict.fromkeys(part, part)
    return parts


def _points_to(change: Change, tables: set[str]) -> bool:
    """Whether the change adds a reference to one of the tables."""
    if change.after is None or "references" not in change.path:
        return False
    to = change.after.partition(".")[0] if isinstance(change.after, str) else change.after.to
    return to in tables
