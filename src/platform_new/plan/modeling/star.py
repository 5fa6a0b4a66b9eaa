"""Star schema: facts, dimensions and bridges (Kimball and Ross, "The Data Warehouse Toolkit", 3rd edition).

Facts have the grain of their source table; lines take the keys of their header. Dimensions carry the
attributes of the tables that their foreign keys lead to. A dimension with an update time keeps its versions
(slowly changing dimension, type 2), the others show the present (type 1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from platform_new.plan.model import Link, Mart, Model, PlannedColumn, PlannedSource, StagedTable, UnitTest
from platform_new.plan.modeling import examples
from platform_new.plan.modeling.calendar import calendar, calendar_entity, select_date_keys
from platform_new.plan.modeling.fold import Folding, fold_parents, own_columns
from platform_new.plan.modeling.reconciliation import reconciles
from platform_new.plan.modeling.shape import (
    Body,
    Hierarchy,
    Snapshot,
    arranged,
    grain_tests,
    surrogate_tests,
    unique_together,
)
from platform_new.plan.staging import base_type
from platform_new.spec.names import distinct, fit

Tables = Mapping[str, StagedTable]
CHANGED_AT = "changed_at"
LOOKED_UP = ("dimension", "reference")
TIMES = ("timestamp", "timestamptz")


def derive(sources: tuple[PlannedSource, ...]) -> Model:
    """Derive the star schema of all sources; facts join the dimensions that they refer to, of other sources too."""
    snapshots: list[Snapshot] = []
    hierarchies: list[Hierarchy] = []
    dimensions: list[Mart] = []
    facts: list[Mart] = []
    bridges: list[Mart] = []
    days = calendar_entity({entity_of(table) for source in sources for table in source.tables})
    everywhere: dict[str, tuple[StagedTable, Mart]] = {}
    stars = [_Star({table.table: table for table in source.tables}, days, everywhere) for source in sources]
    for star in stars:
        snapshots += star.snapshots.values()
        hierarchies += [hierarchy for of_table in star.hierarchies.values() for hierarchy in of_table]
        dimensions += star.dimensions.values()
        facts += [star.fact(table) for table in star.grains()]
        bridges += [star.bridge(table) for table in star.tables.values() if table.spec.role == "bridge"]
    calendars = [calendar(days)] if any(fact.detail.dates for fact in facts) else []
    return Model(
        marts=(*facts, *dimensions, *bridges, *calendars),
        collections={
            "fact": tuple(facts),
            "dimension": tuple(dimensions),
            "bridge": tuple(bridges),
            "calendar": tuple(calendars),
            "snapshot": tuple(snapshots),
            "hierarchy": tuple(hierarchies),
        },
    )


def entity_of(table: StagedTable) -> str:
    """The name of the mart that a table makes."""
    return table.spec.entity or table.table


def keeps_history(table: StagedTable) -> bool:
    """Whether past versions are kept: as the spec says, else where there is an update time to tell them by."""
    if table.spec.history is not None:
        return table.spec.history and bool(table.key)
    return bool(table.key) and _update_time(table) is not None


def _update_time(table: StagedTable) -> str | None:
    cursor = table.spec.load.cursor
    column = next((column for column in table.columns if column.landed == cursor), None)
    return column.name if column and base_type(column.type) in TIMES else None


class _Star:
    """The star of one source; `days` is the entity of the calendar.

    Its dimensions are put into `everywhere`, by full name and with their tables, for facts of other sources.
    """

    def __init__(self, tables: Tables, days: str, everywhere: dict[str, tuple[StagedTable, Mart]]):
        self.tables, self.days, self.everywhere = tables, days, everywhere
        self.looked_up = {
            link.to for table in tables.values() if table.spec.role in ("fact", "bridge") for link in table.links
        }
        members = [table for table in tables.values() if self._is_dimension(table)]
        self.snapshots = {
            table.table: Snapshot(
                fit(f"snap_{table.source}__{table.table}"),
                table,
                _update_time(table),
                "invalidate" if table.spec.load.mode == "full" else "ignore",
            )
            for table in members
            if keeps_history(table)
        }
        self.hierarchies = {table.table: list(_hierarchies(table)) for table in members}
        self.dimensions = {table.table: self._dimension(table) for table in members}
        everywhere.update({f"{table.source}.{table.table}": (table, self.dimensions[table.table]) for table in members})

    def _is_dimension(self, table: StagedTable) -> bool:
        """Every dimension, and each reference that nothing folds: one that a fact names itself or that nobody does."""
        if table.spec.role == "reference":
            folded = any(
                link.to == table.table for other in self.tables.values() if other is not table for link in other.links
            )
            return table.table in self.looked_up or not folded
        return table.spec.role == "dimension"

    def grains(self) -> Iterator[StagedTable]:
        """The tables that make a fact: all of that role but headers without a measure of their own."""
        headers = {table.spec.line_of for table in self.tables.values()}
        for table in self.tables.values():
            measures = any(column.kind == "measure" for column in table.columns)
            if table.spec.role == "fact" and (table.table not in headers or measures):
                yield table

    def _dimension(self, table: StagedTable) -> Mart:
        snapshot, entity = self.snapshots.get(table.table), entity_of(table)
        folding = Folding(taken={column.name for column in _validity()} if snapshot else set())
        base = folding.bring(snapshot.name if snapshot else table.model, table.table)
        surrogate_key = folding.select("", _key_column(dimension_key(table), "Key of this row of the dimension"))
        own = own_columns(table)
        for column in table.columns:
            if column.kind == "deletion" and snapshot:
                folding.select(self._present(folding, table, base, column.name), column)
            elif column in own:
                folding.select(f"{base}.{column.name}", replace(column, kind=_kind_in_dimension(column)))
        for hierarchy in self.hierarchies[table.table]:
            name = f"{hierarchy.role}_hierarchy"
            on = [(f"{base}.{hierarchy.key}", hierarchy.key)]
            name = folding.join(hierarchy.model, name, name, on)
            level = PlannedColumn(
                f"{hierarchy.role}_level", "integer", f"How many steps below the top, along `{hierarchy.parent}`"
            )
            steps = PlannedColumn(
                f"{hierarchy.role}_path", "text", f"The keys from the top to this row, along `{hierarchy.parent}`"
            )
            folding.select(f"{name}.hierarchy_level", level)
            folding.select(f"{name}.hierarchy_path", steps)
        fold_parents(folding, table, base, self.tables, self._folds)
        columns, groups = arranged(folding.selected[1:])
        key = folding.selected[0].column
        validity = _validity() if snapshot else ()
        models = tuple(imported.model for imported in folding.imports)
        body = Body(
            base=base,
            imports=tuple(folding.imports),
            joins=tuple(folding.joins),
            groups=groups,
            surrogate_key=surrogate_key,
            key_parts=tuple(f"{base}.{name}" for name in (*table.key, *(("dbt_valid_from",) if snapshot else ())))
            or tuple(f"{base}.{column.name}" for column in table.columns),
            natural_key=tuple(f"{base}.{name}" for name in table.key),
            history=bool(snapshot),
        )
        return Mart(
            name=fit(f"dim_{entity}"),
            kind="dimension",
            entity=entity,
            description=table.spec.description or f"The rows of {table.origin}, with what they refer to",
            columns=(replace(key, tests=surrogate_tests()), *columns, *validity),
            key=(surrogate_key,),
            grain=table.origin,
            source=table.source,
            unit_tests=(examples.first_version_from_the_beginning(f"dim_{entity}", table, snapshot.name, models),)
            if snapshot
            else (),
            refs=models,
            detail=body,
        )

    def _present(self, folding: Folding, table: StagedTable, base: str, column: str) -> str:
        """A column as it is now, beside the recorded versions: a row that goes has no new version to say so."""
        now = f"{table.table}_now"
        joined = folding.join(table.model, now, now, [(f"{base}.{name}", name) for name in table.key])
        return f"{joined}.{column}"

    def _folds(self, link: Link, parent: StagedTable) -> bool:
        return parent.spec.role in LOOKED_UP

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
        materialized, changed = self._increment(aliases, table)
        if changed:
            folding.taken.remove(CHANGED_AT)
            description = "When the row last changed at its source"
            folding.select(changed, PlannedColumn(CHANGED_AT, "timestamp", description, kind="time"))
        columns, groups = arranged(folding.selected)
        selected = {item.expression: item.column.name for item in folding.selected}
        key = tuple(selected[f"{base}.{name}"] for name in table.key)
        tests = grain_tests(columns, key)
        body = Body(
            base,
            tuple(folding.imports),
            tuple(folding.joins),
            groups,
            key_parts=tuple(f"{base}.{name}" for name in table.key),
            natural_key=key,
            changed=changed,
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
            materialized=materialized,
            detail=body,
        )

    def _examples(
        self, table: StagedTable, name: str, key: tuple[str, ...], body: Body, event_time: tuple[str, bool] | None
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
        """The bridge between what a pure link table joins; its keys are those of the present versions."""
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
            description=table.spec.description or f"Which rows go together in {table.origin}",
            columns=tuple(replace(column, tests=tests.get(column.name, ())) for column in columns),
            key=key,
            grain=table.origin,
            source=table.source,
            tests=(*unique_together(key), reconciles(table, selected, base)),
            refs=tuple(imported.model for imported in folding.imports),
            detail=Body(base, tuple(folding.imports), tuple(folding.joins), groups, natural_key=key),
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
        """The table's own columns; of a header all but its measures, which belong to another grain."""
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

    def _increment(self, aliases: list[tuple[StagedTable, str]], table: StagedTable) -> tuple[str, str]:
        """How a fact is built, and the expression by which it tells whether a row changed."""
        times = [(owner, owner_alias, _update_time(owner)) for owner, owner_alias in aliases]
        follows = all(owner.spec.load.mode == "incremental" and time for owner, _, time in times)
        if not (follows and table.key) or any(owner.marks_deletes for owner, _ in aliases):
            return "table", ""
        expressions = [f"{owner_alias}.{time}" for _, owner_alias, time in times]
        changed = expressions[0] if len(expressions) == 1 else f"greatest({', '.join(expressions)})"
        return "incremental", changed


