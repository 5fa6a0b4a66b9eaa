"""Reconciliation: a mart must have the same row count and sums as the raw table at its grain."""

from __future__ import annotations

from collections.abc import Mapping

from platform_new.plan.model import DataTest, StagedTable


def reconciles(table: StagedTable, selected: Mapping[str, str], base: str) -> DataTest:
    """The test that the row count and the sum of every additive measure equal those of the raw table.

    `selected` maps the mart's expressions to its columns; `base` is the alias of the grain table in them.
    """
    measures = {
        selected[f"{base}.{column.name}"]: column.landed
        for column in table.columns
        if column.additivity == "additive" and column.landed and f"{base}.{column.name}" in selected
    }
    landed = f"source('{table.source}', '{table.table}')"
    return DataTest(
        "reconciles", {"to": landed, **({"sums": measures} if measures else {})}, because="no rows or amounts are lost"
    )
