"""The dimensions of a star: a table with the tables that its foreign keys lead to, and the versions of these rows.

A snapshot records the whole row of the dimension, including folded parents, so a change in a parent starts a new
version too. It reads the staging model if that already has the row, otherwise a view that builds it. If the types of
the columns' history say so, another view shows the recorded rows in another way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, replace

from platform_new.plan.model import DataTest, Mart, PlannedColumn, StagedTable, UnitTest, deletion_flag
from platform_new.plan.modeling import examples
from platform_new.plan.modeling.attributes import own_columns, update_time
from platform_new.plan.modeling.body import Folding, Selected
from platform_new.plan.modeling.fold import Kept, Policy, fold_parents
from platform_new.plan.modeling.history import HistoryType, resolved, type_of_table, types_of
from platform_new.plan.modeling.history_view import deletion_flags, plan_history
from platform_new.plan.modeling.member import VALIDITY, dimension_key, dimension_name, entity_of, key_column
from platform_new.plan.modeling.outriggers import Row, added_columns, link_outriggers
from platform_new.plan.modeling.profiles import MiniDimension, plan_profile
from platform_new.plan.modeling.shape import (
    CHANGES,
    Current,
    Hierarchy,
    History,
    Snapshot,
    StarBody,
    arranged,
    grain_tests,
    surrogate_tests,
)
from platform_new.spec.names import distinct, fit

Tables = Mapping[str, StagedTable]
Rows = Mapping[str, Row]

START = "version_start"
RECORDED = frozenset({START, "dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"})
"""The columns that a snapshot adds to its rows."""


@dataclass(frozen=True)
class Dimension:
    """A dimension with what it is built from: its snapshot, its views and its mini-dimension, as far as it has them."""

    table: StagedTable
    mart: Mart
    snapshot: Snapshot | None = None
    current: Current | None = None
    history: History | None = None
    mini: MiniDimension | None = None


def plan_row(table: StagedTable, tables: Tables, hierarchies: Sequence[Hierarchy], policy: Policy) -> Row:
    """Plan the row of a table's dimension: its columns, its hierarchies and its folded parents."""
    own, history = own_columns(table), type_of_table(table)
    is_recorded = any(resolved(column, table).history not in (None, HistoryType.OVERWRITE) for column in own)
    folding = Folding(taken={*(RECORDED if is_recorded else ()), dimension_key(table)})
    base = folding.bring(table.model, table.table)
    for column in own:
        kind = "attribute" if column.kind == "measure" else column.kind
        folding.select(f"{base}.{column.name}", replace(column, kind=kind))
    for hierarchy in hierarchies:
        name = f"{hierarchy.role}_hierarchy"
        name = folding.join(hierarchy.model, name, name, [(f"{base}.{hierarchy.key}", hierarchy.key)])
        along = f"along `{hierarchy.parent}`"
        level = PlannedColumn(f"{hierarchy.role}_level", "integer", f"The number of levels below the top, {along}")
        steps = PlannedColumn(f"{hierarchy.role}_path", "text", f"The keys from the top to this row, {along}")
        folding.select(f"{name}.hierarchy_level", level)
        folding.select(f"{name}.hierarchy_path", steps)
    reserved = added_columns(types_of(folding.selected, table))
    folded = fold_parents(folding, table, base, tables, policy, reserved=reserved, history=history)
    folding.selected = [replace(item, column=resolved(item.column, table)) for item in folding.selected]
    return Row(table, base, folding, folded)


def plan_dimension(row: Row, outriggers: Sequence[Kept], rows: Rows, entities: Set[str]) -> Dimension:
    """Plan the dimension with this row, and with keys to the dimensions that `outriggers` refer to.

    `rows` are the rows of all dimensions by table, and `entities` the entities of all tables.
    """
    if not row.is_recorded:
        return Dimension(row.table, _as_staged(row, outriggers, rows))
    snapshot, current = _recorded(row)
    mini = plan_profile(row, snapshot, distinct(f"{entity_of(row.table)}_profile", entities))
    history = plan_history(row, snapshot, mini)
    if history:
        shown = [Selected(column.name, column) for column in history.columns]
    else:
        shown = [*(Selected(column.name, column) for column in snapshot.recorded), *deletion_flags(row, snapshot)]
    relation = history.model if history else snapshot.name
    mart = _from_snapshot(row, outriggers, rows, snapshot, relation, shown)
    return Dimension(row.table, mart, snapshot, current, history, mini)


def _as_staged(row: Row, outriggers: Sequence[Kept], rows: Rows) -> Mart:
    """The dimension without a snapshot: its rows are those of staging."""
    table, folding = row.table, row.body
    columns, groups = arranged(folding.selected)
    linked = link_outriggers(folding, row, outriggers, rows, {column.name: column.name for column in columns})
    key_parts = table.key or tuple(column.name for column in table.columns)
    body = StarBody(
        base=row.base,
        imports=tuple(folding.imports),
        joins=tuple(folding.joins),
        groups=groups,
        surrogate_key=dimension_key(table),
        key_parts=tuple(f"{row.base}.{name}" for name in key_parts),
        outriggers=linked,
    )
    return _mart(table, columns, body)


