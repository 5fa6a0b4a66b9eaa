"""The type of a fact (Kimball and Ross, "The Data Warehouse Toolkit", 3rd edition, chapter 2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from platform_new.plan.model import PlannedColumn

MILESTONES = 3
"""So many dates of one row are the milestones of a process."""


def fact_type(columns: Sequence[PlannedColumn], key: Collection[str]) -> str:
    """The type of the fact with these columns and this key: its rows are…

    - `factless`: events without a measure;
    - `periodic snapshot`: levels at a time, which is part of the key;
    - `accumulating snapshot`: processes, with the dates of their milestones;
    - `transaction`: events with measures.
    """
    measures = [column for column in columns if column.kind == "measure"]
    if not measures:
        return "factless"
    dated = any(column.name in key and column.data_type.is_time for column in columns)
    if dated and any(measure.additivity == "semi_additive" for measure in measures):
        return "periodic snapshot"
    if sum(column.kind == "date_key" for column in columns) >= MILESTONES:
        return "accumulating snapshot"
    return "transaction"
