"""Reconciliation: a mart must have the rows and the sums of the landed table that is its grain."""

from __future__ import annotations

from collections.abc import Mapping

from platform_new.plan.model import DataTest, StagedTable


def reconciles(table: StagedTable, selected: Mapping[str, str], base: str) -> DataTest:
    """The test that rows and sums of every measure equal those of the landed table.

    `selected` maps the mart's expressions to its columns; `base` is the name of the grain's rows in them.
    """
    measures = {
        selected[f"{base}.{column.name}"]: column.landed
        for column in table.columns
        if column.kind == "measure" and f"{base}.{column.name}" in selected
    }
    landed = f"source('{table.source}', '{table.table}')"
    return DataTest(
        "reconciles", {"to": landed, **({"sums": measures} if measures else {})}, because="nothing is lost on the way"
    )
