"""The view that shows a dimension's recorded rows as the types of their columns say.

Columns of type 0, 1 and 3 have the same value on all rows of a member. The recorded rows between two changes of the
other columns are then equal: they are one version.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from platform_new.plan.model import PlannedColumn, UnitTest
from platform_new.plan.modeling import examples
from platform_new.plan.modeling.body import Folding, Selected
from platform_new.plan.modeling.history import VERSIONED, HistoryType
from platform_new.plan.modeling.member import entity_of
from platform_new.plan.modeling.outriggers import Row
from platform_new.plan.modeling.profiles import MiniDimension
from platform_new.plan.modeling.shape import History, Snapshot, arranged
from platform_new.spec.names import distinct

VALIDITY = ("dbt_valid_from", "dbt_valid_to")


@dataclass(frozen=True)
class Shown:
    """A column that shows a recorded column.

    `example` are the positions of the recorded values that it shows on the first and the second version of a member
    that has changed once.
    """

    item: Selected
    example: tuple[int, int]


def plan_history(row: Row, snapshot: Snapshot, mini: MiniDimension | None) -> History | None:
    """Plan the view; None if the dimension shows the rows as they were recorded."""
    if row.types == {HistoryType.ADD_ROW}:
        return None
    names = {column.name for column in snapshot.recorded}
    member = f"partition by {', '.join(snapshot.key)}"
    before, view = Folding(taken={*VALIDITY, *names}), Folding(taken={*VALIDITY})
    base = view.bring(snapshot.name, row.table.table)
    current = {
        column.name: before.select(_latest(column.name, member), column, f"current_{column.name}")
        for column in snapshot.recorded
        if column.history == HistoryType.ADD_COLUMN
    }
    shown: dict[str, dict[str, tuple[int, int]]] = {}
    for column in snapshot.recorded:
        for each in _shown(column, member, current):
            name = each.item.column.name
            name = view.select(each.item.expression, each.item.column, distinct(name, names - {column.name}))
            shown.setdefault(column.name, {})[name] = each.example
    view.selected += deletion_flags(row, snapshot)
    if mini:
        view.select(_latest(mini.key_of_row, member), mini.current_key)
    history = History(
        name=entity_of(row.table),
        table=row.table,
        snapshot=snapshot.name,
        base=base,
        key=snapshot.key,
        groups=arranged(view.selected)[1],
        opens=tuple(column.name for column in snapshot.recorded if column.history in VERSIONED),
        before=tuple(before.selected),
        opens_version=distinct("opens_version", before.taken),
        version_number=distinct("version_number", before.taken),
    )
    return replace(history, unit_tests=tuple(_example(history, snapshot, shown)))


def _example(
    history: History, snapshot: Snapshot, shown: Mapping[str, Mapping[str, tuple[int, int]]]
) -> Iterator[UnitTest]:
    """The first column of each type for a member that has changed once, if each type has a column with two values."""
    columns = [column for column in snapshot.recorded if column.name in shown and column.kind != "key"]
    first = {column.history: column for column in reversed(columns) if examples.has_two_values(column)}
    if first and first.keys() == {column.history for column in columns}:
        yield examples.shown_as_their_types_say(history, snapshot, [first[each] for each in sorted(first)], shown)


def deletion_flags(row: Row, snapshot: Snapshot) -> Iterator[Selected]:
    """The flag of members that were deleted in the source, if the table has one: all their versions have ended."""
    member = f"partition by {', '.join(snapshot.key)}"
    said = "Whether the member was deleted in the source"
    said += "; no version is current" if row.has_versions else ""
    for column in row.table.columns:
        if column.kind == "deletion":
            ended = f"count(*) over ({member}) = count(dbt_valid_to) over ({member})"
            yield Selected(ended, replace(column, description=said))


def _shown(column: PlannedColumn, member: str, current: Mapping[str, str]) -> Iterator[Shown]:
    """What the dimension shows of a recorded column; `current` are the names of current values of an earlier step."""
    name = column.name
    match column.history:
        case HistoryType.RETAIN:
            yield Shown(Selected(f"first_value({name}) over ({member} order by dbt_valid_from)", column), (1, 1))
        case HistoryType.OVERWRITE:
            yield Shown(Selected(_latest(name, member), column), (2, 2))
        case HistoryType.ADD_COLUMN:
            yield Shown(Selected(current[name], column), (2, 2))
            said = f"The value of {name} before its last change"
            previous = replace(column, name=f"previous_{name}", required=False, description=said)
            yield Shown(Selected(_previous(name, current[name], member), previous), (1, 1))
        case HistoryType.HYBRID:
            yield Shown(Selected(name, column), (1, 2))
            said = f"The current value of {name}, on all versions"
            latest = replace(column, name=f"current_{name}", description=said)
            yield Shown(Selected(_latest(name, member), latest), (2, 2))
        case HistoryType.MINI_DIMENSION:
            return
        case _:
            yield Shown(Selected(name, column), (1, 2))


def _latest(expression: str, member: str) -> str:
    return f"first_value({expression}) over ({member} order by dbt_valid_from desc)"


def _previous(name: str, current: str, member: str) -> str:
    """The latest value that differs from the current value; null if there is none, or if it was null."""
    return f"""nullif(
    first_value({name}) over (
        {member}
        order by case when {name} is distinct from {current} then 0 else 1 end, dbt_valid_from desc
    ),
    {current}
)"""
