"""Data Vault 2.0: each run adds what changed to hubs, links and satellites, and the marts are a star on top of them.

Linstedt and Olschimke, "Building a Scalable Data Warehouse with Data Vault 2.0". The marts have the names, columns and
keys of a star. They read the rows that the vault puts together instead of the staging models, and views derive the
versions of dimensions from the satellites instead of snapshots. So the marts can be rebuilt from the vault alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from platform_new.plan.model import DataTest, Mart, Model, PlannedSource, StagedTable, UnitTest, deletion_flag
from platform_new.plan.modeling import star
from platform_new.plan.modeling.shape import History, Profiles, StarBody
from platform_new.plan.modeling.vault import VaultTable
from platform_new.plan.modeling.vault_rows import latest_name, point_in_time, rows_of
from platform_new.plan.modeling.vault_tables import plan_vault
from platform_new.plan.modeling.vault_versions import Lineage, Versions, versions_of
from platform_new.spec.models import PlatformCore

REBUILT_BECAUSE = "the vault does not say which of its rows have changed"


@dataclass(frozen=True)
class Loads:
    """The table with the times of all runs that loaded the vault."""

    name: str = "loads"

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"loads": self.name}


def derive(sources: tuple[PlannedSource, ...], platform: PlatformCore, rebuilt_because: str = "") -> Model:
    """Derive the vault of all tables with a key, and the star on top; tables without a key are read from staging."""
    vault = plan_vault(sources)
    of_star = star.derive(_reading(vault, sources), platform, rebuilt_because or REBUILT_BECAUSE)
    states = {latest_name(each.table): rows_of(each, latest=False) for each in vault}
    snapshots = {each.table.model: each for each in of_star.collections["snapshot"]}
    currents = {each.table.model: each for each in of_star.collections["current"]}
    hierarchies = of_star.collections["hierarchy"]
    lineages = {
        each.model: Lineage(each, states[each.table.model]) for each in hierarchies if each.table.model in snapshots
    }
    versions = tuple(
        versions_of(snapshot, currents.get(model), states, lineages) for model, snapshot in snapshots.items()
    )
    on_versions = _OnVersions(versions, {latest_name(each.table): each.table for each in vault})
    marts = tuple(map(on_versions.mart, of_star.marts))
    current_hierarchies = tuple(each for each in hierarchies if each.model not in lineages)
    needed = {model for mart in marts for model in mart.refs} | {each.table.model for each in current_hierarchies}
    needed |= {imported.model for each in versions for imported in each.body.imports}
    needed |= {lineage.history.name for lineage in lineages.values()}
    rows = (*(rows_of(each, latest=True) for each in vault), *states.values())
    return Model(
        marts=marts,
        collections={
            **of_star.collections,
            **{kind: tuple(mart for mart in marts if mart.kind == kind) for kind in ("fact", "dimension", "bridge")},
            "snapshot": (),
            "current": (),
            "history": tuple(map(on_versions.history, of_star.collections["history"])),
            "profiles": tuple(map(on_versions.profiles, of_star.collections["profiles"])),
            "hierarchy": current_hierarchies,
            "loads": (Loads(),) if vault else (),
            "hub": tuple(each.hub for each in vault if each.hub),
            "link": tuple(each.link for each in vault if each.link),
            "satellite": tuple(satellite for each in vault for satellite in each.satellites),
            "effectivity": tuple(each.effectivity for each in vault),
            "pit": tuple(point_in_time(each) for each in vault),
            "rows": tuple(each for each in rows if each.name in needed),
            "lineage": tuple(lineages.values()),
            "versions": versions,
        },
    )


def _reading(vault: Iterable[VaultTable], sources: tuple[PlannedSource, ...]) -> tuple[PlannedSource, ...]:
    """The sources as the star reads them: the model of a table in the vault is the view with its latest rows."""
    models = {each.table.model: latest_name(each.table) for each in vault}

    def read(table: StagedTable) -> StagedTable:
        return replace(table, model=models.get(table.model, table.model))

    return tuple(replace(source, tables=tuple(map(read, source.tables))) for source in sources)


class _OnVersions:
    """Puts the views of versions in place of the snapshots.

    `staged` are the tables by the views with their latest rows: tests compare the versions with the staging models.
    """

    def __init__(self, versions: Sequence[Versions], staged: Mapping[str, StagedTable]):
        self.names = {each.snapshot.name: each.name for each in versions}
        snapshots = [each.snapshot for each in versions]
        self.members = {f"ref('{each.relation}')": _members(staged[each.table.model]) for each in snapshots}

    def mart(self, mart: Mart) -> Mart:
        """The mart, which reads versions if it has read a snapshot."""
        if not isinstance(mart.detail, StarBody):
            return mart
        imports = tuple(replace(each, model=self._name(each.model)) for each in mart.detail.imports)
        return replace(
            mart,
            refs=tuple(map(self._name, mart.refs)),
            detail=replace(mart.detail, imports=imports),
            tests=tuple(map(self._test, mart.tests)),
            unit_tests=tuple(map(self._example, mart.unit_tests)),
        )

    def history(self, history: History) -> History:
        """The view that shows the versions as the types of their columns say."""
        examples = tuple(map(self._example, history.unit_tests))
        return replace(history, snapshot=self._name(history.snapshot), unit_tests=examples)

    def profiles(self, profiles: Profiles) -> Profiles:
        """The view that says which profile a member has had in each version."""
        return replace(profiles, snapshot=self._name(profiles.snapshot))

    def _name(self, model: str) -> str:
        return self.names.get(model, model)

    def _test(self, test: DataTest) -> DataTest:
        return replace(test, arguments={**test.arguments, **self.members.get(test.arguments.get("of"), {})})

    def _example(self, test: UnitTest) -> UnitTest:
        return replace(test, given=tuple((self._name(model), rows) for model, rows in test.given))


def _members(table: StagedTable) -> dict[str, object]:
    """The arguments of a test that name the rows of a table at the source."""
    flag = deletion_flag(table.columns)
    rows = {"of_rows": f"not {flag}"} if flag else {}
    return {"of": f"ref('{table.model}')", "of_key": list(table.key), **rows}
