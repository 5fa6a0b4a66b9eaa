"""One big table: each fact as a wide table with the current attributes of all tables that it refers to."""

from __future__ import annotations

from dataclasses import dataclass, replace

from platform_new.plan.model import DataTest, Mart, Model, PlannedColumn, PlannedSource, StagedTable
from platform_new.plan.modeling.attributes import own_columns, referenced_by_most
from platform_new.plan.modeling.body import Folding, Import, Join, Selected
from platform_new.plan.modeling.fold import FOLD, Policy, fold_parents
from platform_new.plan.modeling.lists import ListOf, add_lists
from platform_new.plan.modeling.reconciliation import reconciles
from platform_new.spec.models import PlatformCore
from platform_new.spec.names import fit


@dataclass(frozen=True)
class WideBody:
    """The parts of a wide table's SQL; each group is a heading with its columns, and each list a join."""

    base: str
    imports: tuple[Import, ...]
    joins: tuple[Join, ...]
    groups: tuple[tuple[str, tuple[Selected, ...]], ...]
    lists: tuple[ListOf, ...]


EVERY_ROLE = frozenset({"fact", "dimension", "bridge", "reference"})


def derive(sources: tuple[PlannedSource, ...], platform: PlatformCore, rebuilt_because: str = "") -> Model:
    """Derive a wide table for each fact; in a source without facts, for each table that no other table refers to.

    By default, all tables that a fact leads to are folded. Every run rebuilds all wide tables.
    """
    wide = []
    everywhere = {f"{table.source}.{table.table}": table for source in sources for table in source.tables}
    for source in sources:
        grains = [table for table in source.tables if table.spec.role == "fact"]
        if not grains:
            tables = [table for table in source.tables if table.spec.reaches_marts]
            referred = {link.to for table in tables for link in table.links if link.to != table.table}
            grains = [table for table in tables if table.table not in referred]
        tables = {**everywhere, **{table.table: table for table in source.tables}}
        policy = Policy(platform.dimension_parents or FOLD, EVERY_ROLE, referenced_by_most(source.tables), once=True)
        wide += [_wide(table, tables, policy) for table in grains]
    return Model(marts=tuple(wide), collections={"wide": tuple(wide)})


def _wide(table: StagedTable, tables: dict[str, StagedTable], policy: Policy) -> Mart:
    folding, entity = Folding(), table.spec.entity or table.table
    base = folding.bring(table.model, table.table)
    for column in own_columns(table):
        folding.select(f"{base}.{column.name}", column)
    own = len(folding.selected)
    folded = fold_parents(folding, table, base, tables, policy)
    for kept in folded.kept:
        folding.note(kept.expressions[0], f"{kept.parent.table} is not folded because {kept.because}")
    lists = add_lists(folding, {base: table, **folded.parents}, tables, base)
    selected = {item.expression: item.column.name for item in folding.selected}
    key = tuple(selected[f"{base}.{name}"] for name in table.key)
    headings = {each.name: "lists" for each in lists}
    groups: dict[str, list[Selected]] = {_heading(entity): folding.selected[:own]}
    for item in folding.selected[own:]:
        owner = item.expression.partition(".")[0]
        groups.setdefault(headings.get(owner) or _heading(owner), []).append(item)
    headed = tuple((heading, tuple(members)) for heading, members in groups.items())
    columns = tuple(_tested(item.column, key) for _, members in headed for item in members)
    combination = (DataTest("unique_combination", {"columns": list(key)}, because="the grain"),) if len(key) > 1 else ()
    return Mart(
        name=fit(f"obt_{entity}"),
        kind="wide",
        entity=entity,
        description=table.spec.description
        or f"The rows of {table.origin}, with the attributes of the rows they refer to",
        columns=columns,
        key=key,
        grain=table.origin,
        source=table.source,
        tests=(*combination, reconciles(table, selected, base)),
        refs=tuple(imported.model for imported in folding.imports),
        detail=WideBody(base, tuple(folding.imports), tuple(folding.joins), headed, lists),
    )


def _heading(name: str) -> str:
    return name.replace("_", " ").strip() or name


def _tested(column: PlannedColumn, key: tuple[str, ...]) -> PlannedColumn:
    tests = (DataTest("unique", because="the grain"),) if key == (column.name,) else ()
    tests += (DataTest("not_null", because="the grain"),) if column.name in key else ()
    return replace(column, tests=tests)
