"""What other marts need to know of a dimension: its name, its key, and the validity of its versions."""

from __future__ import annotations

from platform_new.plan.model import PlannedColumn, StagedTable
from platform_new.plan.modeling.body import Folding
from platform_new.spec.names import distinct, fit

VALIDITY = tuple(
    PlannedColumn(name, type_, text, kind="validity", required=True)
    for name, type_, text in (
        ("valid_from", "timestamp", "Start of the version; the first version is valid from the beginning"),
        ("valid_to", "timestamp", "End of the version, exclusive"),
        ("is_current", "boolean", "Whether the member exists and this is its latest version"),
    )
)


def entity_of(table: StagedTable) -> str:
    """The name of a table's mart."""
    return table.spec.entity or table.table


def dimension_name(table: StagedTable) -> str:
    """The name of the dimension of a table."""
    return fit(f"dim_{entity_of(table)}")


def dimension_key(table: StagedTable) -> str:
    """The name of a dimension's surrogate key: `customer_id` gives `customer_key`."""
    entity = entity_of(table)
    natural = table.key[0] if len(table.key) == 1 else ""
    name = natural.removesuffix("_id") if natural.endswith("_id") else entity
    taken = {column.name for column in table.columns}
    return distinct(f"{name}_key", taken)


def key_column(name: str) -> PlannedColumn:
    """The surrogate key of a dimension."""
    return PlannedColumn(name, "text", "Key of this row in the dimension", kind="surrogate_key", required=True)


def select_key(folding: Folding, joined: str, mart: str, key: str, name: str, description: str) -> None:
    """Add the surrogate key of a joined dimension under a name; rows without a match get the unknown member's."""
    column = PlannedColumn(name, "text", description, kind="dimension_key", required=True, refers_to=(mart, key))
    folding.select(f"coalesce({joined}.{key}, {{{{ unknown_key() }}}})", column)
