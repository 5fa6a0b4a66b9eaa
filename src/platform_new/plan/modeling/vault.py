"""The parts of a raw vault, to which each run only adds rows: hubs, links and satellites.

Linstedt and Olschimke, "Building a Scalable Data Warehouse with Data Vault 2.0", chapters 4 and 5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from platform_new.plan.model import DataTest, Link, PlannedColumn, StagedTable
from platform_new.plan.modeling.body import Selected


@dataclass(frozen=True)
class Feed:
    """A staging model that mentions the keys of a hub: its columns in the order of the key."""

    model: str
    columns: tuple[Selected, ...]
    record_source: str


@dataclass(frozen=True)
class Anchor:
    """The hub of a table, or its link if the table only connects others: `hash_key` identifies the row in the vault.

    `hashed` are the staged columns of the key, `key` the columns that store it.
    """

    name: str
    hash_key: str
    hashed: tuple[str, ...]
    key: tuple[Selected, ...]
    is_hub: bool

    @property
    def sql(self) -> str:
        """The hash key, computed from the staged columns; a key of a hub is none if a part of it is missing."""
        return f"{{{{ {'hash_key' if self.is_hub else 'surrogate_key'}({list(self.hashed)}) }}}} as {self.hash_key}"


@dataclass(frozen=True)
class Reference:
    """A hub in a link: the foreign key of the table, and the name of the hub's hash key in the link."""

    link: Link
    hub: Anchor
    hash_key: str

    @property
    def sql(self) -> str:
        """The hub's hash key, computed from the foreign key; none if a part of that is missing."""
        return f"{{{{ hash_key({list(self.link.columns)}) }}}} as {self.hash_key}"

    @property
    def restores(self) -> str:
        """The foreign key's column if the hub has its value; empty for a composite key, which may be partly empty."""
        return self.link.columns[0] if len(self.link.columns) == 1 else ""


@dataclass(frozen=True)
class Recorded:
    """A table of the raw vault: its columns in their order, and the tests of its key.

    `table` is the staged table that it belongs to, `staged` are the columns that it has from there.
    """

    kind: ClassVar[str]
    name: str
    table: StagedTable
    description: str
    columns: tuple[PlannedColumn, ...]
    tests: tuple[DataTest, ...]
    staged: tuple[Selected, ...]

    @property
    def recorded(self) -> tuple[PlannedColumn, ...]:
        """The columns that keep their rows under a new name."""
        return self.columns

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {self.kind: self.name}

    @property
    def part(self) -> str:
        """What it is among the tables of its staged table."""
        return self.kind

    @property
    def other_names(self) -> dict[str, str]:
        """The names of staged columns that have another name here."""
        return {each.expression: each.column.name for each in self.staged if each.expression != each.column.name}

    @property
    def record_source(self) -> str:
        """The source and table, as in the column of that name."""
        return f"{self.table.source}.{self.table.table}"


@dataclass(frozen=True)
class Hub(Recorded):
    """The business keys of a table, wherever they are mentioned; the first feed is the table itself."""

    kind: ClassVar[str] = "hub"
    anchor: Anchor
    feeds: tuple[Feed, ...]


@dataclass(frozen=True)
class LinkTable(Recorded):
    """The rows of a table as connections of hubs.

    `hashed` are the staged columns of its hash key, and `driving` is the hub of the table itself. A table without a hub
    has those columns of its key that lead to no hub `staged` in the link.
    """

    kind: ClassVar[str] = "link"
    hash_key: str
    hashed: tuple[str, ...]
    driving: Anchor | None
    references: tuple[Reference, ...]

    @property
    def restored(self) -> dict[str, Reference]:
        """The staged columns whose values the hubs have; if several have it, the first one counts."""
        return {each.restores: each for each in reversed(self.references) if each.restores}

    @property
    def hashes(self) -> tuple[str, ...]:
        """Its hash keys, computed from the staged columns."""
        own = (f"{{{{ surrogate_key({list(self.hashed)}) }}}} as {self.hash_key}",)
        own += (self.driving.sql,) if self.driving else ()
        return (*own, *(reference.sql for reference in self.references))


@dataclass(frozen=True)
class Satellite(Recorded):
    """The versions of some columns of a hub's or link's rows."""

    kind: ClassVar[str] = "satellite"
    anchor: Anchor
    personal: bool

    @property
    def part(self) -> str:
        """What it is among the tables of its staged table."""
        return f"{self.kind} of personal data" if self.personal else self.kind


@dataclass(frozen=True)
class Effectivity(Recorded):
    """When the rows of a table were in the source: for each row of its link, or of its hub if it has no link.

    It is recorded after the satellites, so that a run that is killed leaves no row without its columns.
    """

    kind: ClassVar[str] = "effectivity"
    anchor: Anchor
    link: LinkTable | None
    after: tuple[Satellite, ...]

    @property
    def hash_key(self) -> str:
        """The hash key of the row that is active or not."""
        return self.link.hash_key if self.link else self.anchor.hash_key


@dataclass(frozen=True)
class VaultTable:
    """The tables of the raw vault that a staged table is recorded in; a table that only connects others has no hub."""

    table: StagedTable
    anchor: Anchor
    hub: Hub | None
    link: LinkTable | None
    satellites: tuple[Satellite, ...]
    effectivity: Effectivity

    @property
    def recorded(self) -> tuple[Recorded, ...]:
        """All of them."""
        own = (each for each in (self.hub, self.link) if each)
        return (*own, *self.satellites, self.effectivity)
