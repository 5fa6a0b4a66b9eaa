"""Weighting factors of bridges (Kimball and Ross, "The Data Warehouse Toolkit", 3rd edition, chapter 10)."""

from __future__ import annotations

from dataclasses import dataclass

from platform_new.plan.model import DataTest, PlannedColumn, StagedTable, deletion_flag
from platform_new.plan.modeling.body import Folding


@dataclass(frozen=True)
class Weights:
    """The test of weights, which a repository has once."""

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"weights": "weights"}


def select_weight(folding: Folding, table: StagedTable, base: str) -> tuple[DataTest, ...]:
    """Select the weight of a bridge that has one; returns its test.

    Each row of a whole has the same share in it; soft-deleted rows have none.
    """
    whole = next((column.name for column in table.columns if column.landed == table.spec.weights_of), "")
    if not whole:
        return ()
    flag = deletion_flag(table.columns)
    rows = f"case when not {base}.{flag} then 1 end" if flag else "*"
    share = f"cast(1 as {{{{ type_double() }}}}) / count({rows}) over (partition by {base}.{whole})"
    described = f"The share of the row in its {whole}: multiply measures by it before you sum them over this bridge"
    weight = PlannedColumn("weight", "double", described, kind="other")
    name = folding.select(f"case when {base}.{flag} then 0 else {share} end" if flag else share, weight)
    because = "a sum over the bridge counts nothing twice"
    where = f"not {flag}" if flag else None
    return (DataTest("weights_add_up", {"weight": name, "of": whole}, where=where, because=because),)