def _recorded(row: Row) -> tuple[Snapshot, Current | None]:
    """The snapshot of a dimension's rows, and the view that builds these rows if it is needed."""
    table, folding, base = row.table, row.body, row.base
    items = tuple(item for item in folding.selected if item.column.kind != "deletion")
    names = {item.expression: item.column.name for item in items}
    key = tuple(names[f"{base}.{name}"] for name in table.key)
    columns = tuple(item.column for item in items)
    relation, changed_at, current = table.model, update_time(table), None
    owners = {base: table, **row.folded.parents}
    times = [f"{owner}.{time}" for owner, each in owners.items() if (time := update_time(each))]
    as_staged = all(item.expression == f"{base}.{item.column.name}" for item in items)
    if folding.joins or table.marks_deletes or not as_staged:
        _, groups = arranged(list(items))
        if times:
            argument = ", ".join(f"'{time}'" for time in times)
            changed_at = distinct("changed_at", folding.taken)
            groups = (*groups, (CHANGES, (_changed_at(f"{{{{ newest([{argument}]) }}}}", changed_at),)))
        body = StarBody(base, tuple(folding.imports), tuple(folding.joins), groups)
        current = Current(entity_of(table), table, body, key, deletion_flag(table.columns))
        relation = current.model
    return (
        Snapshot(
            name=fit(f"snap_{table.source}__{table.table}"),
            table=table,
            relation=relation,
            key=key,
            recorded=columns,
            changed_at=changed_at,
            reads=tuple(imported.model for imported in folding.imports),
        ),
        current,
    )


def _from_snapshot(
    row: Row, outriggers: Sequence[Kept], rows: Rows, snapshot: Snapshot, relation: str, shown: Sequence[Selected]
) -> Mart:
    """The dimension with these columns of `relation`: of the snapshot, or of the view that shows its history."""
    table = row.table
    surrogate_key = dimension_key(table)
    folding = Folding(taken={surrogate_key, *(column.name for column in VALIDITY if row.has_versions)})
    base = folding.bring(relation, table.table)
    names = {item.column.name: folding.select(item.expression, item.column) for item in shown}
    columns, groups = arranged(folding.selected)
    key = tuple(names[name] for name in snapshot.key)
    linked = link_outriggers(folding, row, outriggers, rows, names)
    body = StarBody(
        base=base,
        imports=tuple(folding.imports),
        joins=(),
        groups=groups,
        surrogate_key=surrogate_key,
        key_parts=(*key, "valid_from") if row.has_versions else snapshot.key,
        natural_key=snapshot.key,
        history=row.has_versions,
        outriggers=linked,
    )
    if not row.has_versions:
        return _mart(table, columns, body)
    of = {"of": f"ref('{snapshot.relation}')", "of_key": list(snapshot.key)}
    tests = (
        DataTest("unique_combination", {"columns": [*key, "valid_from"]}, because="one row per version"),
        DataTest("no_overlapping_versions", {"key": list(key)}, because="an event matches one version"),
        DataTest("one_current_version", {"key": list(key), **of}, because="members in the source are current"),
    )
    name, versions = dimension_name(table), replace(snapshot, name=relation)
    others = tuple(imported.model for imported in linked.imports)
    examples_shown = [examples.first_version_from_the_beginning(name, table, versions, key, others)]
    as_recorded = all(name == recorded for recorded, name in names.items())
    if as_recorded and any(join.conditions for join in linked.joins[:1]):
        examples_shown.append(examples.outrigger_of_its_time(name, table, versions, key, linked))
    return _mart(table, (*columns, *VALIDITY), body, tests=tests, unit_tests=tuple(examples_shown), version_key=key)


def _mart(
    table: StagedTable,
    columns: tuple[PlannedColumn, ...],
    body: StarBody,
    *,
    tests: tuple[DataTest, ...] = (),
    unit_tests: tuple[UnitTest, ...] = (),
    version_key: tuple[str, ...] = (),
) -> Mart:
    description = table.spec.description or f"The rows of {table.origin}, with the attributes of the rows they refer to"
    tests_of = grain_tests((*columns, *body.outriggers.columns), ())
    return Mart(
        name=dimension_name(table),
        kind="dimension",
        entity=entity_of(table),
        description=description,
        columns=(
            replace(key_column(body.surrogate_key), tests=surrogate_tests()),
            *(replace(column, tests=tests_of[column.name]) for column in (*columns, *body.outriggers.columns)),
        ),
        key=(body.surrogate_key,),
        grain=table.origin,
        version_key=version_key,
        source=table.source,
        tests=tests,
        unit_tests=unit_tests,
        refs=tuple(imported.model for imported in body.imports),
        detail=body,
    )


def _changed_at(expression: str, name: str) -> Selected:
    column = PlannedColumn(name, "timestamp", "When the row or one of its parents last changed in the source")
    return Selected(expression, column)
