"""The versions of contracts: which number rises with which change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from platform_new.refresh.compare import Change
from platform_new.spec.models import Source
from platform_new.spec.version import raised

WITHOUT_CONTRACT = ("table new", "table gone", "table left out", "column passed over", "mart gone")
"""Changes after which no contract has an earlier version, or none speaks of what changed."""


def with_versions(
    source: Source, changes: Iterable[Change], marts: Mapping[str, Iterable[Change]]
) -> tuple[Source, dict[str, tuple[str, str]]]:
    """The source with the versions of all tables raised that the changes touch; and before and after, by table.

    `marts` are the changes to the marts of a table, by its name: one version is that of its contract and theirs.
    """
    touched = [(change.table, change) for change in changes]
    touched += [(table, change) for table, of_table in marts.items() for change in of_table]
    breaking: dict[str, bool] = {}
    for table, change in touched:
        if change.kind not in WITHOUT_CONTRACT:
            breaking[table] = breaking.get(table, False) or not change.compatible
    versions = {
        table.name: (table.version, raised(table.version, breaking=breaking[table.name]))
        for table in source.tables
        if table.name in breaking and not table.exclude
    }
    tables = tuple(
        table.model_copy(update={"version": versions[table.name][1]}) if table.name in versions else table
        for table in source.tables
    )
    return source.model_copy(update={"tables": tables}), versions
