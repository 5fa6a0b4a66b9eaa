"""The views on a raw vault that put the rows of its tables together again, now and at each load.

A point-in-time table says for each row and each load that changed it which row of each satellite was valid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from platform_new.plan.model import PlannedColumn, StagedTable
from platform_new.plan.modeling.body import Folding, Selected
from platform_new.plan.modeling.member import entity_of
from platform_new.plan.modeling.shape import StarBody
from platform_new.plan.modeling.vault import VaultTable
from platform_new.spec.names import distinct, fit


@dataclass(frozen=True)
class PointInTime:
    """For each row of a hub or link and each load that changed it: the load date of the valid row of each satellite.

    `pointers` are pairs of a satellite and the column with its load date.
    """

    vault: VaultTable
    pointers: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """The name of the table."""
        return fit(f"pit_{entity_of(self.vault.table)}")

    @property
    def hash_key(self) -> str:
        """The hash key of the hub or link."""
        return self.vault.anchor.hash_key

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"pit": self.name}


def point_in_time(vault: VaultTable) -> PointInTime:
    """The point-in-time table of a staged table."""
    taken = {vault.anchor.hash_key, "load_date", "next_load_date"}
    pointers = []
    for satellite in (*vault.satellites, vault.effectivity):
        column = distinct(f"{satellite.name}_load_date", taken)
        taken.add(column)
        pointers.append((satellite.name, column))
    return PointInTime(vault, tuple(pointers))


@dataclass(frozen=True)
class Rows:
    """A view with the columns of a staging model: the `latest` rows, or all with the loads between which they held.

    `since` and `until` are the columns with these loads, and `present` says whether the row was in the source.
    """

    name: str
    table: StagedTable
    body: StarBody
    pit: str
    effectivity: str
    latest: bool
    since: str
    until: str
    present: str

    @property
    def derived(self) -> tuple[PlannedColumn, ...]:
        """The columns that staging computes from others, which the vault does not record."""
        return tuple(column for column in self.table.columns if column.formula)

    @property
    def key(self) -> tuple[str, ...]:
        """The columns that identify a row of the view."""
        return self.table.key if self.latest else (*self.table.key, self.since)

    @property
    def reads(self) -> tuple[str, ...]:
        """The staging model that its rows come from."""
        return (self.table.model,)

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"rows": self.name}


def latest_name(table: StagedTable) -> str:
    """The name of the view with a table's current rows."""
    return fit(f"int_{entity_of(table)}_latest")


def states_name(table: StagedTable) -> str:
    """The name of the view with all rows of a table and their loads."""
    return fit(f"int_{entity_of(table)}_states")


def rows_of(vault: VaultTable, *, latest: bool) -> Rows:
    """The view with the latest rows of a staged table, or with the history of its rows."""
    table, pit, folding = vault.table, point_in_time(vault), Folding()
    base = folding.bring(pit.name, pit.name)
    where = dict(pit.pointers)

    def at(satellite: str, *conditions: str) -> str:
        on = [(f"{base}.{pit.hash_key}", pit.hash_key), (f"{base}.{where[satellite]}", "load_date")]
        return folding.join(satellite, satellite, satellite, on, conditions)

    effectivity = at(vault.effectivity.name, "{alias}.is_active")
    found = dict(_columns(vault, folding, base, effectivity, at))
    names = {column.name for column in table.columns}
    groups = tuple(
        (group, tuple(Selected(found[column.name], column) for column in columns if column.name in found))
        for group, columns in table.groups
    )
    return Rows(
        name=latest_name(table) if latest else states_name(table),
        table=table,
        body=StarBody(base, tuple(folding.imports), tuple(folding.joins), tuple(each for each in groups if each[1])),
        pit=base,
        effectivity=effectivity,
        latest=latest,
        since=distinct("loaded_from", names),
        until=distinct("loaded_to", names),
        present=distinct("is_present", names),
    )


def _columns(
    vault: VaultTable, folding: Folding, base: str, effectivity: str, at: Callable[[str], str]
) -> Iterator[tuple[str, str]]:
    """The recorded columns of a table, each with its expression; the joins that find them are added."""
    table, link, expressions = vault.table, vault.link, {}
    if vault.hub:
        key = vault.anchor.hash_key
        hub = folding.join(vault.hub.name, vault.hub.name, vault.hub.name, [(f"{base}.{key}", key)])
        expressions |= {item.expression: f"{hub}.{item.column.name}" for item in vault.anchor.key}
    for satellite in vault.satellites:
        joined = at(satellite.name)
        expressions |= {item.expression: f"{joined}.{item.column.name}" for item in satellite.staged}
    if link:
        left = effectivity if vault.hub else base
        joined = folding.join(link.name, link.name, link.name, [(f"{left}.{link.hash_key}", link.hash_key)])
        expressions |= {item.expression: f"{joined}.{item.column.name}" for item in link.staged}
        for column, reference in link.restored.items():
            if column not in expressions:
                on = [(f"{joined}.{reference.hash_key}", reference.hub.hash_key)]
                parent = folding.join(reference.hub.name, reference.hub.name, reference.link.role, on)
                expressions[column] = f"{parent}.{reference.hub.key[0].column.name}"
    yield from ((column.name, expressions[column.name]) for column in table.columns if column.name in expressions)
