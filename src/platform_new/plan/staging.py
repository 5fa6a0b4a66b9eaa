"""Plans the staging models of a source's tables: order of columns, names, tests, links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from platform_new.catalog import Catalog
from platform_new.plan.model import DataTest, Link, PlannedColumn, PlannedSource, StagedTable
from platform_new.plan.names import column_name, stem
from platform_new.spec.formula import Formula
from platform_new.spec.measures import additivity_of
from platform_new.spec.models import Column, DerivedMeasure, Source, Table
from platform_new.spec.names import distinct, model_name
from platform_new.spec.scalars import Additivity

GROUPS = ("ids", "text", "numbers", "booleans", "dates", "times", "other")
"""The order of a staging model's columns (dbt Labs, "How we structure our dbt projects")."""
GROUP_OF = {
    "text": "text",
    "smallint": "numbers",
    "integer": "numbers",
    "bigint": "numbers",
    "numeric": "numbers",
    "real": "numbers",
    "double": "numbers",
    "boolean": "booleans",
    "date": "dates",
    "time": "times",
    "timestamp": "times",
    "timestamptz": "times",
    "uuid": "ids",
    "json": "other",
    "binary": "other",
}
"""The group of a column by its type; keys are among the ids."""

DELETION = "soft deletes"

STAGED_TYPES = {"timestamptz": "timestamp", "real": "double"}
"""The types that staging changes: timestamps are in UTC from there on, and all floats are doubles."""

KINDS = {
    "text": "attribute",
    "numbers": "measure",
    "booleans": "flag",
    "dates": "time",
    "times": "time",
    "other": "other",
}


def stage(source: Source, catalog: Catalog, elsewhere: Mapping[str, Table] = MappingProxyType({})) -> PlannedSource:
    """Plan the staging models of a source; `elsewhere` are tables of other sources by full name, to refer to."""
    loaded = [table for table in source.tables if not table.exclude]
    left_out = [(table.source_name, table.exclude) for table in source.tables if table.exclude]
    left_out += [
        (f"{table.source_name}.{column.source_name}", column.exclude)
        for table in loaded
        for column in table.columns
        if column.exclude
    ]
    by_name = {**elsewhere, **{table.name: table for table in loaded}}
    return PlannedSource(
        spec=source,
        choice=catalog.kinds[source.kind],
        tables=tuple(_stage_table(source, table, by_name) for table in loaded),
        left_out=tuple(left_out),
    )


def group_of(column: Column | PlannedColumn) -> str:
    """The group of a column by its type, regardless of its role."""
    return GROUP_OF[column.data_type.base]


def staged_names(table: Table) -> dict[str, str]:
    """The staged name of each loaded column, by its name in the raw table."""
    taken = {column.name for column in table.columns}
    names: dict[str, str] = {}
    for column in table.columns:
        if not column.exclude:
            names[column.name] = column_name(column.name, table.name, taken)
            taken.add(names[column.name])
    return names


def _stage_table(source: Source, table: Table, by_name: dict[str, Table]) -> StagedTable:
    names = staged_names(table)
    links = _links(table, by_name, names)
    linked = {column for link in links for column in link.columns}
    key = tuple(names[column] for column in table.key)
    additivity = additivity_of(table)
    columns = [
        _stage_column(source, table, column, names, key=key, linked=linked, by_name=by_name, additivity=additivity)
        for column in table.columns
        if not column.exclude
    ]
    columns += _derived_measures(table, {column.name for column in columns}, names)
    groups = []
    for group in GROUPS:
        ids = [c for c in columns if c.kind in ("key", "foreign_key")] if group == "ids" else []
        members = ids + [c for c in columns if group_of(c) == group and c.kind not in ("key", "foreign_key")]
        if members:
            groups.append((group, tuple(members)))
    if table.load.deletes == "mark":
        columns.append(_deletion_flag({column.name for column in columns}))
        groups.append((DELETION, (columns[-1],)))
    tests = [_unique_combination(key)] if len(key) > 1 else []
    tests += [
        _unique_combination(tuple(names[c] for c in unique)) for unique in table.unique if set(unique) <= names.keys()
    ]
    return StagedTable(
        source=source.name,
        table=table.name,
        spec=table,
        model=model_name(source.name, table.name),
        origin=table.source_name,
        columns=tuple(column for _, members in groups for column in members),
        groups=tuple(groups),
        tests=tuple(tests),
        key=key,
        links=links,
    )


