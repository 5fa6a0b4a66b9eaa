"""The calendar of a star, usually `dim_date`, and the keys that facts point to its days with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from platform_new.plan.model import DataTest, Mart, PlannedColumn, UnitTest
from platform_new.plan.modeling.body import Folding, Selected
from platform_new.plan.modeling.fold import MAX_COLUMNS
from platform_new.plan.modeling.holidays import Holidays, holidays_of
from platform_new.plan.modeling.shape import surrogate_tests
from platform_new.spec.calendar import Calendar
from platform_new.spec.names import distinct

LABELS = ("year_quarter", "month_name", "month_short_name", "year_month", "day_name")
"""The texts of a day by which reports group; the unknown member has them too."""


def calendar_entity(taken: set[str]) -> str:
    """The entity of the calendar, distinct from the entities that are taken."""
    return "date" if "date" not in taken else distinct("calendar", taken)


def select_date_keys(folding: Folding, entity: str, event_time: str) -> tuple[str, ...]:
    """Add a key of the calendar for every role of a date in the fact; returns the keys' names.

    `visit_date` and `visit_datetime` are one role. If there are too many columns, the last roles get no key, but that
    of the expression `event_time` always does.
    """
    roles: dict[str, list[Selected]] = {}
    for item in folding.selected:
        if item.column.data_type.is_time and item.column.kind in ("time", "key"):
            roles.setdefault(_role(item.column.name), []).append(item)

    def choice(item: Selected) -> tuple[bool, bool, bool]:
        return item.expression != event_time, not item.column.required, item.column.type != "date"

    chosen = {role: min(items, key=choice) for role, items in roles.items()}
    room = max(0, MAX_COLUMNS - len(folding.selected) - 2)
    with_key = sorted(chosen, key=lambda role: chosen[role].expression != event_time)[: room + 1]
    return tuple(_select_key(folding, entity, role, chosen[role]) for role in chosen if role in with_key)


def _select_key(folding: Folding, entity: str, role: str, item: Selected) -> str:
    column = PlannedColumn(
        f"{role}_date_key",
        "integer",
        f"Key of dim_{entity} for `{item.column.name}`",
        kind="date_key",
        required=True,
        refers_to=(f"dim_{entity}", "date_key"),
    )
    return folding.select(f"{{{{ date_key('{item.expression}') }}}}", column)


def _role(name: str) -> str:
    for suffix in ("_date", "_at", "_time", "_on", "_timestamp", "_datetime"):
        name = name.removesuffix(suffix)
    return name


@dataclass(frozen=True)
class CalendarBody:
    """The parts of the calendar's SQL.

    `fiscal_shift` is the number of months from a month to the month of the calendar year at the same position as the
    month in its fiscal year.
    """

    fiscal_shift: int
    holidays: Holidays | None
    labels: tuple[str, ...] = LABELS


def calendar(entity: str, settings: Calendar) -> Mart:
    """The dimension of days."""
    name = f"dim_{entity}"
    body = CalendarBody((13 - settings.fiscal_year_start) % 12, holidays_of(settings.holidays))
    return Mart(
        name=name,
        kind="calendar",
        entity=entity,
        description="The days of the calendar",
        columns=tuple(_columns(settings, body.holidays)),
        key=("date_key",),
        tests=tuple(
            DataTest("unique_combination", {"columns": list(columns)}, because="each names one day")
            for columns in (
                ("year_number", "day_of_year"),
                ("iso_year", "iso_week", "day_of_week"),
                ("fiscal_year", "fiscal_month", "day_of_month"),
            )
        ),
        unit_tests=(_turn_of_the_year(name, settings, body.holidays),),
        refs=(body.holidays.name,) if body.holidays else (),
        detail=body,
    )


def _columns(settings: Calendar, holidays: Holidays | None) -> Iterator[PlannedColumn]:
    starts = MONTHS[settings.fiscal_year_start - 1]
    fiscal_year = (
        f"The fiscal year, which starts in {starts} and has the name of the year in which it ends"
        if settings.fiscal_year_start > 1
        else "The fiscal year, which is the calendar year"
    )
    described = [
        *COLUMNS,
        ("fiscal_year", "integer", fiscal_year),
        ("fiscal_quarter", "integer", "The quarter of the fiscal year, 1 to 4"),
        ("fiscal_month", "integer", f"The month of the fiscal year, 1 to 12: 1 is {starts}"),
        ("is_weekend", "boolean", "Whether the day is a Saturday or a Sunday"),
        ("is_last_day_of_month", "boolean", "Whether the day is the last of its month"),
    ]
    if holidays:
        described += [
            (
                "is_holiday",
                "boolean",
                f"Whether the day is a public holiday ({holidays.code}) according to the seed {holidays.name}; empty "
                "before the first and after the last year of the seed",
            ),
            ("holiday_name", "text", "The name of the public holiday; empty on other days"),
        ]
    for name, type_, text in described:
        tests = TESTS.get(name) or ((DataTest("not_null", because="every day has one"),) if name in LABELS else ())
        kind = "surrogate_key" if name == "date_key" else "attribute"
        yield PlannedColumn(name, type_, text, kind=kind, tests=tests)


MONTHS = "January February March April May June July August September October November December".split()
COLUMNS = (
    (
        "date_key",
        "integer",
        "The day as a number, such as 20260131; -1 if it is missing or outside the calendar",
    ),
    ("date_day", "date", "The day"),
    ("year_number", "integer", "The year"),
    ("quarter_number", "integer", "The quarter, 1 to 4"),
    ("year_quarter", "text", "The year with its quarter, such as 2026-Q1"),
    ("quarter_start_date", "date", "The first day of the quarter"),
    ("month_number", "integer", "The month, 1 to 12"),
    ("month_name", "text", "The English name of the month, such as January"),
    ("month_short_name", "text", "The first three letters of the month's name, such as Jan"),
    ("year_month", "text", "The year with its month, such as 2026-01"),
    ("month_start_date", "date", "The first day of the month"),
    ("iso_year", "integer", "The year of the week according to ISO 8601, which is the year of its Thursday"),
    ("iso_week", "integer", "The week according to ISO 8601, 1 to 53; it starts on Monday. Use it with iso_year"),
    ("week_start_date", "date", "The Monday of the week"),
    ("day_of_year", "integer", "The day of the year, 1 to 366"),
    ("day_of_month", "integer", "The day of the month, 1 to 31"),
    ("day_of_week", "integer", "The day of the week according to ISO 8601: Monday is 1, Sunday is 7"),
    ("day_name", "text", "The English name of the day, such as Monday"),
)
"""The columns before those of the fiscal year: name, type, description."""


def _in_range(low: int, high: int) -> tuple[DataTest, ...]:
    return (DataTest("in_range", {"min": low, "max": high}, because="its only values"),)


TESTS: Mapping[str, tuple[DataTest, ...]] = {
    "date_key": surrogate_tests(),
    "date_day": (DataTest("unique", because="one row per day"),),
    "iso_week": _in_range(1, 53),
    "day_of_week": _in_range(1, 7),
}


def _turn_of_the_year(name: str, settings: Calendar, holidays: Holidays | None) -> UnitTest:
    """The last days of 2024, of which two are in the first ISO week of 2025."""
    fiscal_year = 2024 if settings.fiscal_year_start == 1 else 2025
    sunday = {
        "date_key": 20241229, "date_day": "2024-12-29", "year_quarter": "2024-Q4", "month_short_name": "Dec",
        "iso_year": 2024, "iso_week": 52, "week_start_date": "2024-12-23", "day_of_year": 364, "day_name": "Sunday",
        "fiscal_year": fiscal_year, "is_weekend": True, "is_last_day_of_month": False,
        **({"is_holiday": False, "holiday_name": None} if holidays else {}),
    }  # fmt: skip
    monday = sunday | {
        "date_key": 20241230, "date_day": "2024-12-30", "iso_year": 2025, "iso_week": 1,
        "week_start_date": "2024-12-30", "day_of_year": 365, "day_name": "Monday", "is_weekend": False,
    }  # fmt: skip
    tuesday = monday | {
        "date_key": 20241231, "date_day": "2024-12-31", "day_of_year": 366, "day_name": "Tuesday",
        "is_last_day_of_month": True,
        **({"is_holiday": True, "holiday_name": "New Year's Eve"} if holidays else {}),
    }  # fmt: skip
    unknown = {column: "Unknown" if column in LABELS else None for column in sunday} | {"date_key": -1}
    holiday = {"date": "2024-12-31", "name": "New Year's Eve"}
    return UnitTest(
        name=f"{name}_at_the_turn_of_the_year",
        description="The last days of 2024 are in the last ISO week of 2024 and the first of 2025.",
        given=((holidays.name, (holiday,)),) if holidays else (),
        expected=(sunday, monday, tuesday, unknown),
        variables={"calendar_start": "2024-12-29", "calendar_end": "2025-01-01"},
    )
