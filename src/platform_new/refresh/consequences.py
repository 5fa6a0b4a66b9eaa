"""What changes of a source do to the platform: the models, contracts and tests that they touch, and what marts lose.

Everything is read off two plans, that of the spec as it is and that of the spec which follows the changes. Pure.
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
    """What comes of a change: names of models, paths of contracts, tests with `+` or `-`.

    `marts` are the changes to marts, by the mart's name, as their readers see them.
    """

    models: tuple[str, ...] = ()
    contracts: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    marts: Mapping[str, tuple[Change, ...]] = field(default_factory=dict)

    @property
    def breaks(self) -> tuple[Change, ...]:
        """The changes to marts that break their readers."""
        return tuple(change for changes in self.marts.values() for change in changes if not change.compatible)


def plan_of(source: Source, platform: Platform, catalog: Catalog) -> Plan:
    """The plan of one source alone; sources are not joined with each other."""
    return make_plan(Spec(platform=platform, sources=(source,)), catalog)


def consequence(before: Plan, after: Plan) -> Consequence:
    """What lies between two plans of one source."""
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
    """What the files of an entity are made from; of a table its loads and its version are not."""
    if isinstance(entity, StagedTable):
        return entity.columns, entity.tests, entity.key, entity.links
    return entity


def _models(plan: Plan) -> dict[str, Model]:
    return {**{table.model: table for table in plan.tables}, **{mart.name: mart for mart in plan.marts}}


def _contracts(plan: Plan) -> dict[str, Any]:
    """What each contract speaks of, by its path."""
    marts = {mart.name: (mart.columns, mart.key, mart.description) for mart in plan.marts}
    found = {}
    for file in plan.files:
        if file.entity and file.path.startswith("contracts/") and file.path.endswith(".odcs.yaml"):
            entity = file.entity[1]
            described = isinstance(entity, StagedTable | PlannedTopic)
            found[file.path] = entity.spec if described else marts[entity.name]
    return found


def _tests(names: Iterable[str], models: Mapping[str, Model]) -> set[str]:
    """The tests of these models, in words."""
    return {words for name in names if name in models for words in _tests_of(name, models[name])}


def _tests_of(name: str, model: Model) -> Iterator[str]:
    for test in model.tests:
        yield f"{test.name} of {name}{_arguments(test)}"
    for column in model.columns:
        for test in column.tests:
            yield f"{test.name} of {name}.{column.name}{_arguments(test)}"


def _arguments(test: DataTest) -> str:
    said = ", ".join(_said(value) for value in test.arguments.values())
    return f" ({said})" if said else ""


def _said(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple | dict) else str(value)


def _mart_changes(before: Model | None, after: Model | None) -> tuple[Change, ...]:
    """What the readers of a mart find different; nothing for a new mart or a staging model, which nobody else reads."""
    if not isinstance(before, Mart):
        return ()
    if not isinstance(after, Mart):
        because = "its readers find it no more"
        return (Change(("tables", before.name), "mart gone", before.name, None, False, because),)
    return tuple(compare_tables(_as_table(before), _as_table(after)))


def _as_table(mart: Mart) -> Table:
    """A mart as its contract shows it to readers, in the form in which tables are compared."""
    columns = tuple(_as_column(column) for column in mart.columns)
    return Table.model_construct(name=mart.name, key=mart.key, unique=(), references=(), columns=columns, exclude=None)


def _as_column(column: PlannedColumn) -> Column:
    tests = {test.name for test in column.tests}
    return Column.model_construct(
        name=column.name, type=column.type, required="not_null" in tests, unique="unique" in tests
    )


def grains(plan: Plan, marts: Iterable[str]) -> dict[str, str]:
    """The name of the table whose rows a mart has, by the mart's name; marts without one are left out."""
    by_origin = {(table.source, table.origin): table.table for table in plan.tables}
    found = {mart.name: by_origin.get((mart.source, mart.grain)) for mart in plan.marts if mart.name in marts}
    return {mart: table for mart, table in found.items() if table}
