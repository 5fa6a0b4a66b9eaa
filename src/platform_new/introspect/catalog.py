"""What was found at a source, in neutral terms: plain frozen data that the proposals are made from.

Names are as the source spells them; types are the canonical ones of the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from platform_new.spec.data_type import DataType


class TableId(NamedTuple):
    """Where a table is: its schema ("" where the engine has none) and its name."""

    schema: str
    name: str

    def __str__(self) -> str:
        return f"{self.schema}.{self.name}" if self.schema else self.name


@dataclass(frozen=True)
class CanonicalType:
    """A type of the spec, and what is lost: the source's own type and, if nothing can hold it, why it is left out."""

    type: str
    source_type: str | None = None
    exclude: str | None = None
    note: str = ""


@dataclass(frozen=True)
class FoundColumn:
    """A column as it is at the source.

    `checks` are SQL conditions on it alone in which it is called `VALUE`. `changes_on_update` says that the engine
    itself sets it whenever the row changes. `samples` are a few values as texts: they are looked at, never kept.
    `caveat` says what its type makes of some values, `merged` that different ones are one in it, and `emptied` that
    some are NULL: no key can have that.
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

    @property
    def data_type(self) -> DataType:
        """The column's type."""
        return DataType.parse(self.type)


@dataclass(frozen=True)
class FoundForeignKey:
    """A foreign key; `note` says what is special about it."""

    columns: tuple[str, ...]
    to: TableId
    to_columns: tuple[str, ...]
    note: str = ""


@dataclass(frozen=True)
class FoundTable:
    """A table as it is at the source.

    `label` is what it is called where `id.name` is a path. `rows` is None where nobody knows; `counted` tells a count
    from an estimate. `checks` are its CHECK conditions as SQL. `read_whole` says that the source cannot be asked for
    changed rows only. `format` is how its files are laid out, with the reasons in `format_note`; `has_rejects` says
    that some of their lines are no rows.
    """

    id: TableId
    columns: tuple[FoundColumn, ...]
    key: tuple[str, ...] = ()
    key_note: str = ""
    uniques: tuple[tuple[str, ...], ...] = ()
    foreign_keys: tuple[FoundForeignKey, ...] = ()
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

    @property
    def identifying(self) -> set[str]:
        """The columns of its key and of what else is unique."""
        return {name for columns in (self.key, *self.uniques) for name in columns}


@dataclass(frozen=True)
class FoundCatalog:
    """Everything that was found. Tables of `default_schema` have the first right to their names.

    `left_out` are sentences about what has no place in a spec (a table without columns, an unreadable file).
    `notices` are the sentences that whoever looks should see at once.
    """

    kind: str
    name: str
    tables: tuple[FoundTable, ...]
    default_schema: str = ""
    description: str = ""
    left_out: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
