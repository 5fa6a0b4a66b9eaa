"""The catalog of a source in neutral terms: plain frozen data that proposals are derived from.

Names are the source's own; types are the canonical types of the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from platform_new.spec.data_type import DataType


class TableId(NamedTuple):
    """The location of a table: its schema ("" if the engine has none) and its name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class CanonicalType:
    """A type of the spec, with the source's own type if it is more specific, or the reason why it cannot be loaded."""

    type: str
    source_type: str | None = None
    exclude: str | None = None
    note: str = ""


@dataclass(frozen=True)
class FoundColumn:
    """A column of the source.

    `checks` are SQL conditions on this column alone, which they call `VALUE`. `changes_on_update` says that the engine
    itself sets it whenever the row changes. `samples` are a few values as texts: they are inspected, never stored.
    `caveat` says how its type changes some values, `merged` that the type makes different values equal, and `emptied`
    that it makes some values NULL; a key allows neither. `null_share` is the observed share of rows without a value,
    from 0 to 1, if the engine knows it.
    """

    name: str
    type: str
    source_type: str | None = None
    nullable: bool = True
    values: tuple[Any, ...] | None = None
    checks: tuple[str, ...] = ()
    description: str = ""
    exclude: str | None = None
    note: str = ""
    changes_on_update: bool = False
    caveat: str = ""
    merged: bool = False
    emptied: bool = False
    samples: tuple[str, ...] = field(default=(), repr=False, compare=False)
    null_share: float | None = None

    @property
    def data_type(self) -> DataType:
        """The column's type."""
        return DataType.parse(self.type)


@dataclass(frozen=True)
class FoundForeignKey:
    """A foreign key; `note` describes its peculiarities, or is the evidence for a key that is `inferred`."""

    columns: tuple[str, ...]
    to: TableId
    to_columns: tuple[str, ...]
    note: str = ""
    inferred: bool = False


@dataclass(frozen=True)
class FoundTable:
    """A table of the source.

    The source does not declare its key if `key_inferred`. `possible` are foreign keys that are likely but not certain.
    `label` is its name if `id.name` is a path. `rows` is None if unknown; `counted` distinguishes a count from an
    estimate. `checks` are its CHECK conditions as SQL. `read_whole` says that the source cannot be queried for changed
    rows only. `format` is the layout of its files, with the reasons in `format_note`; `has_rejects` says that some of
    their lines cannot be parsed as rows. A view (`is_view`) has no key.
    """

    id: TableId
    columns: tuple[FoundColumn, ...]
    key: tuple[str, ...] = ()
    key_note: str = ""
    key_inferred: bool = False
    uniques: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[FoundForeignKey, ...] = ()
    possible: tuple[FoundForeignKey, ...] = ()
    checks: tuple[str, ...] = ()
    rows: int | None = None
    counted: bool = False
    description: str = ""
    exclude: str | None = None
    note: str = ""
    read_whole: bool = False
    label: str = ""
    format: Mapping[str, Any] = field(default_factory=dict)
    format_note: str = ""
    has_rejects: bool = False
    is_view: bool = False

    @property
    def identifying(self) -> set[str]:
        """The columns of its primary key and unique keys."""
        return {name for columns in (self.key, *self.uniques) for name in columns}


@dataclass(frozen=True)
class FoundCatalog:
    """The catalog of a source. If names collide, the tables of `default_schema` keep theirs.

    `left_out` are sentences about tables that a spec cannot have (a table without columns, an unreadable file).
    `notices` are sentences to print at once.
    """

    kind: str
    name: str
    tables: tuple[FoundTable, ...]
    default_schema: str = ""
    description: str = ""
    left_out: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
