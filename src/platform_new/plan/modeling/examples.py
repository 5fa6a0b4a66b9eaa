"""Worked examples of the star's logic, as dbt unit tests: a few input rows, and the expected rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from platform_new.plan.model import PlannedColumn, StagedTable, UnitTest
from platform_new.plan.modeling.body import Join
from platform_new.plan.modeling.outriggers import Outriggers
from platform_new.plan.modeling.shape import Snapshot
from platform_new.spec.data_type import Family

BEGINNING, CHANGE, END = "1900-01-01 00:00:00", "2024-03-01 00:00:00", "9999-12-31 00:00:00"
AFTER_THE_CHANGE = "2024-03-15"


EXAMPLES: Mapping[Family, Callable[[str, int], Any]] = {
    "text": lambda name, number: f"{name}-{number}",
    "number": lambda _, number: number,
    "boolean": lambda _, number: number % 2 == 1,
    "time": lambda _, number: f"2024-01-{number:02d}",
    "time of day": lambda _, number: f"{number:02d}:00:00",
    "binary": lambda name, number: f"{name}-{number}",
}


def value_of(column: PlannedColumn, number: int) -> Any:
    """A value of the column's type; different numbers give different values."""
    return EXAMPLES[column.data_type.family](column.name, number)


def unknown_member(
    name: str, table: StagedTable, key: tuple[str, ...], models: tuple[str, ...], keys: tuple[str, ...]
) -> UnitTest:
    """A row whose members are missing points to the unknown members."""
    row = {column: value_of(table.column(column), 1) for column in table.key}
    expected = dict(zip(key, row.values(), strict=True)) | dict.fromkeys(keys, "-1")
    return UnitTest(
        name=f"{name}_points_to_unknown_members",
        description="A row whose dimension members are missing is kept and points to the unknown members.",
        given=tuple((model, (row,) if model == table.model else ()) for model in models),
        expected=(expected,),
    )


def version_of_its_day(
    name: str,
    table: StagedTable,
    key: tuple[str, ...],
    models: tuple[str, ...],
    join: Join,
    event_time: str,
    surrogate: str,
    fact_key: str,
) -> UnitTest:
    """A row points to the version of its member that was valid at its event time."""
    row = {column: value_of(table.column(column), 1) for column in table.key}
    member = {}
    for left, right in join.on:
        column = left.partition(".")[2]
        row.setdefault(column, value_of(table.column(column), 7))
        member[right] = row[column]
    row[event_time] = AFTER_THE_CHANGE
    expected = {out: row[column] for out, column in zip(key, table.key, strict=True)}
    versions = (
        {surrogate: "old", **member, "valid_from": BEGINNING, "valid_to": CHANGE, "is_current": False},
        {surrogate: "new", **member, "valid_from": CHANGE, "valid_to": END, "is_current": True},
    )
    rows: Mapping[str, tuple[Mapping[str, Any], ...]] = {table.model: (row,), join.name: versions}
    return UnitTest(
        name=f"{name}_finds_the_version_of_its_day",
        description="A row points to the version of its member that was valid at its event time.",
        given=tuple((model, rows.get(model, ())) for model in models),
        expected=(expected | {fact_key: "new"},),
    )


def first_version_from_the_beginning(
    name: str, table: StagedTable, snapshot: Snapshot, key: tuple[str, ...], others: tuple[str, ...] = ()
) -> UnitTest:
    """The first version of a member is valid from the beginning, the next from its own start.

    `others` are further models that the dimension reads, which have no rows here.
    """
    values = [value_of(table.column(column), 1) for column in table.key]
    recorded, member = dict(zip(snapshot.key, values, strict=True)), dict(zip(key, values, strict=True))
    first, second = "2024-01-01 00:00:00", CHANGE
    rows = (
        {**recorded, "dbt_valid_from": first, "dbt_valid_to": second},
        {**recorded, "dbt_valid_from": second, "dbt_valid_to": None},
    )
    return UnitTest(
        name=f"{name}_first_version_holds_from_the_beginning",
        description="Facts older than the first recorded version of a member match that version.",
        given=((snapshot.name, rows), *((other, ()) for other in others)),
        expected=(
            {**member, "valid_from": BEGINNING, "valid_to": second, "is_current": False},
            {**member, "valid_from": second, "valid_to": END, "is_current": True},
            {**dict.fromkeys(member), "valid_from": BEGINNING, "valid_to": END, "is_current": True},
        ),
    )


def outrigger_of_its_time(
    name: str, table: StagedTable, snapshot: Snapshot, key: tuple[str, ...], outriggers: Outriggers
) -> UnitTest:
    """A version points to the version of the other dimension that was valid when it ended; shown for the first key."""
    join, item = outriggers.joins[0], outriggers.selected[0]
    recorded = {column.name: column for column in snapshot.recorded}
    row = dict(zip(snapshot.key, (value_of(table.column(column), 1) for column in table.key), strict=True))
    member = {}
    for left, right in join.on:
        column = left.partition(".")[2]
        row.setdefault(column, value_of(recorded[column], 7))
        member[right] = row[column]
    versions = (
        {**row, "dbt_valid_from": "2024-01-01 00:00:00", "dbt_valid_to": CHANGE},
        {**row, "dbt_valid_from": CHANGE, "dbt_valid_to": None},
    )
    _, surrogate = item.column.refers_to
    others = (
        {surrogate: "old", **member, "valid_from": BEGINNING, "valid_to": CHANGE, "is_current": False},
        {surrogate: "new", **member, "valid_from": CHANGE, "valid_to": END, "is_current": True},
    )
    members = dict(zip(key, (row[column] for column in snapshot.key), strict=True))
    found = ((members, CHANGE, "old"), (members, END, "new"), (dict.fromkeys(members), END, "-1"))
    rows = {join.name: others}
    return UnitTest(
        name=f"{name}_finds_the_outrigger_of_its_time",
        description="A version points to the version of the other dimension that was valid when it ended.",
        given=((snapshot.name, versions), *((each.model, rows.get(each.name, ())) for each in outriggers.imports)),
        expected=tuple({**each, "valid_to": until, item.column.name: value} for each, until, value in found),
    )
