"""The whole answer for one source: what has changed there, what comes of it, and the spec that follows. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from platform_new.catalog import Catalog
from platform_new.introspect import Sighting
from platform_new.introspect.words import in_words_of
from platform_new.plan import Plan
from platform_new.refresh.compare import Change, compare, since
from platform_new.refresh.consequences import Consequence, consequence, grains, plan_of
from platform_new.refresh.follow import Dropped, follow
from platform_new.refresh.versions import with_versions
from platform_new.spec.load import AnySource
from platform_new.spec.models import Platform, Source, Table


@dataclass(frozen=True)
class AssessedChange:
    """A change with what comes of it."""

    change: Change
    consequence: Consequence

    @property
    def compatible(self) -> bool:
        """Whether neither the table's readers nor those of a mart lose anything that they could rely on."""
        return self.change.compatible and not self.consequence.breaks

    @property
    def because(self) -> str:
        """Why it is compatible or not."""
        if self.compatible or not self.change.compatible:
            return self.change.because
        return "; ".join(dict.fromkeys(f"{each.place} in the marts: {each.kind}" for each in self.consequence.breaks))


@dataclass(frozen=True)
class Drift:
    """How a source has drifted from its spec, and what the spec becomes if it follows.

    `own` are differences that the owners made themselves while the source stood still. `versions` are those of the
    contracts, before and after, by table. `seen` is what was seen, in the words of the spec.
    """

    known: AnySource
    seen: Sighting
    changes: tuple[AssessedChange, ...]
    own: tuple[Change, ...]
    after: AnySource
    dropped: tuple[Dropped, ...]
    versions: Mapping[str, tuple[str, str]]

    @property
    def breaking(self) -> tuple[AssessedChange, ...]:
        """The changes that somebody has to accept."""
        return tuple(weighed for weighed in self.changes if not weighed.compatible)


def drift(
    known: Source,
    sighting: Sighting,
    last: Sighting | None,
    platform: Platform,
    catalog: Catalog,
    *,
    new_tables: bool = False,
) -> Drift:
    """How the source has drifted since the last look; without one, the spec stands for what was seen then.

    The spec follows every change but new tables, which it takes up if `new_tables` says so.
    """
    seen = in_words_of(known, sighting)
    changes = compare(known, seen.source)
    fresh = tuple(change for change in changes if change.is_new_table and new_tables)
    if fresh:
        # With them in the spec, what points to them is a change as well.
        tables = (*known.tables, *(table for change in fresh if (table := seen.source.table(change.table))))
        changes = compare(known.model_copy(update={"tables": tables}), seen.source)
    ours: tuple[Change, ...] = ()
    if last:
        moved = since(changes, compare(in_words_of(known, last).source, seen.source))
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
    weigh = _Scales(known, seen.source, platform, catalog)
    # A new table that is not taken up does nothing.
    alone = [(change, () if change.is_new_table and not new_tables else (change,)) for change in (*changes, *fresh)]
    weighed = tuple(AssessedChange(change, weigh.consequence(change.table, followed)) for change, followed in alone)
    return Drift(known, seen, weighed, ours, source, followed.dropped, versions)


class _Scales:
    """Weighs one change after another, on the tables alone that references join with the one that changes."""

    def __init__(self, known: Source, seen: Source, platform: Platform, catalog: Catalog):
        self.known, self.seen, self.platform, self.catalog = known, seen, platform, catalog
        self.parts = _joined((*known.tables, *seen.tables))
        self.plans: dict[frozenset[str], Plan] = {}

    def consequence(self, table: str, changes: tuple[Change, ...]) -> Consequence:
        """What comes of changes of one table by themselves."""
        part = self.parts[table]
        known = self.known.model_copy(update={"tables": tuple(t for t in self.known.tables if t.name in part)})
        if part not in self.plans:
            self.plans[part] = plan_of(known, self.platform, self.catalog)
        after = follow(known, self.seen, changes, self.catalog).source
        return consequence(self.plans[part], plan_of(after, self.platform, self.catalog))


def _joined(tables: Iterable[Table]) -> dict[str, frozenset[str]]:
    """For each table the names of those that references lead to and from, however many steps away."""
    parts: dict[str, frozenset[str]] = {}
    for table in tables:
        to = {(column.references or "").partition(".")[0] for column in table.columns}
        to |= {reference.to for reference in table.references} | {table.line_of or ""}
        names = {table.name, *filter(None, to)}
        part = frozenset(names).union(*(parts[name] for name in names if name in parts))
        parts |= dict.fromkeys(part, part)
    return parts


def _points_to(change: Change, tables: set[str]) -> bool:
    """Whether the change is a reference to one of the tables."""
    if change.after is None or "references" not in change.path:
        return False
    to = change.after.partition(".")[0] if isinstance(change.after, str) else change.after.to
    return to in tables
