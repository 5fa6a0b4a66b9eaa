"""The dimensions of a star: a table with the tables that its foreign keys lead to, and the versions of these rows.

A snapshot records the whole row of the dimension, including folded parents, so a change in a parent starts a new
version too. It reads the staging model if that already has the row, otherwise a view that builds it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from platform_new.plan.model import DataTest, Link, Mart, PlannedColumn, StagedTable, UnitTest
from platform_new.plan.modeling import examples
from platform_new.plan.modeling.fold import Folding, Selected, fold_parents, own_columns, update_time
from platform_new.plan.modeling.shape import Current, Hierarchy, Snapshot, StarBody, arranged, surrogate_tests
from platform_new.spec.names import distinct, fit

Tables = Mapping[str, StagedTable]

LOOKED_UP = ("dimension", "reference")
START = "version_start"
RECORDED = frozenset({START, "dbt_scd_id", "dbt_updated_at", "dbt_valid_from", "dbt_valid_to"})
"""The columns that a snapshot adds to its rows."""

VALIDITY = tuple(
    PlannedColumn(name, type_, text, kind="validity", required=True)
    for name, type_, text in (
        ("valid_from", "timestamp", "Start of the version; the first version is valid from the beginning"),
        ("valid_to", "timestamp", "End of the version, exclusive"),
        ("is_current", "boolean", "Whether the member exists and this is its latest version"),
    )
)


@dataclass(frozen=True)
class Dimension:
    """A dimension with its snapshot and view; both are None if it keeps no history."""

    mart: Mart
    snapshot: Snapshot | None = None
    current: Current | None = None


def entity_of(table: StagedTable) -> str:
    """The name of a table's mart."""
    return table.spec.entity or table.table


def keeps_history(table: StagedTable) -> bool:
    """Whether the dimension keeps past versions, which needs a key and can be switched off in the spec."""
    return table.spec.history is not False and bool(table.key)


def dimension_key(table: StagedTable) -> str:
    """The name of a dimension's surrogate key: `customer_id` gives `customer_key`."""
    entity = entity_of(table)
    natural = table.key[0] if len(table.key) == 1 else ""
    name = natural.removesuffix("_id") if natural.endswith("_id") else entity
    taken = {column.name for column in table.columns}
    return distinct(f"{name}_key", taken)


def plan_dimension(table: StagedTable, tables: Tables, hierarchies: Sequence[Hierarchy]) -> Dimension:
    """Plan the dimension of a table; `hierarchies` are its references to itself."""
    if not keeps_history(table):
        return Dimension(_without_versions(table, tables, hierarchies))
    snapshot, current, columns = _recorded(table, tables, hierarchies)
    return Dimension(_with_versions(table, snapshot, columns), snapshot, current)


def _without_versions(table: StagedTable, tables: Tables, hierarchies: Sequence[Hierarchy]) -> Mart:
    """The dimension of a table without history."""
    folding = Folding()
    base = folding.bring(table.model, table.table)
    surrogate_key = folding.select("", _key_column(dimension_key(table)))
    _select_row(folding, table, base, tables, hierarchies)
    columns, groups = arranged(folding.selected[1:])
    key_parts = table.key or tuple(column.name for column in table.columns)
    body = StarBody(
        base=base,
        imports=tuple(folding.imports),
        joins=tuple(folding.joins),
        groups=groups,
        surrogate_key=surrogate_key,
        key_parts=tuple(f"{base}.{name}" for name in key_parts),
    )
    return _mart(table, columns, body)


