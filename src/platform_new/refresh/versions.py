"""Contract versions: which part of the version rises with which change. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from platform_new.refresh.compare import Change
from platform_new.spec.models import Source
from platform_new.spec.version import raised

WITHOUT_CONTRACT = ("table added", "table removed", "table excluded", "column ignored", "mart removed")
"""Changes that affect no contract that exists both before and after."""


def with_versions(
    source: Source, changes: Iterable[Change], marts: Mapping[str, Iterable[Change]]
) -> tuple[Source, dict[str, tuple[str, str]]]:
    """The source with raised versions for all affected tables, and the versions before and after, by table.

    `marts` are the changes to a table's marts, by the table's name: its contract and theirs share one version.
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
