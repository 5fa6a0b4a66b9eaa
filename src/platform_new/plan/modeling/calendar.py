"""The calendar of a star, usually `dim_date`, and the keys that facts point to its days with."""

from __future__ import annotations

from platform_new.plan.model import Mart, PlannedColumn
from platform_new.plan.modeling.body import Folding
from platform_new.plan.modeling.fold import MAX_COLUMNS
from platform_new.plan.modeling.shape import surrogate_tests
from platform_new.spec.names import distinct


def calendar_entity(taken: set[str]) -> str:
    """The entity of the calendar, distinct from the entities that are taken."""
    return "date" if "date" not in taken else distinct("calendar", taken)


def select_date_keys(folding: Folding, entity: str, event_time: str) -> tuple[str, ...]:
    """Add a key of the calendar for every date and timestamp of the fact; returns the keys' names.

    If there are too many columns, the last ones get no key, but the expression `event_time` always does.
    """
    names = []
    times = [item for item in folding.selected if item.column.data_type.is_time and item.column.kind in ("time", "key")]
    room = max(0, MAX_COLUMNS - len(folding.selected) - 2)
    with_key = sorted(times, key=lambda item: item.expression != event_time)[: room + 1]
    for item in times:
        if item in with_key:
            base = item.column.name
            for suffix in ("_date", "_at", "_time", "_on", "_timestamp", "_datetime"):
                base = base.removesuffix(suffix)
            description = f"Key of dim_{entity} for `{item.column.name}`"
            there = (f"dim_{entity}", "date_key")
            column = PlannedColumn(
                f"{base}_date_key", "integer", description, kind="date_key", required=True, refers_to=there
            )
            names.append(folding.select(f"{{{{ date_key('{item.expression}') }}}}", column))
    return tuple(names)


def calendar(entity: str) -> Mart:
    """The dimension of days."""
    columns = (
        (
            "date_key",
            "integer",
            "The day as a number, such as 20260131; -1 for a missing day or a day outside the calendar",
        ),
        ("date_day", "date", "The day"),
        ("year_number", "integer", "The year"),
        ("quarter_number", "integer", "The quarter, 1 to 4"),
        ("month_number", "integer", "The month, 1 to 12"),
        ("day_of_month", "integer", "The day of the month, 1 to 31"),
        ("day_of_week", "integer", "The day of the week according to ISO 8601: Monday is 1, Sunday is 7"),
        ("month_start_date", "date", "The first day of the month"),
        ("is_weekend", "boolean", "Whether the day is a Saturday or a Sunday"),
    )
    return Mart(
        name=f"dim_{entity}",
        kind="calendar",
        entity=entity,
        description="The days of the calendar",
        columns=tuple(
            PlannedColumn(
                name,
                type_,
                text,
                kind="surrogate_key" if name == "date_key" else "attribute",
                tests=surrogate_tests() if name == "date_key" else (),
            )
            for name, type_, text in columns
        ),
        key=("date_key",),
    )
