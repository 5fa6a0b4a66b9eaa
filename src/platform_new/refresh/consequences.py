"""The impact of source changes on the platform: the affected models, contracts and tests, and what marts lose.

Everything comes from comparing two plans: that of the current spec, and that of the spec with the changes. Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from platform_new.catalog import Catalog
from platform_new.plan import Plan, make_plan
from platform_new.plan.model import DataTest, Mart, PlannedColumn, StagedTable
from platform_new.plan.streams import PlannedTopic
from platform_new.refresh.compare import Change, compare_tables
from platform_new.spec.models import Column, Platform, Source, Spec, Table


@dataclass(frozen=True)
class Consequence:
    """The impact of a change: names of models, paths of contracts, tests with `+` or `-`.

    `marts` has the changes to each mart, by its name, as its consumers see them.
    """

    models: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    marts: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)

    @property
    def breaks(self) -> tuple[Change, ...]:
        """The changes to marts that break their consumers."""
        return tuple(change for changes in self.marts.values() for change in changes if not change.compatible)


def plan_of(source: Source, platform: Platform, catalog: Catalog) -> Plan:
    """The plan of a single source; sources are not joined with each other."""
    return make_plan(Spec(platform=platform, sources=(source,)), catalog)


def consequence(before: Plan, after: Plan) -> Consequence:
    """The difference between two plans of a source."""
    earlier, later = _models(before), _models(after)
    models = _differing(earlier, later)
    lost, won = _tests(models, earlier), _tests(models, later)
    return Consequence(
        models=models,
        contracts=_differing(_contracts(before), _contracts(after)),
        tests=tuple(f"{'-' if test in lost else '+'} {test}" for test in sorted(lost ^ won)),
        marts={name: changes for name in models if (changes := _mart_changes(earlier.get(name), later.get(name)))},
    )


Model = StagedTable | Mart


def _differing(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[str, ...]:
    names = {**before, **after}
    return tuple(name for name in names if _made_from(before.get(name)) != _made_from(after.get(name)))


def _made_from(entity: Any) -> Any:
    """The inputs of an entity's files; for a table without its load and version."""
    if isinstance(entity, StagedTable):
        return entity.columns, entity.tests, entity.key, entity.links
    return entity


def _models(plan: Plan) -> dict[str, Model]:
    return {**{table.model: table for table in plan.tables}, **{mart.name: mart for mart in plan.marts}}


def _contracts(plan: Plan) -> dict[str, Any]:
    """The subject of each contract, by the contract's path."""
    marts = {mart.name: (mart.columns, mart.key, mart.description) for mart in plan.marts}
    found = {}
    for file in plan.files:
        if file.entity and file.path.startswith("contracts/") and file.path.endswith(".odcs.yaml"):
            entity = file.entity[1]
            described = isinstance(entity, StagedTable | PlannedTopic)
            found[file.path] = entity.spec if described else marts[entity.name]
    return found


def _tests(names: Iterable[str], models: Mapping[str, Model]) -> set[str]:
    """The tests of these models as text."""
    return {test for name in names if name in models for test in _tests_of(name, models[name])}


def _tests_of(name: str, model: Model) -> Iterator[str]:
    for test in model.tests:
        yield f"{test.name} of {name}{_arguments(test)}"
    for column in model.columns:
        for test in column.tests:
            yield f"{test.name} of {name}.{column.name}{_arguments(test)}"


def _arguments(test: DataTest) -> str:
    arguments = ", ".join(_as_text(value) for value in test.arguments.values())
    return f" ({arguments})" if arguments else ""


def _as_text(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | dict) else str(value)


def _mart_changes(before: Model | None, after: Model | None) -> tuple[Change, ...]:
    """The changes to a mart for its consumers; none for a new mart, or for a staging model, which has no consumers."""
    if not isinstance(before, Mart):
        return ()
    if not isinstance(after, Mart):
        because = "consumers that use it fail"
        return (Change(("tables", before.name), "mart removed", before.name, None, False, because),)
    return tuple(compare_tables(_as_table(before), _as_table(after)))


def _as_table(mart: Mart) -> Table:
    """A mart as its contract describes it, as a table to compare."""
    columns = tuple(_as_column(column) for column in mart.columns)
    return Table.model_construct(name=mart.name, key=mart.key, unique=(), references=(), columns=columns, exclude=None)


def _as_column(column: PlannedColumn) -> Column:
    tests = {test.name for test in column.tests}
    return Column.model_construct(
        name=column.name, type=column.type, required="not_null" in tests, unique="unique" in tests
    )


def grains(plan: Plan, marts: Iterable[str]) -> dict[str, str]:
    """The table at each mart's grain, by the mart's name; marts without such a table are omitted."""
    by_origin = {(table.source, table.origin): table.table for table in plan.tables}
    found = {mart.name: by_origin.get((mart.source, mart.grain)) for mart in plan.marts if mart.name in marts}
    return {mart: table for mart, table in found.items() if table}
