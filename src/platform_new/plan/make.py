"""From a specification and the catalog to the plan: pure, deterministic, without I/O."""

from __future__ import annotations

import dataclasses
import importlib
from types import ModuleType

from platform_new.catalog import Catalog, Choice
from platform_new.plan.files import plan_files
from platform_new.plan.model import Exposure, Mart, Plan, PlannedSource
from platform_new.plan.staging import stage
from platform_new.plan.streams import plan_events
from platform_new.spec.lake import lake_source
from platform_new.spec.models import Spec


def make_plan(spec: Spec, catalog: Catalog) -> Plan:
    """Plan the repository of a specification that has passed `platform_new.spec.rules`.

    Raises `Refused` if two files would share a path.
    """
    choices = {axis.name: axis.choices[_chosen(spec, axis)] for axis in catalog.questions}
    tabular = [stage(source, catalog) for source in spec.sources]
    elsewhere = {f"{table.source}.{table.table}": table.spec for source in tabular for table in source.tables}
    lakes = [stage(lake_source(source), catalog, elsewhere) for source in spec.event_sources]
    loaded = [*tabular, *(lake for lake in lakes if lake.tables)]
    sources = tuple(sorted(loaded, key=lambda source: source.name))
    events = tuple(plan_events(source, lake) for source, lake in zip(spec.event_sources, lakes, strict=True))
    model = modeling_style(choices["modeling"]).derive(sources)
    marts = model.marts
    kinds = {source.spec.kind: source.choice for source in (*sources, *lakes)}
    layers = (catalog.base, *choices.values(), *kinds.values())
    exposures = _exposures(sources, marts)
    collections = {
        "source": sources,
        "table": tuple(table for source in sources for table in source.tables),
        "exposure": exposures,
        "events": events,
        "topic": tuple(topic for source in events for topic in source.topics),
        "stream": tuple(stream for source in events for stream in source.streams),
        "mart": tuple(PublicMart(mart) for mart in marts),
        **model.collections,
    }
    plan = Plan(
        platform=spec.platform,
        choices=choices,
        sources=sources,
        events=events,
        marts=marts,
        collections=collections,
        requires=_requires(layers),
        exposures=exposures,
    )
    return dataclasses.replace(plan, files=plan_files(layers, collections))


@dataclasses.dataclass(frozen=True)
class PublicMart:
    """A mart seen as one of all marts, whatever its kind: `{mart}` in a template's path."""

    mart: Mart

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"mart": self.mart.name}

    def __getattr__(self, name: str):
        return getattr(self.mart, name)


def modeling_style(choice: Choice) -> ModuleType:
    """The module that derives the marts of a style; it has the style's name.

    Its one door is `derive(sources: tuple[PlannedSource, ...]) -> Model`.
    """
    return importlib.import_module(f"platform_new.plan.modeling.{choice.name}")


def _chosen(spec: Spec, axis) -> str:
    return getattr(spec.platform, axis.name) or axis.default


def _exposures(sources: tuple[PlannedSource, ...], marts: tuple[Mart, ...]) -> tuple[Exposure, ...]:
    """One exposure for each source: the reports on its facts, or on whatever marts it has."""
    exposures = []
    for source in sources:
        own = [mart for mart in marts if mart.source == source.name]
        facts = [mart.name for mart in own if mart.kind in ("fact", "wide")] or [mart.name for mart in own]
        if facts:
            label = f"Reporting on {source.name.replace('_', ' ')}"
            exposures.append(Exposure(f"{source.name}_reporting", label, source.name, tuple(facts)))
    return tuple(exposures)


def _requires(layers: tuple[Choice, ...]) -> dict[str, tuple[str, ...]]:
    groups: dict[str, dict[str, None]] = {}
    for layer in layers:
        for group, packages in layer.requires.items():
            groups.setdefault(group, {}).update(dict.fromkeys(packages))
    return {group: tuple(sorted(packages)) for group, packages in sorted(groups.items())}
