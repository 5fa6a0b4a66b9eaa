"""Star schema: facts, dimensions and bridges (Kimball and Ross, "The Data Warehouse Toolkit", 3rd edition).

Facts have the grain of their source table; lines inherit the keys of their header. Dimensions carry the attributes of
the tables that their foreign keys lead to, and keep their versions (slowly changing dimension, type 2) unless the spec
says `history: false`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from platform_new.plan.model import Link, Mart, Model, PlannedColumn, PlannedSource, StagedTable, UnitTest
from platform_new.plan.modeling import examples
from platform_new.plan.modeling.calendar import calendar, calendar_entity, select_date_keys
from platform_new.plan.modeling.dimensions import Dimension, dimension_key, entity_of, plan_dimension
from platform_new.plan.modeling.fold import Folding, own_columns
from platform_new.plan.modeling.reconciliation import reconciles
from platform_new.plan.modeling.shape import (
    Hierarchy,
    StarBody,
    arranged,
    grain_tests,
    unique_together,
)
from platform_new.spec.names import fit

Tables = Mapping[str, StagedTable]
CHANGED_AT = "changed_at"


def derive(sources: tuple[PlannedSource, ...]) -> Model:
    """Derive the star schema of all sources; facts join the dimensions that they refer to, also across sources."""
    hierarchies: list[Hierarchy] = []
    dimensions: list[Dimension] = []
    facts: list[Mart] = []
    bridges: list[Mart] = []
    days = calendar_entity({entity_of(table) for source in sources for table in source.tables})
    everywhere: dict[str, tuple[StagedTable, Mart]] = {}
    stars = [_Star({table.table: table for table in source.tables}, days, everywhere) for source in sources]
    for star in stars:
        hierarchies += [hierarchy for of_table in star.hierarchies.values() for hierarchy in of_table]
        dimensions += star.dimensions.values()
        facts += [star.fact(table) for table in star.grains()]
        bridges += [star.bridge(table) for table in star.tables.values() if table.spec.role == "bridge"]
    calendars = [calendar(days)] if any(fact.detail.dates for fact in facts) else []
    return Model(
        marts=(*facts, *(each.mart for each in dimensions), *bridges, *calendars),
        collections={
            "fact": tuple(facts),
            "dimension": tuple(each.mart for each in dimensions),
            "bridge": tuple(bridges),
            "calendar": tuple(calendars),
            "snapshot": tuple(each.snapshot for each in dimensions if each.snapshot),
            "current": tuple(each.current for each in dimensions if each.current),
            "hierarchy": tuple(hierarchies),
        },
    )


class _Star:
    """The star of one source; `days` is the entity of the calendar.

    It adds its dimensions to `everywhere`, by full name and with their tables, for facts of other sources.
    """

    def __init__(self, tables: Tables, days: str, everywhere: dict[str, tuple[StagedTable, Mart]]):
        self.tables, self.days, self.everywhere = tables, days, everywhere
        self.looked_up = {
            link.to for table in tables.values() if table.spec.role in ("fact", "bridge") for link in table.links
        }
        members = [table for table in tables.values() if self._is_dimension(table)]
        self.hierarchies = {table.table: list(_hierarchies(table)) for table in members}
        self.dimensions = {
            table.table: plan_dimension(table, tables, self.hierarchies[table.table]) for table in members
        }
        everywhere.update(
            {f"{table.source}.{table.table}": (table, self.dimensions[table.table].mart) for table in members}
        )

    def _is_dimension(self, table: StagedTable) -> bool:
        """Every dimension, and each reference that a fact or bridge refers to, or that no other table refers to.

        References from operational tables do not count, since these are in no mart.
        """
        if table.spec.role == "reference":
            others = (other for other in self.tables.values() if other is not table and other.spec.reaches_marts)
            folded = any(link.to == table.table for other in others for link in other.links)
            return table.table in self.looked_up or not folded
        return table.spec.role == "dimension"

    def grains(self) -> Iterator[StagedTable]:
        """The tables that become facts: all with that role except headers without measures."""
        headers = {table.spec.line_of for table in self.tables.values()}
        for table in self.tables.values():
            measures = any(column.kind == "measure" for column in table.columns)
            if table.spec.role == "fact" and (table.table not in headers or measures):
                yield table

    def fact(self, table: StagedTable) -> Mart:
        """The fact with the grain of the table."""
        folding, entity = Folding(taken={CHANGED_AT}), entity_of(table)
        base = folding.bring(table.model, table.table)
        event_time = self._event_time(table, base)
        self._select_own(folding, table, base, prefix="")
        aliases, header = [(table, base)], self._header(table)
        while header and len(aliases) <= 3:
            link, parent = header
            left = aliases[-1][1]
            on = [(f"{left}.{mine}", theirs) for mine, theirs in zip(link.columns, link.to_columns, strict=True)]
            joined = folding.join(parent.model, parent.table, link.role if link.role != entity else parent.table, on)
            event_time = event_time or self._event_time(parent, joined)
            self._select_own(folding, parent, joined, prefix=f"{link.role}_", skip=set(link.to_columns))
            aliases.append((parent, joined))
            header = self._header(parent)
        for owner, owner_alias in aliases:
            self._select_dimension_keys(folding, owner, owner_alias, event_time)
        dates = select_date_keys(folding, self.days)
        if changed := _changed_at(aliases):
            folding.taken.remove(CHANGED_AT)
            description = "When the row last changed in the source"
            folding.select(changed, PlannedColumn(CHANGED_AT, "timestamp", description, kind="time"))
        columns, groups = arranged(folding.selected)
        selected = {item.expression: item.column.name for item in folding.selected}
        key = tuple(selected[f"{base}.{name}"] for name in table.key)
        tests = grain_tests(columns, key)
        body = StarBody(
            base,
            tuple(folding.imports),
            tuple(folding.joins),
            groups,
            key_parts=tuple(f"{base}.{name}" for name in table.key),
            natural_key=key,
            dates=dates,
        )
        return Mart(
            name=fit(f"fct_{entity}"),
            kind="fact",
            entity=entity,
            description=table.spec.description or f"The rows of {table.origin}, with the keys of their dimensions",
            columns=tuple(replace(column, tests=tests.get(column.name, ())) for column in columns),
            key=key,
            grain=table.origin,
            source=table.source,
            tests=(*unique_together(key), reconciles(table, selected, base)),
            unit_tests=tuple(self._examples(table, fit(f"fct_{entity}"), key, body, event_time)),
            refs=tuple(imported.model for imported in folding.imports),
            detail=body,
        )

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
                time = event_time[0].partition(".")[2]
                yield examples.version_of_its_day(name, table, key, models, join, time, surrogate, fact_key)
                return

    def bridge(self, table: StagedTable) -> Mart:
        """The bridge for a pure link table; it points to the current versions of dimensions."""
        folding, entity = Folding(), entity_of(table)
        base = folding.bring(table.model, table.table)
        self._select_own(folding, table, base, prefix="")
        self._select_dimension_keys(folding, table, base, event_time=None)
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
            tests=(*unique_together(key), reconciles(table, selected, base)),
            refs=tuple(imported.model for imported in folding.imports),
            detail=StarBody(base, tuple(folding.imports), tuple(folding.joins), groups, natural_key=key),
        )

    def _header(self, table: StagedTable) -> tuple[Link, StagedTable] | None:
        link = next((link for link in table.links if link.to == table.spec.line_of != table.table), None)
        return (link, self.tables[link.to]) if link else None

    def _event_time(self, table: StagedTable, table_alias: str) -> tuple[str, bool] | None:
        column = next((column for column in table.columns if column.landed == table.spec.event_time), None)
        return (f"{table_alias}.{column.name}", column.required) if column else None

    def _select_own(
        self, folding: Folding, table: StagedTable, table_alias: str, *, prefix: str, skip: set[str] = frozenset()
    ):
        """Select the table's own columns; for a header all except its measures, which have another grain."""
        for column in own_columns(table):
            if column.name in skip or (prefix and column.kind in ("measure", "deletion")):
                continue
            name = column.name if column.name not in folding.taken else f"{prefix}{column.name}"
            folding.select(f"{table_alias}.{column.name}", column, name)

    def _select_dimension_keys(
        self, folding: Folding, table: StagedTable, table_alias: str, event_time: tuple[str, bool] | None
    ) -> None:
        for link in table.links:
            full_name = link.to if "." in link.to else f"{table.source}.{link.to}"
            if full_name not in self.everywhere:
                continue
            dimension, mart = self.everywhere[full_name]
            own = dimension_key(dimension)
            on = [(f"{table_alias}.{mine}", theirs) for mine, theirs in zip(link.columns, link.to_columns, strict=True)]
            conditions = _as_of(event_time) if mart.detail.history else ()
            joined = folding.join(mart.name, mart.name, link.role, on, conditions)
            name = own if link.plain else f"{link.role}_key"
            there = mart.detail.surrogate_key
            column = PlannedColumn(
                name, "text", f"Key of {mart.name}", kind="dimension_key", required=True, refers_to=(mart.name, there)
            )
            folding.select(f"coalesce({joined}.{there}, {{{{ unknown_key() }}}})", column)


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
    return times[0] if len(times) == 1 else f"greatest({', '.join(times)})"


def _hierarchies(table: StagedTable) -> Iterator[Hierarchy]:
    for link in table.links:
        if link.to == table.table and link.columns != link.to_columns == table.key and len(table.key) == 1:
            role = link.columns[0].removesuffix("_id")
            yield Hierarchy(f"{entity_of(table)}_{role}", table, table.key[0], link.columns[0], role)


def _as_of(event_time: tuple[str, bool] | None) -> tuple[str, ...]:
    """The conditions that choose a member's version: the version valid at the event time, or the current version."""
    if event_time is None:
        return ("{alias}.is_current",)
    expression, required = event_time
    since, until = f"{expression} >= {{alias}}.valid_from", f"{expression} < {{alias}}.valid_to"
    return (
        (since, until) if required else (f"(({since} and {until}) or ({expression} is null and {{alias}}.is_current))",)
    )
