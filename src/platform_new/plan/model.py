"""The parts of a plan: plain frozen data that templates, the manifest, `why` and tests read.

Names are as in the generated repository. Types are the canonical types of the spec.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from platform_new.catalog import Choice
from platform_new.spec.data_type import DataType
from platform_new.spec.models import Source, Table


@dataclass(frozen=True)
class DataTest:
    """A dbt data test on a column or a model."""

    name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    severity: str = "error"
    where: str | None = None
    because: str = ""


@dataclass(frozen=True)
class PlannedColumn:
    """A column of a model.

    `origin` is the column's name in the source, empty if the column is derived; `landed` and `landed_type` are its name
    and type in the raw table. `kind` is one of key, foreign_key, attribute, measure, time, flag, deletion, other; in
    marts also surrogate_key, dimension_key, date_key, validity. A measure has an `additivity`: additive, semi_additive
    or non_additive, and a `formula` if it is derived. A number can have a `unit`, or a `unit_column` (in staging) that
    holds the unit of each row. `history` is the type of its history in dimensions, if its column in the spec has one.
    `refers_to` is the model and column that a mart's key points to.
    """

    name: str
    type: str
    description: str = ""
    origin: str = ""
    landed: str = ""
    landed_type: str = ""
    kind: str = "attribute"
    additivity: str = ""
    formula: str = ""
    unit: str = ""
    unit_column: str = ""
    required: bool = False
    history: int | None = None
    pii: str | None = None
    tests: tuple[DataTest, ...] = ()
    refers_to: tuple[str, str] | None = None

    @property
    def data_type(self) -> DataType:
        """The column's type."""
        return DataType.parse(self.type)


def deletion_flag(columns: Iterable[PlannedColumn]) -> str:
    """The name of the column that flags soft-deleted rows; empty if there is none."""
    return next((column.name for column in columns if column.kind == "deletion"), "")


@dataclass(frozen=True)
class Link:
    """A foreign key between two staged tables; `to` starts with the source's name if it is another source.

    `role` is the role of the referenced row, such as `billing_address`; a `plain` link has no role of its own. `fold`
    says whether marts fold the referenced row; None leaves it to them. `history` is the type of the history of all that
    is folded along it; None leaves it to the columns.
    """

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    role: str
    plain: bool = True
    fold: bool | None = None
    history: int | None = None


@dataclass(frozen=True)
class StagedTable:
    """A source table and its staging model."""

    source: str
    table: str
    spec: Table
    model: str
    origin: str
    columns: tuple[PlannedColumn, ...]
    groups: tuple[tuple[str, tuple[PlannedColumn, ...]], ...]
    tests: tuple[DataTest, ...] = ()
    key: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()

    @property
    def marks_deletes(self) -> bool:
        """Whether rows that are gone from the source are soft-deleted."""
        return self.spec.load.deletes == "mark"

    def column(self, name: str) -> PlannedColumn:
        """The staged column of that name, which is known to exist."""
        return next(column for column in self.columns if column.name == name)

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"source": self.source, "table": self.table}


@dataclass(frozen=True)
class PlannedSource:
    """A source with its staged tables; `left_out` are excluded tables and columns with the reasons."""

    spec: Source
    choice: Choice
    tables: tuple[StagedTable, ...]
    left_out: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The source's name."""
        return self.spec.name

    @cached_property
    def table_names(self) -> frozenset[str]:
        """The names of its staged tables."""
        return frozenset(table.table for table in self.tables)

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"source": self.spec.name}


@dataclass(frozen=True)
class UnitTest:
    """A dbt unit test: rows of each input model, values of dbt's variables, and the expected rows."""

    name: str
    description: str
    given: tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...]
    expected: tuple[Mapping[str, Any], ...]
    variables: Mapping[str, str] = field(default_factory=dict)


PUBLIC, INTERNAL = "public", "internal"
"""Who may read a mart: all consumers, under a contract; or only other models."""


@dataclass(frozen=True)
class Mart:
    """A model that a modelling style derives: the part common to all styles, which contracts and docs need.

    `kind` is one of the kinds that the style's card names. An `internal` mart has no contract and no consumers.
    `grain` is the origin (`schema.table`) of the table at the mart's grain, `version_key` the key of that table if the
    mart has a row for each version; a mart that `combines` has a row for each combination of values in that table.
    `event_time` is the column that says when a fact happened, which may come from its header; empty if there is none.
    `config` is dbt's config besides that of the folder. `detail` is for the style's own templates.
    """

    name: str
    kind: str
    entity: str
    description: str
    columns: tuple[PlannedColumn, ...]
    key: tuple[str, ...]
    grain: str = ""
    version_key: tuple[str, ...] = ()
    combines: bool = False
    event_time: str = ""
    source: str = ""
    tests: tuple[DataTest, ...] = ()
    unit_tests: tuple[UnitTest, ...] = ()
    refs: tuple[str, ...] = ()
    materialized: str = "table"
    config: Mapping[str, Any] = field(default_factory=dict)
    visibility: str = PUBLIC
    detail: Any = None

    @property
    def unit(self) -> str:
        """What of the table at its grain the mart has a row for."""
        if self.combines:
            return "combination of values"
        return "version of a row" if self.version_key else "row"

    @property
    def granularity(self) -> str:
        """The grain as a sentence; empty if the mart has no grain table."""
        return f"One row for each {self.unit} of {self.grain}" if self.grain else ""

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {self.kind: self.entity}


@dataclass(frozen=True)
class Model:
    """The result of a modelling style for the staged tables.

    `marts` are public or internal. `collections` are the entities of the style's templates, by the singular name in
    their paths; every mart is in the collection of its kind.
    """

    marts: tuple[Mart, ...]
    collections: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class PlannedFile:
    """A file of the repository: its path, its template, its entity, and why it exists.

    `previous_paths` are its possible paths in an older repository: under former names, or from older templates.
    """

    path: str
    template: str
    because: str
    entity: Any = field(default=None, compare=False, repr=False)
    executable: bool = False
    previous_paths: tuple[str, ...] = ()