def _recorded(
    table: StagedTable, tables: Tables, hierarchies: Sequence[Hierarchy]
) -> tuple[Snapshot, Current | None, tuple[PlannedColumn, ...]]:
    """The snapshot of a dimension's rows, the view that builds these rows if it is needed, and their columns."""
    folding = Folding(taken={*RECORDED, dimension_key(table)})
    base = folding.bring(table.model, table.table)
    _select_row(folding, table, base, tables, hierarchies)
    items = tuple(item for item in folding.selected if item.column.kind != "deletion")
    names = {item.expression: item.column.name for item in items}
    key = tuple(names[f"{base}.{name}"] for name in table.key)
    columns = tuple(item.column for item in items)
    relation, changed_at, current = table.model, update_time(table), None
    times = [f"{owner}.{time}" for owner, each in _owners(folding, table, base) if (time := update_time(each))]
    as_staged = all(item.expression == f"{base}.{item.column.name}" for item in items)
    if folding.joins or table.marks_deletes or not as_staged:
        _, groups = arranged(list(items))
        if times:
            argument = ", ".join(f"'{time}'" for time in times)
            changed_at = distinct("changed_at", folding.taken)
            groups = (*groups, ("changes", (_changed_at(f"{{{{ newest([{argument}]) }}}}", changed_at),)))
        body = StarBody(base, tuple(folding.imports), tuple(folding.joins), groups)
        deletion = next((column.name for column in table.columns if column.kind == "deletion"), "")
        current = Current(entity_of(table), table, body, key, deletion)
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
        columns,
    )


def _with_versions(table: StagedTable, snapshot: Snapshot, recorded: tuple[PlannedColumn, ...]) -> Mart:
    """The dimension with the versions from a snapshot."""
    surrogate_key = dimension_key(table)
    folding = Folding(names={"versions", "keyed", "final", "unknown_member"})
    folding.taken = {surrogate_key, *(column.name for column in VALIDITY)}
    base = folding.bring(snapshot.name, table.table)
    names = {column.name: folding.select(column.name, column) for column in recorded}
    versions = f"over (partition by {', '.join(snapshot.key)})"
    for column in table.columns:
        if column.kind == "deletion":
            gone = replace(column, description="Whether the member was deleted in the source; no version is current")
            folding.select(f"count(*) {versions} = count(dbt_valid_to) {versions}", gone)
    columns, groups = arranged(folding.selected)
    key = tuple(names[name] for name in snapshot.key)
    body = StarBody(
        base=base,
        imports=tuple(folding.imports),
        joins=(),
        groups=groups,
        surrogate_key=surrogate_key,
        key_parts=(*key, "valid_from"),
        natural_key=snapshot.key,
        history=True,
    )
    of = {"of": f"ref('{snapshot.relation}')", "of_key": list(snapshot.key)}
    tests = (
        DataTest("unique_combination", {"columns": [*key, "valid_from"]}, because="one row per version"),
        DataTest("no_overlapping_versions", {"key": list(key)}, because="an event matches one version"),
        DataTest("one_current_version", {"key": list(key), **of}, because="members in the source are current"),
    )
    name = fit(f"dim_{entity_of(table)}")
    example = examples.first_version_from_the_beginning(name, table, snapshot, key)
    return _mart(table, (*columns, *VALIDITY), body, tests=tests, unit_tests=(example,), version_key=key)


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
    return Mart(
        name=fit(f"dim_{entity_of(table)}"),
        kind="dimension",
        entity=entity_of(table),
        description=description,
        columns=(replace(_key_column(body.surrogate_key), tests=surrogate_tests()), *columns),
        key=(body.surrogate_key,),
        grain=table.origin,
        version_key=version_key,
        source=table.source,
        tests=tests,
        unit_tests=unit_tests,
        refs=tuple(imported.model for imported in body.imports),
        detail=body,
    )


def _select_row(
    folding: Folding, table: StagedTable, base: str, tables: Tables, hierarchies: Sequence[Hierarchy]
) -> None:
    """Select the dimension's columns from its table, its hierarchies and its parents."""
    for column in own_columns(table):
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
    fold_parents(folding, table, base, tables, _folds)


def _folds(link: Link, parent: StagedTable) -> bool:
    return parent.spec.role in LOOKED_UP


def _owners(folding: Folding, table: StagedTable, base: str) -> Iterator[tuple[str, StagedTable]]:
    """The tables that the row has columns of, each with its alias."""
    yield base, table
    yield from folding.parents.items()


def _changed_at(expression: str, name: str) -> Selected:
    column = PlannedColumn(name, "timestamp", "When the row or one of its parents last changed in the source")
    return Selected(expression, column)


def _key_column(name: str) -> PlannedColumn:
    return PlannedColumn(name, "text", "Key of this row in the dimension", kind="surrogate_key", required=True)
