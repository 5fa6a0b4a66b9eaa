"""What roles are decided from: the columns, keys and links of each table, under the platform's names."""

from __future__ import annotations

from dataclasses import dataclass

from platform_new.spec.data_type import DataType


@dataclass(frozen=True)
class Field:
    """The properties of a column that roles depend on.

    `null_share` is the observed share of rows without a value, from 0 to 1; None if it is unknown.
    """

    name: str
    type: str
    required: bool
    null_share: float | None = None

    @property
    def data_type(self) -> DataType:
        """The column's type."""
        return DataType.parse(self.type)


@dataclass(frozen=True)
class Pointer:
    """A foreign key to another table: its columns, and whether every row has a value."""

    columns: tuple[str, ...]
    to: str
    required: bool


@dataclass(frozen=True)
class Shape:
    """The properties of a table that its role depends on.

    `pointers` exclude self-references, which make the table a hierarchy. `uniques` are unique keys besides `key`.
    """

    name: str
    fields: tuple[Field, ...]
    key: tuple[str, ...] = ()
    pointers: tuple[Pointer, ...] = ()
    is_hierarchy: bool = False
    uniques: tuple[tuple[str, ...], ...] = ()

    def field(self, name: str) -> Field:
        """The column of that name."""
        return next(field for field in self.fields if field.name == name)


@dataclass(frozen=True)
class Role:
    """A proposed role with its reason, and `line_of` and `event_time` with their reasons if the table has them."""

    role: str
    because: str
    line_of: str | None = None
    line_because: str = ""
    event_time: str | None = None
    event_because: str = ""
