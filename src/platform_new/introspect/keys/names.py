"""The names of a source as words, and what a column may point to. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from platform_new.introspect.catalog import FoundColumn, FoundTable, TableId
from platform_new.introspect.keys.evidence import Columns, Link
from platform_new.introspect.keys.words import MARK_WORDS, Words, column_prefix, table_prefixes, words


@dataclass(frozen=True)
class Guess:
    """A key that a column may point to: how surely its name says so (0 to 1), and in which words."""

    link: Link
    score: float
    why: str


@dataclass(frozen=True)
class Target:
    """A column that identifies the rows of a table; `main` if it is the table's key."""

    table: TableId
    column: str
    main: bool = True

    @property
    def columns(self) -> Columns:
        """As columns of a link."""
        return Columns(self.table, (self.column,))


@dataclass
class Names:
    """The words of all names of a source, and the prefixes that say nothing."""

    tables: Mapping[TableId, FoundTable]
    own: dict[TableId, Words] = field(init=False)
    prefix: dict[TableId, Words] = field(init=False)
    prefixes: frozenset[str] = field(init=False)
    entities: frozenset[str] = field(init=False)
    joined: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        labels = {id_: table.label or id_.name for id_, table in self.tables.items()}
        self.prefixes = table_prefixes(labels.values())
        self.own = {id_: words(label) or (label.lower(),) for id_, label in labels.items()}
        self.prefix = {
            id_: column_prefix(labels[id_], [column.name for column in table.columns])
            for id_, table in self.tables.items()
        }
        self.joined = frozenset("".join(self.core(id_)) for id_ in self.own)
        self.entities = frozenset(word for each in self.own.values() for word in each) - MARK_WORDS

    def core(self, table: TableId) -> Words:
        """The words of a table's name without the prefix that several tables share."""
        name = self.own[table]
        return name[1:] if len(name) > 1 and name[0] in self.prefixes else name

    def may_mean(self, stem: Words, table: TableId) -> bool:
        """Whether a name may mean this table: it is the table's own name, or no table's."""
        joined = "".join(stem)
        return joined in ("".join(self.own[table]), "".join(self.core(table))) or joined not in self.joined

    def column(self, table: TableId, column: str) -> Words:
        """The words of a column's name without the prefix that all columns of its table share."""
        name, prefix = words(column), self.prefix[table]
        return name[len(prefix) :] if prefix and len(name) > len(prefix) and name[: len(prefix)] == prefix else name


def is_polymorphic(table: FoundTable, column: FoundColumn) -> bool:
    """Whether another column says which table it points to: `owner_type` beside `owner_id`."""
    lower = column.name.lower()
    stem = next((lower[: -len(end)].rstrip("_") for end in ("uuid", "key", "id") if lower.endswith(end)), "")
    types = {f"{stem}_type", f"{stem}type", f"{stem}_class", f"{stem}_kind"}
    return bool(stem) and any(other.name.lower() in types for other in table.columns)
