"""What a plan is made of: plain frozen data that templates, manifest, `why` and tests all read.

Names are as they appear in the generated repository. Types are the canonical ones of the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
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

    `origin` is the source's spelling of the column that it carries, empty if it is derived; `landed` and
    `landed_type` are its name and type in the raw table. `kind` is one of key, foreign_key, attribute, measure, time,
    flag, deletion, other, and in marts also surrogate_key, dimension_key, date_key, validity. `refers_to` is the model
    and column that a mart's key points to.
    """

    name: str
    type: str
    description: str = ""
    origin: str = ""
    landed: str = ""
    landed_type: str = ""
    kind: str = "attribute"
    required: bool = False
    pii: str | None = None
    tests: tuple[DataTest, ...] = ()
    refers_to: tuple[str, str] | None = None

    @property
    def data_type(self) -> DataType:
        """The column's type."""
        return DataType.parse(self.type)


@dataclass(frozen=True)
class Link:
    """A foreign key between two staged tables; `to` has the source before the name if that is another one.

    `role` is what the other row is to this one, such as `billing_address`; a `plain` link has no role of its own.
    """

    columns: tuple[str, ...]
    to: str
    to_columns: tuple[str, ...]
    role: str
    plain: bool = True


@dataclass(frozen=True)
class StagedTable:
    """A source table and the staging model made of it."""

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
        """Whether rows that are gone at the source are flagged."""
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
    """A source with its staged tables (the excluded ones are in `left_out`)."""

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
    """A dbt unit test: rows of each model that is read, and the rows that must come out."""

    name: str
    description: str
    given: tuple[tuple[str, tuple[Mapping[str, Any], ...]], ...]
    expected: tuple[Mapping[str, Any], ...]


PUBLIC, INTERNAL = "public", "internal"
"""Who may read a mart: everybody, by a contract; or only the models that are made of it."""


@dataclass(frozen=True)
class Mart:
    """A model that a style derives, whatever the style: the common part that contracts and docs need.

    `kind` is one of those that the style's card names. What is `internal` has no contract and no exposure.
    `grain` is the origin (`schema.table`) of the table whose rows it has, `version_key` the key of that table if the
    mart has a row for each version of them; `detail` is what the style's templates need beyond that.
    """

    name: str
    kind: str
    entity: str
    description: str
    columns: tuple[PlannedColumn, ...]
    key: tuple[str, ...]
    grain: str = ""
    version_key: tuple[str, ...] = ()
    source: str = ""
    tests: tuple[DataTest, ...] = ()
    unit_tests: tuple[UnitTest, ...] = ()
    refs: tuple[str, ...] = ()
    materialized: str = "table"
    visibility: str = PUBLIC
    detail: Any = None

    @property
    def granularity(self) -> str:
        """What one row is, in a sentence; empty if it is not a row of a table."""
        if not self.grain:
            return ""
        return f"One row for each {'version of a row' if self.version_key else 'row'} of {self.grain}"

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {self.kind: self.entity}


@dataclass(frozen=True)
class Exposure:
    """Something that people look at, and the marts that it stands on."""

    name: str
    label: str
    source: str
    marts: tuple[str, ...]

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"exposure": self.name}


@dataclass(frozen=True)
class Model:
    """What a modelling style derives from the staged tables.

    `marts` are public or internal. `collections` are what the style's templates repeat over, by the singular
    name that stands in their paths; every mart is in the collection of its kind.
    """

    marts: tuple[Mart, ...]
    collections: Mapping[str, tuple[Any, ...]]


@dataclass(frozen=True)
class PlannedFile:
    """A file of the repository: its path, the template it is made from, for what, and why it is there.

    `previous_paths` are those that it may have in a repository of before: under older names, or by older templates.
    """

    path: str
    template: str
    because: str
    entity: Any = field(default=None, compare=False, repr=False)
    executable: bool = False
    previous_paths: tuple[str, ...] = ()
