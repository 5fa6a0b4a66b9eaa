"""The plan of a repository: everything that will be generated, as data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from platform_new.catalog import Choice
from platform_new.plan.consumers import Exposure, Readers, readers
from platform_new.plan.jobs import Job, Pool
from platform_new.plan.model import Mart, PlannedFile, PlannedSource, StagedTable
from platform_new.plan.semantics import SemanticModel
from platform_new.plan.streams import PlannedEvents
from platform_new.spec.models import Platform

Choices = Mapping[str, Choice | tuple[Choice, ...]]
"""By axis: the choice, or a tuple of choices if the axis takes several."""


@dataclass(frozen=True)
class Plan:
    """Everything that will be generated, as data.

    `layers` are the folders that the files come from: layers that are not choices, the choices, and the kinds of the
    sources. `marts` are the public marts; only other models read the `internal` marts.
    """

    platform: Platform
    choices: Choices
    layers: tuple[Choice, ...]
    sources: tuple[PlannedSource, ...]
    marts: tuple[Mart, ...]
    collections: Mapping[str, tuple[Any, ...]]
    requires: Mapping[str, tuple[str, ...]]
    internal: tuple[Mart, ...] = ()
    exposures: tuple[Exposure, ...] = ()
    events: tuple[PlannedEvents, ...] = ()
    files: tuple[PlannedFile, ...] = ()

    @property
    def chosen(self) -> tuple[Choice, ...]:
        """Every choice, in the order of the axes."""
        return chosen_among(self.choices)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs."""
        return self.collections["job"]

    @property
    def pools(self) -> tuple[Pool, ...]:
        """The pools that the jobs' tasks share, the warehouse's first."""
        return tuple(dict.fromkeys(job.pool for job in sorted(self.jobs, key=lambda job: job.uses_spark)))

    @property
    def tables(self) -> tuple[StagedTable, ...]:
        """The staged tables of all sources."""
        return tuple(table for source in self.sources for table in source.tables)

    @cached_property
    def semantic_models(self) -> dict[str, SemanticModel]:
        """By mart: its semantic model; of a dimension, that of its first role."""
        return {model.mart: model for model in reversed(self.collections["semantic_model"])}

    @cached_property
    def readers(self) -> Readers:
        """The roles that may read the public marts."""
        return readers(self.exposures, self.marts)

    def parts(self, place: str) -> tuple[str, ...]:
        """The templates that the layers add to a place in a file of another layer."""
        return tuple(layer.parts[place] for layer in self.layers if place in layer.parts)

    def writes_into(self, folder: str) -> bool:
        """Whether a planned file is in that folder or below it."""
        return any(file.path.startswith(f"{folder}/") for file in self.files)

    def explain(self, path: str) -> PlannedFile | None:
        """The planned file at that path, or None."""
        return next((file for file in self.files if file.path == path), None)


def chosen_among(choices: Choices) -> tuple[Choice, ...]:
    """The choices by axis as one tuple."""
    return tuple(choice for made in choices.values() for choice in (made if isinstance(made, tuple) else (made,)))


def chosen_on(choices: Choices, axis: str) -> Choice:
    """The choice on an axis that takes one."""
    made = choices[axis]
    return made[0] if isinstance(made, tuple) else made


def names_of(choices: Choices) -> dict[str, str | tuple[str, ...]]:
    """The names of the choices, as in `platform.yml`."""
    return {
        axis: tuple(choice.name for choice in made) if isinstance(made, tuple) else made.name
        for axis, made in choices.items()
    }