def _derived_measures(table: Table, taken: set[str], names: Mapping[str, str]) -> Iterator[PlannedColumn]:
    """The derived measures of a table; a measure holds personal data if a column of its formula does."""
    for measure in table.measures:
        needed = [column for name in measure.columns if (column := table.column(name))]
        decisive = Formula.parse(measure.formula).decisive
        measured = measure.measure != "none"
        name = distinct(column_name(measure.name, table.name, taken), taken)
        taken.add(name)
        yield PlannedColumn(
            name=name,
            type=STAGED_TYPES.get(measure.type, measure.type),
            description=_with_unit(measure, names),
            kind="measure" if measured else "attribute",
            additivity=measure.measure if measured else "",
            formula=measure.formula,
            unit=measure.unit or "",
            unit_column=names.get(measure.unit_column or "", ""),
            required=all(column.required or column.name in table.key for column in needed if column.name in decisive),
            pii=next((column.pii for column in needed if column.pii), None),
        )


def _deletion_flag(taken: set[str]) -> PlannedColumn:
    name = distinct("is_deleted", taken)
    return PlannedColumn(name, "boolean", "Whether the row was deleted in the source", kind="deletion", required=True)


def _links(table: Table, by_name: dict[str, Table], names: dict[str, str]) -> tuple[Link, ...]:
    links = []
    for column in table.columns:
        if column.references and column.name in names:
            target, _, target_column = column.references.rpartition(".")
            if target in by_name and target_column in (there := staged_names(by_name[target])):
                plain, table_name = column.name == target_column, by_name[target].name
                role = table_name if plain and stem(column.name) == column.name else stem(column.name)
                plain = plain or role == table_name
                mine, theirs = (names[column.name],), (there[target_column],)
                links.append(Link(mine, target, theirs, role, plain, column.fold, column.history))
    for reference in table.references:
        if reference.to in by_name:
            there = staged_names(by_name[reference.to])
            if set(reference.columns) <= names.keys() and set(reference.to_columns) <= there.keys():
                columns = tuple(names[column] for column in reference.columns)
                there_columns = tuple(there[column] for column in reference.to_columns)
                links.append(Link(columns, reference.to, there_columns, reference.to, fold=reference.fold))
    return tuple(links)


def _stage_column(
    source: Source,
    table: Table,
    column: Column,
    names: dict[str, str],
    *,
    key: tuple[str, ...],
    linked: set[str],
    by_name: dict[str, Table],
    additivity: Mapping[str, Additivity],
) -> PlannedColumn:
    name = names[column.name]
    kind = "key" if name in key else "foreign_key" if name in linked else KINDS.get(group_of(column), "attribute")
    if kind == "measure" and column.name not in additivity:
        kind = "attribute"
    return PlannedColumn(
        name=name,
        type=STAGED_TYPES.get(column.type, column.type),
        description=_with_unit(column, names),
        origin=column.source_name,
        landed=column.name,
        landed_type=column.type,
        kind=kind,
        additivity=additivity[column.name] if kind == "measure" else "",
        unit=column.unit or "",
        unit_column=names.get(column.unit_column or "", ""),
        required=column.required or name in key,
        history=column.history,
        pii=column.pii,
        tests=tuple(_column_tests(source, column, name, key, by_name)),
    )


def _with_unit(number: Column | DerivedMeasure, names: Mapping[str, str]) -> str:
    """The description with the unit, if there is one."""
    said = number.description or ""
    unit = f"in {number.unit}" if number.unit else ""
    if number.unit_column:
        unit = f"in the unit of the row, `{names[number.unit_column]}`"
    if not unit:
        return said
    return f"{said.rstrip('.')} ({unit})" if said else f"{unit[0].upper()}{unit[1:]}"


def _column_tests(source: Source, column: Column, name: str, key: tuple[str, ...], by_name: dict[str, Table]):
    if key == (name,) or column.unique:
        yield DataTest("unique", because="a key in the source")
    if column.required or name in key:
        yield DataTest("not_null", because="required in the source")
    if column.references:
        target, _, target_column = column.references.rpartition(".")
        if target in by_name and target_column in (there := staged_names(by_name[target])):
            yield DataTest(
                "relationships",
                {"to": f"ref('{model_name(*_place(source.name, target))}')", "field": there[target_column]},
                severity="warn",
                because="orphans come from the source, and marts point them to the unknown member",
            )
    if column.values is not None and not column.data_type.is_opaque:
        arguments = {"values": list(column.values)}
        if not all(isinstance(value, str) for value in column.values):
            arguments["quote"] = False
        yield DataTest(
            "accepted_values",
            arguments,
            severity="warn",
            because="a new value is a change in the source's data, not an error",
        )
    if column.min is not None or column.max is not None:
        bounds = {bound: value for bound, value in (("min", column.min), ("max", column.max)) if value is not None}
        yield DataTest("in_range", bounds, severity="warn", because="a range in the source")


def _place(source: str, table: str) -> tuple[str, str]:
    """The source and table that a reference names; a table of another source starts with its source's name."""
    other, _, name = table.rpartition(".")
    return other or source, name


def _unique_combination(columns: tuple[str, ...]) -> DataTest:
    return DataTest("unique_combination", {"columns": list(columns)}, because="a key in the source")