def dimension_key(table: StagedTable) -> str:
    """The name of a dimension's surrogate key: `customer_id` gives `customer_key`."""
    entity = entity_of(table)
    natural = table.key[0] if len(table.key) == 1 else ""
    name = natural.removesuffix("_id") if natural.endswith("_id") else entity
    taken = {column.name for column in table.columns}
    return distinct(f"{name}_key", taken)


def _hierarchies(table: StagedTable) -> Iterator[Hierarchy]:
    for link in table.links:
        if link.to == table.table and link.columns != link.to_columns == table.key and len(table.key) == 1:
            role = link.columns[0].removesuffix("_id")
            yield Hierarchy(f"{entity_of(table)}_{role}", table, table.key[0], link.columns[0], role)


def _as_of(event_time: tuple[str, bool] | None) -> tuple[str, ...]:
    """The conditions that choose a member's version: the one valid at the event, or the present one."""
    if event_time is None:
        return ("{alias}.is_current",)
    expression, required = event_time
    since, until = f"{expression} >= {{alias}}.valid_from", f"{expression} < {{alias}}.valid_to"
    return (
        (since, until) if required else (f"(({since} and {until}) or ({expression} is null and {{alias}}.is_current))",)
    )


def _kind_in_dimension(column: PlannedColumn) -> str:
    return "attribute" if column.kind == "measure" else column.kind


def _key_column(name: str, description: str) -> PlannedColumn:
    return PlannedColumn(name, "text", description, kind="surrogate_key", required=True)


def _validity() -> tuple[PlannedColumn, ...]:
    columns = (
        ("valid_from", "timestamp", "From when this version holds; the first one holds from the beginning"),
        ("valid_to", "timestamp", "Until when this version holds, itself excluded"),
        ("is_current", "boolean", "Whether this is the present version"),
    )
    return tuple(PlannedColumn(name, type_, text, kind="validity", required=True) for name, type_, text in columns)
