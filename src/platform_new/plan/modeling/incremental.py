"""Incremental facts: facts that recompute only the rows whose inputs have changed, instead of all rows in every run.

A load must leave a mark on every row that it changes, so every table of the fact is loaded incrementally, and none
flags deleted rows: a deletion changes no row. The fact must have the columns that refer to its headers and dimensions,
by which it finds the rows that a change affects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from platform_new.plan.model import Mart, PlannedColumn, PlannedSource, StagedTable
from platform_new.plan.modeling.body import Folding
from platform_new.plan.modeling.dimensions import Dimension
from platform_new.spec.events.lake import LAST_BATCH

MATERIALIZED = "incremental_fact"
LARGE = 1_000_000
"""From so many rows on, a fact is incremental unless the platform says otherwise: below, a rebuild takes seconds."""

LOAD_ID = PlannedColumn(
    "_dlt_load_id", "text", "The load that wrote the row, by which facts find changed rows", kind="load", required=True
)


@dataclass(frozen=True)
class Incremental:
    """The macros of incremental facts, which a repository has once."""

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"incremental": "incremental"}


def is_wanted(facts: str | None, table: StagedTable) -> bool:
    """Whether the fact of the table shall be incremental; `facts` is the platform's wish, if it has one."""
    return facts == "incremental" if facts else (table.spec.rows or 0) >= LARGE


def why_rebuilt(owners: Sequence[tuple[StagedTable, str]], folding: Folding, key: tuple[str, ...]) -> str:
    """Why the fact of these tables has to be rebuilt in every run; empty if it can be incremental."""
    for owner, _ in owners:
        if owner.spec.load.mode != "incremental":
            return f"{owner.origin} is loaded in full"
        if owner.marks_deletes:
            return f"{owner.origin} flags deleted rows"
        if any(column.landed == LAST_BATCH for column in owner.columns):
            return f"a stream writes {owner.origin}"
    if key != owners[0][0].key:
        return "its key has other names than in staging"
    selected = {item.expression for item in folding.selected}
    left = (left for join in folding.joins for left, _ in join.on if left not in selected)
    return next((f"it lacks the column {column}" for column in left), "")


def incremental_config(
    folding: Folding, key: tuple[str, ...], event_time: str, more_meta: Mapping[str, Any]
) -> dict[str, Any]:
    """The dbt config of an incremental fact: its own staging model, and by which columns it refers to other models.

    `event_time` is the fact's column that decides which version of a member it refers to; empty if it has none.
    `more_meta` is metadata for people.
    """
    models = {imported.name: imported.model for imported in folding.imports}
    names = {item.expression: item.column.name for item in folding.selected}
    refers_to: dict[str, list[dict[str, str]]] = {}
    for join in folding.joins:
        refers_to.setdefault(models[join.name], []).append({names[left]: right for left, right in join.on})
    meta = {**more_meta, "rows_of": folding.imports[0].model, "refers_to": refers_to}
    meta |= {"event_time": event_time} if event_time else {}
    return {"materialized": MATERIALIZED, "unique_key": list(key), "meta": meta}


def recording(dimensions: Iterable[Dimension], facts: Iterable[Mart]) -> list[Dimension]:
    """The dimensions; those that incremental facts refer to record which of their members change."""
    keys: dict[str, dict[str, None]] = {}
    for fact in facts:
        for model, found_by in fact.config.get("meta", {}).get("refers_to", {}).items():
            for columns in found_by:
                keys.setdefault(model, {}).update(dict.fromkeys(columns.values()))
    return [
        replace(each, mart=_recording(each.mart, list(keys[each.mart.name]))) if each.mart.name in keys else each
        for each in dimensions
    ]


def _recording(dimension: Mart, key: list[str]) -> Mart:
    deciding = [column.name for column in dimension.columns if column.kind in ("surrogate_key", "validity")]
    return replace(dimension, config={"post_hook": f"{{{{ record_changed_members({key}, {deciding}) }}}}"})


def with_load_ids(sources: Iterable[PlannedSource], facts: Iterable[Mart]) -> tuple[PlannedSource, ...]:
    """The sources; the staging models of the tables of incremental facts have the id of each row's load."""
    needed = {model for fact in facts for model in _staged(fact.config.get("meta", {}))}
    return tuple(
        replace(
            source, tables=tuple(_with_load_id(table) if table.model in needed else table for table in source.tables)
        )
        for source in sources
    )


def _staged(meta: Mapping[str, Any]) -> tuple[str, ...]:
    return (meta["rows_of"], *meta["refers_to"]) if "rows_of" in meta else ()


def _with_load_id(table: StagedTable) -> StagedTable:
    return replace(table, columns=(*table.columns, LOAD_ID), groups=(*table.groups, ("load", (LOAD_ID,))))
