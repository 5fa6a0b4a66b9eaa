"""Makes the plan from a specification and the catalog: pure, deterministic, without I/O."""

from __future__ import annotations

import dataclasses
import importlib
from types import ModuleType

from platform_new.catalog import MODELING_AXIS, WAREHOUSE_AXIS, Axis, Catalog, Choice
from platform_new.plan.consumers import expose
from platform_new.plan.files import plan_files
from platform_new.plan.jobs import plan_jobs
from platform_new.plan.model import INTERNAL, PUBLIC, Mart, PlannedSource
from platform_new.plan.modeling.incremental import with_load_ids
from platform_new.plan.plan import Choices, Plan, chosen_among, chosen_on
from platform_new.plan.renamed import renaming
from platform_new.plan.renames import under_former_names
from platform_new.plan.running import plan_running
from platform_new.plan.semantics import semantic_models
from platform_new.plan.serving import plan_served
from platform_new.plan.staging import stage
from platform_new.plan.streams import PlannedEvents, plan_events
from platform_new.spec.defaults import choices_of, complete
from platform_new.spec.events.lake import lake_sources
from platform_new.spec.models import Platform, Spec, Table


def make_plan(spec: Spec, catalog: Catalog) -> Plan:
    """Plan the repository of a specification that has passed `platform_new.spec.rules`.

    Raises `Refused` if two files would have the same path, or a consumer reads a table without a mart.
    """
    chosen = complete(spec.platform, catalog, (*spec.sources, *spec.event_sources))
    choices = {axis.name: _made(chosen, axis) for axis in catalog.questions}
    plan = _derived(spec, choices, catalog)
    kinds = {source.spec.kind: source.choice for source in (*plan.sources, *(each.lake for each in plan.events))}
    unchosen = (layer for layer in catalog.layers if not layer.when or plan.collections[layer.when])
    layers = (*unchosen, *plan.chosen, *kinds.values())
    # Consumers have no former names, and read tables by their current ones.
    alone = spec.model_copy(update={"platform": spec.platform.model_copy(update={"consumers": ()})})
    before = [_derived(earlier, choices, catalog).collections for earlier in under_former_names(alone)]
    collections = {**plan.collections, "renaming": renaming(plan.collections, before)}
    files = plan_files(layers, collections, before)
    return dataclasses.replace(plan, layers=layers, requires=_requires(layers), collections=collections, files=files)


def _made(platform: Platform, axis: Axis) -> Choice | tuple[Choice, ...]:
    made = choices_of(platform, axis)
    return made if axis.many else made[0]


def _derived(spec: Spec, choices: Choices, catalog: Catalog) -> Plan:
    """The part of the plan that follows from the sources, without the layers."""
    tabular = [stage(source, catalog) for source in spec.sources]
    elsewhere = {f"{table.source}.{table.table}": table.spec for source in tabular for table in source.tables}
    lakes = [stage(source, catalog, elsewhere) for source in lake_sources(spec)]
    # In the order of the spec, so that each keeps its position under former names.
    sources = (*tabular, *(lake for lake in lakes if lake.tables))
    events = tuple(
        plan_events(source, lake, spec.sources) for source, lake in zip(spec.event_sources, lakes, strict=True)
    )
    style, warehouse = chosen_on(choices, MODELING_AXIS), chosen_on(choices, WAREHOUSE_AXIS)
    model = modeling_style(style).derive(sources, spec.platform, warehouse.sheet.rebuilds_facts or "")
    sources = with_load_ids(sources, model.marts)
    internal = tuple(mart for mart in model.marts if mart.visibility == INTERNAL)
    served = _served(events, sources, choices)
    marts = (*(mart for mart in model.marts if mart.visibility == PUBLIC), *served)
    tables = tuple(table for source in sources for table in source.tables)
    exposures = expose(spec.platform.consumers, marts, tables)
    collections = {
        "job": plan_jobs(sources, events, warehouse),
        "source": sources,
        "table": tables,
        "exposure": exposures,
        "events": events,
        "topic": tuple(topic for source in events for topic in source.topics),
        "stream": tuple(stream for source in events for stream in source.streams),
        "lookups": tuple(source for source in events if source.has_joins),
        **plan_running(events),
        "served": served,
        "semantic_model": semantic_models(marts, tables),
        "mart": tuple(PublicMart(mart, _contract_version(mart, sources)) for mart in marts),
        **model.collections,
    }
    return Plan(spec.platform, choices, (), sources, marts, collections, {}, internal, exposures, events)


def _served(
    events: tuple[PlannedEvents, ...], sources: tuple[PlannedSource, ...], choices: Choices
) -> tuple[Mart, ...]:
    """The marts that serve streams with their corrections, if a choice supports it."""
    words = next((choice.sheet.served_from for choice in chosen_among(choices) if choice.sheet.served_from), None)
    tables = {f"{source.name}.{table.table}": table for source in sources for table in source.tables}
    return plan_served(events, tables, words) if words else ()


@dataclasses.dataclass(frozen=True)
class PublicMart:
    """A mart of any kind, for `{mart}` in a template's path.

    `version` is the version of its contract, which is the version of the table at its grain.
    """

    mart: Mart
    version: str

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"mart": self.mart.name}

    def __getattr__(self, name: str):
        return getattr(self.mart, name)


def modeling_style(choice: Choice) -> ModuleType:
    """The module that derives the marts of a style; it has the style's name.

    Its only public function is `derive(sources, platform, rebuilt_because) -> Model`.
    """
    return importlib.import_module(f"platform_new.plan.modeling.{choice.name}")


def _contract_version(mart: Mart, sources: tuple[PlannedSource, ...]) -> str:
    grains = (table for source in sources for table in source.tables if source.name == mart.source)
    return next(
        (table.spec.version for table in grains if table.origin == mart.grain), Table.model_fields["version"].default
    )


def _requires(layers: tuple[Choice, ...]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, dict[str, None]] = {}
    for layer in layers:
        for group, packages in layer.requires.items():
            groups.setdefault(group, {}).update(dict.fromkeys(packages))
    return {group: tuple(sorted(packages)) for group, packages in sorted(groups.items())}
