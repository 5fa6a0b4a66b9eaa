"""The rules for the consumers of the marts."""

from __future__ import annotations

from collections.abc import Iterator

from platform_new.documents.suggest import did_you_mean
from platform_new.spec.consumers import Consumer
from platform_new.spec.findings import Finding
from platform_new.spec.models import Source

MART_ROLES = ("fact", "dimension", "bridge")
"""The roles of tables that have a mart of their own."""


def check_consumers(consumers: tuple[Consumer, ...], sources: tuple[Source, ...]) -> Iterator[Finding]:
    """Every rule that the consumers break; `sources` have the tables that marts are built from."""
    tables = {f"{source.name}.{table.name}": table for source in sources for table in source.tables}
    names = [consumer.name for consumer in consumers]
    for index, consumer in enumerate(consumers):
        if consumer.name in names[:index]:
            yield Finding(("consumers", index, "name"), "duplicate consumer", "rename one of the two", consumer.name)
        for position, name in enumerate(consumer.reads):
            path, table = ("consumers", index, "reads", position), tables.get(name)
            if table is None:
                yield Finding(path, "unknown table", did_you_mean(name, tables), name)
            elif table.exclude:
                yield Finding(path, "this table is not loaded", "delete this line, or the table's `exclude:`", name)
            elif table.role not in MART_ROLES:
                hint = "delete this line, or change the table's `role:`"
                yield Finding(path, f"a table with `role: {table.role}` has no mart of its own", hint, name)
