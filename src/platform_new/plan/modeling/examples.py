"""Worked examples of the star's logic, as dbt unit tests: a few input rows, and the expected rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from platform_new.plan.model import PlannedColumn, StagedTable, UnitTest
from platform_new.plan.modeling.body import Join
from platform_new.plan.modeling.outriggers import Outriggers
from platform_new.plan.modeling.shape import History, Snapshot
from platform_new.spec.data_type import Family

BEGINNING, RECORDED, CHANGE, END = (
    "1900-01-01 00:00:00",
    "2024-01-01 00:00:00",
    "2024-03-01 00:00:00",
    "9999-12-31 00:00:00",
)
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


def has_two_values(column: PlannedColumn) -> bool:
    """Whether the column's type has the values 1 and 2 of `value_of`: a numeric may have no digits before the point."""
    precision, scale = column.data_type.digits if column.data_type.is_number else (1, 0)
    return precision > scale


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
    event_time: tuple[str, bool],
    surrogate: str,
    fact_key: str,
) -> UnitTest:
    """A row points to the version of its member that was valid at its event time; without a time, to the current one.

    `event_time` is a column of the table and whether it is required.
    """
    time, required = event_time
    row = {column: value_of(table.column(column), 1) for column in table.key}
    pairs = [(left.partition(".")[2], right) for left, right in join.on]
    row |= {column: value_of(table.column(column), 7) for column, _ in pairs if column not in row}
    member = {right: row[column] for column, right in pairs}
    rows = [{**row, time: AFTER_THE_CHANGE}]
    refers_by_key = any(column in table.key for column, _ in pairs)
    if not required and not refers_by_key and all(has_two_values(table.column(column)) for column in table.key):
        rows.append({**row, **{column: value_of(table.column(column), 2) for column in table.key}, time: None})
    versions = (
        {surrogate: "old", **member, "valid_from": BEGINNING, "valid_to": CHANGE, "is_current": False},
        {surrogate: "new", **member, "valid_from": CHANGE, "valid_to": END, "is_current": True},
    )
    given: Mapping[str, Sequence[Mapping[str, Any]]] = {table.model: rows, join.name: versions}
    names = tuple(zip(key, table.key, strict=True))
    return UnitTest(
        name=f"{name}_finds_the_version_of_its_day",
        description="A row points to the version of its member that was valid at its event time.",
        given=tuple((model, tuple(given.get(model, ()))) for model in models),
        expected=tuple({out: each[column] for out, column in names} | {fact_key: "new"} for each in rows),
    )


def first_version_from_the_beginning(
    name: str, table: StagedTable, snapshot: Snapshot, key: tuple[str, ...], others: tuple[str, ...] = ()
) -> UnitTest:
    """The first version of a member is valid from the beginning, the next from its own start.

    `others` are further models that the dimension reads, which have no rows here.
    """
    values = [value_of(table.column(column), 1) for column in table.key]
    recorded, member = dict(zip(snapshot.key, values, strict=True)), dict(zip(key, values, strict=True))
    first, second = RECORDED, CHANGE
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


def shown_as_their_types_say(
    history: History,
    snapshot: Snapshot,
    columns: Sequence[PlannedColumn],
    shown: Mapping[str, Mapping[str, tuple[int, int]]],
) -> UnitTest:
    """What the dimension shows of these columns of a member that has changed once.

    `shown` are, for each column, the columns that show it, with the positions of the values on the two versions.
    """
    of_key = {column.name: column for column in snapshot.recorded}
    member = {name: value_of(of_key[name], 1) for name in snapshot.key}
    recorded = [{column.name: value_of(column, number) for column in columns} for number in (1, 2)]
    given = (
        {**member, **recorded[0], "dbt_valid_from": RECORDED, "dbt_valid_to": CHANGE},
        {**member, **recorded[1], "dbt_valid_from": CHANGE, "dbt_valid_to": None},
    )
    rows = [
        {
            name: recorded[seen[version] - 1][column.name]
            for column in columns
            for name, seen in shown[column.name].items()
        }
        for version in (0, 1)
    ]
    validity = (
        {"dbt_valid_from": RECORDED, "dbt_valid_to": CHANGE},
        {"dbt_valid_from": CHANGE, "dbt_valid_to": None},
    )
    if history.opens:
        expected = tuple({**member, **row, **valid} for row, valid in zip(rows, validity, strict=True))
    else:
        expected = ({**member, **rows[1]},)
    return UnitTest(
        name=f"{history.model}_shows_a_change_as_the_types_say",
        description="A member that has changed once has the original, previous and current values of its columns.",
        given=((snapshot.name, given),),
        expected=expected,
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
        {**row, "dbt_valid_from": RECORDED, "dbt_valid_to": CHANGE},
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
