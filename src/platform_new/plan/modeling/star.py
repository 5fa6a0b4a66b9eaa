"""Star schema: facts, dimensions and bridges (Kimball and Ross, "The Data Warehouse Toolkit", 3rd edition).

Facts have the grain of their source table; lines inherit the keys of their header. Dimensions carry the attributes of
the tables that their foreign keys lead to, and keep their versions (slowly changing dimension, type 2) unless the spec
gives `history:` another type.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import replace

from platform_new.plan.model import Link, Mart, Model, PlannedColumn, PlannedSource, StagedTable, UnitTest
from platform_new.plan.modeling import examples
from platform_new.plan.modeling.attributes import own_columns, referenced_by_most
from platform_new.plan.modeling.body import Folding
from platform_new.plan.modeling.calendar import calendar, calendar_entity, select_date_keys
from platform_new.plan.modeling.dimensions import Dimension, plan_dimension, plan_row
from platform_new.plan.modeling.fact_types import fact_type
from platform_new.plan.modeling.fold import MAX_COLUMNS, REFERENCES, TOO_MANY_COLUMNS, Policy
from platform_new.plan.modeling.incremental import (
    MATERIALIZED,
    Incremental,
    incremental_config,
    is_wanted,
    recording,
    why_rebuilt,
)
from platform_new.plan.modeling.lookups import select_dimension_keys
from platform_new.plan.modeling.member import entity_of
from platform_new.plan.modeling.outriggers import Row, choose_outriggers
from platform_new.plan.modeling.reconciliation import reconciles
from platform_new.plan.modeling.shape import (
    Hierarchy,
    StarBody,
    arranged,
    grain_tests,
    unique_together,
)
from platform_new.plan.modeling.weights import Weights, select_weight
from platform_new.spec.models import PlatformCore
from platform_new.spec.names import fit

Tables = Mapping[str, StagedTable]
LOOKED_UP = frozenset({"dimension", "reference"})
CHANGED_AT = "changed_at"


def derive(sources: tuple[PlannedSource, ...], platform: PlatformCore, rebuilt_because: str = "") -> Model:
    """Derive the star schema of all sources; facts join the dimensions that they refer to, also across sources.

    By default, dimensions fold their references. Facts that shall be incremental are if they can be;
    `rebuilt_because` says why none is, whatever the platform wants.
    """
    hierarchies: list[Hierarchy] = []
    dimensions: list[Dimension] = []
    facts: list[Mart] = []
    bridges: list[Mart] = []
    entities = {entity_of(table) for source in sources for table in source.tables}
    days = calendar_entity(entities)
    everywhere: dict[str, Dimension] = {}
    stars = [_Star(source, platform, days, entities, everywhere, rebuilt_because) for source in sources]
    for star in stars:
        hierarchies += [hierarchy for name in star.dimensions for hierarchy in star.hierarchies[name]]
        dimensions += star.dimensions.values()
        facts += [star.fact(table) for table in star.grains()]
        bridges += map(star.bridge, star.bridges())
    dimensions = recording(dimensions, facts)
    incremental = any(fact.materialized == MATERIALIZED for fact in facts)
    minis = tuple(each.mini for each in dimensions if each.mini)
    members = (*(each.mart for each in dimensions), *(mini.mart for mini in minis))
    calendars = [calendar(days, platform.calendar)] if any(fact.detail.dates for fact in facts) else []
    return Model(
        marts=(*facts, *members, *bridges, *calendars),
        collections={
            "fact": tuple(facts),
            "dimension": members,
            "bridge": tuple(bridges),
            "calendar": tuple(calendars),
            "holidays": tuple(each.detail.holidays for each in calendars if each.detail.holidays),
            "snapshot": tuple(each.snapshot for each in dimensions if each.snapshot),
            "current": tuple(each.current for each in dimensions if each.current),
            "history": tuple(each.history for each in dimensions if each.history),
            "profiles": tuple(mini.profiles for mini in minis),
            "hierarchy": tuple(hierarchies),
            "incremental": (Incremental(),) if incremental else (),
            "weights": (Weights(),) if any(item.spec.weights_of for star in stars for item in star.bridges()) else (),
        },
    )


class _Star:
    """The star of one source; `days` is the entity of the calendar, and `entities` are those of all tables.

    `rebuilt_because` is a reason that holds for all facts. It adds its dimensions to `everywhere`, by the full names of
    their tables, for facts of other sources.
    """

    def __init__(
        self,
        source: PlannedSource,
        platform: PlatformCore,
        days: str,
        entities: set[str],
        everywhere: dict[str, Dimension],
        rebuilt_because: str,
    ):
        self.tables: Tables = {table.table: table for table in source.tables}
        self.days, self.everywhere, self.rebuilt_because = days, everywhere, rebuilt_because
        self.facts = platform.facts
        self.shared = referenced_by_most(source.tables)
        self.hierarchies: dict[str, list[Hierarchy]] = {}
        rows = self._rows(Policy(platform.dimension_parents or REFERENCES, LOOKED_UP, self.shared))
        outriggers = choose_outriggers(rows)
        self.dimensions = {name: plan_dimension(row, outriggers[name], rows, entities) for name, row in rows.items()}
        everywhere.update({f"{source.name}.{name}": each for name, each in self.dimensions.items()})

    def _rows(self, policy: Policy) -> dict[str, Row]:
        """The rows of all dimensions in the order of their tables.

        Every table with that role is a dimension, and so is each reference that a fact or bridge refers to, that a
        dimension keeps a key to, or that no dimension folds.
        """
        looked_up = {
            link.to for table in self.tables.values() if table.spec.role in ("fact", "bridge") for link in table.links
        }
        references = [table for _, table in sorted(self.tables.items()) if table.spec.role == "reference"]
        pending = [table for table in self.tables.values() if table.spec.role == "dimension"]
        pending += [table for table in references if table.table in looked_up]
        rows: dict[str, Row] = {}
        folded: set[str] = set()
        while pending := pending or [table for table in references if table.table not in {*rows, *folded}][:1]:
            table = pending.pop()
            if table.table in rows:
                continue
            self.hierarchies[table.table] = list(_hierarchies(table))
            row = rows[table.table] = plan_row(table, self.tables, self.hierarchies[table.table], policy)
            folded |= {parent.table for parent in row.folded.parents.values()}
            pending += [kept.parent for kept in row.folded.kept if kept.parent.spec.role == "reference"]
        return {name: rows[name] for name in self.tables if name in rows}

    def grains(self) -> Iterator[StagedTable]:
        """The tables that become facts: all with that role except headers without measures."""
        headers = {table.spec.line_of for table in self.tables.values()}
        for table in self.tables.values():
            measures = any(column.kind == "measure" for column in table.columns)
            if table.spec.role == "fact" and (table.table not in headers or measures):
                yield table

    def bridges(self) -> list[StagedTable]:
        """The tables that become bridges."""
        return [table for table in self.tables.values() if table.spec.role == "bridge"]

    def fact(self, table: StagedTable) -> Mart:
        """The fact with the grain of the table."""
        folding, entity = Folding(taken={CHANGED_AT}), entity_of(table)
        base = folding.bring(table.model, table.table)
        for column in own_columns(table):
            folding.select(f"{base}.{column.name}", column)
        aliases = [(table, base), *self._join_headers(folding, table, base)]
        times = (self._event_time(owner, alias) for owner, alias in aliases)
        event_time = next((time for time in times if time), None)
        select_dimension_keys(folding, aliases, event_time, self.everywhere, self.shared)
        dates = select_date_keys(folding, self.days, event_time[0] if event_time else "")
        # Before the update time, which may be the same expression.
        names = {item.expression: item.column.name for item in folding.selected}
        happened = names.get(event_time[0], "") if event_time else ""
        if changed := _changed_at(aliases):
            folding.taken.remove(CHANGED_AT)
            description = "When the row last changed in the source"
            folding.select(changed, PlannedColumn(CHANGED_AT, "timestamp", description, kind="time"))
        columns, groups = arranged(folding.selected)
        selected = {item.expression: item.column.name for item in folding.selected}
        key = tuple(selected[f"{base}.{name}"] for name in table.key)
        tests = grain_tests(columns, key)
        wanted = is_wanted(self.facts, table)
        because = (self.rebuilt_because or why_rebuilt(aliases, folding, key)) if wanted else ""
        body = StarBody(
            base,
            tuple(folding.imports),
            tuple(folding.joins),
            groups,
            key_parts=tuple(f"{base}.{name}" for name in table.key),
            natural_key=key,
            dates=dates,
            incremental=wanted and not because,
            rebuilt_because=because,
        )
        meta = {"fact_type": fact_type(columns, key)}
        return Mart(
            name=fit(f"fct_{entity}"),
            kind="fact",
            entity=entity,
            event_time=happened,
            description=table.spec.description or f"The rows of {table.origin}, with the keys of their dimensions",
            columns=tuple(replace(column, tests=tests.get(column.name, ())) for column in columns),
            key=key,
            grain=table.origin,
            source=table.source,
            tests=(*unique_together(key), reconciles(table, selected, base)),
            unit_tests=tuple(self._examples(table, fit(f"fct_{entity}"), key, body, event_time)),
            refs=tuple(imported.model for imported in folding.imports),
            materialized=MATERIALIZED if body.incremental else "table",
            config=incremental_config(folding, key, happened, meta) if body.incremental else {"meta": meta},
            detail=body,
        )

    def _join_headers(self, folding: Folding, table: StagedTable, base: str) -> list[tuple[StagedTable, str]]:
        """Join the header of a line, its header and so on, at most three; return each with its alias."""
        aliases, header = [(table, base)], self._header(table)
        while header and len(aliases) <= 3:
            link, parent = header
            left = aliases[-1][1]
            on = [(f"{left}.{mine}", theirs) for mine, theirs in zip(link.columns, link.to_columns, strict=True)]
            role = link.role if link.role != entity_of(table) else parent.table
            aliases.append((parent, folding.join(parent.model, parent.table, role, on)))
            keys = sum(len(owner.links) for owner, _ in aliases)
            self._select_header(folding, *aliases[-1], link, keys)
            header = self._header(parent)
        return aliases[1:]

    def _examples(
        self, table: StagedTable, name: str, key: tuple[str, ...], body: StarBody, event_time: tuple[str, bool] | None
    ) -> Iterator[UnitTest]:
        models = tuple(imported.model for imported in body.imports)
        keys = {
            item.column.name: item
            for _, members in body.groups
            for item in members
            if item.column.kind == "dimension_key"
        }
        if keys:
            yield examples.unknown_member(name, table, key, models, tuple(keys))
        for fact_key, item in keys.items():
            _, surrogate = item.column.refers_to
            join = next(join for join in body.joins if f"({join.alias}.{surrogate}," in item.expression)
            own = all(left.startswith(f"{body.base}.") for left, _ in join.on)
            if own and event_time and event_time[0].startswith(f"{body.base}.") and len(join.conditions) and len(key):
                time = (event_time[0].partition(".")[2], event_time[1])
                yield examples.version_of_its_day(name, table, key, models, join, time, surrogate, fact_key)
                return

    def bridge(self, table: StagedTable) -> Mart:
        """The bridge for a pure link table; it points to the current versions of dimensions."""
        folding, entity = Folding(), entity_of(table)
        base = folding.bring(table.model, table.table)
        for column in own_columns(table):
            folding.select(f"{base}.{column.name}", column)
        select_dimension_keys(folding, [(table, base)], None, self.everywhere, self.shared)
        weighed = select_weight(folding, table, base)
        columns, groups = arranged(folding.selected)
        selected = {item.expression: item.column.name for item in folding.selected}
        key = tuple(selected[f"{base}.{name}"] for name in table.key)
        tests = grain_tests(columns, key)
        return Mart(
            name=fit(f"bridge_{entity}"),
            kind="bridge",
            entity=entity,
            description=table.spec.description or f"The rows that {table.origin} links to each other",
            columns=tuple(replace(column, tests=tests.get(column.name, ())) for column in columns),
            key=key,
            grain=table.origin,
            source=table.source,
            tests=(*unique_together(key), reconciles(table, selected, base), *weighed),
            refs=tuple(imported.model for imported in folding.imports),
            detail=StarBody(base, tuple(folding.imports), tuple(folding.joins), groups, natural_key=key),
        )

    def _header(self, table: StagedTable) -> tuple[Link, StagedTable] | None:
        link = next((link for link in table.links if link.to == table.spec.line_of != table.table), None)
        return (link, self.tables[link.to]) if link else None

    def _event_time(self, table: StagedTable, table_alias: str) -> tuple[str, bool] | None:
        column = next((column for column in table.columns if column.landed == table.spec.event_time), None)
        return (f"{table_alias}.{column.name}", column.required) if column else None

    def _select_header(self, folding: Folding, table: StagedTable, table_alias: str, link: Link, keys: int) -> None:
        """Select the columns of a header except its measures, which have another grain.

        If that makes the fact, which gets up to `keys` keys of dimensions, too wide, the last columns are left out.
        """
        columns = [
            column
            for column in own_columns(table)
            if column.name not in link.to_columns and column.kind not in ("measure", "deletion")
        ]
        room = max(0, MAX_COLUMNS - len(folding.selected) - keys - 2)
        if len(columns) > room:
            left = folding.joins[-1].on[0][0]
            folding.note(left, f"Not all columns of {table.table} are included because {TOO_MANY_COLUMNS}")
        included = sorted(columns, key=lambda column: column.landed != table.spec.event_time)[: room + 1]
        for column in (column for column in columns if column in included):
            name = column.name if column.name not in folding.taken else f"{link.role}_{column.name}"
            folding.select(f"{table_alias}.{column.name}", column, name)


def _changed_at(aliases: list[tuple[StagedTable, str]]) -> str:
    """The latest update time of a fact's tables if all are loaded by an update time; otherwise empty."""
    times = [
        f"{owner_alias}.{column.name}"
        for owner, owner_alias in aliases
        for column in owner.columns
        if column.landed == owner.spec.load.cursor and column.data_type.is_timestamp
    ]
    if len(times) < len(aliases):
        return ""
    return functools.reduce(_later, times)


def _later(one: str, other: str) -> str:
    """The later of two times; one of them may be NULL, for which `greatest` differs between warehouses."""
    return f"coalesce(greatest({one}, {other}), {one}, {other})"


def _hierarchies(table: StagedTable) -> Iterator[Hierarchy]:
    for link in table.links:
        if link.to == table.table and link.columns != link.to_columns == table.key and len(table.key) == 1:
            role = link.columns[0].removesuffix("_id")
            yield Hierarchy(f"{entity_of(table)}_{role}", table, table.key[0], link.columns[0], role)
