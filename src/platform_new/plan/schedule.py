"""How often a cron schedule runs: what freshness tests and contracts promise follows from it."""

from __future__ import annotations

import itertools
from datetime import date, timedelta

PRESETS = {
    "@hourly": "0 * * * *",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0",
    "@monthly": "0 0 1 * *",
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
}
MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
WEEKDAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
DAY_MINUTES = 24 * 60


def longest_wait_minutes(schedule: str) -> int:
    """The longest time between two runs of a cron schedule, in minutes.

    Raises `ValueError` if the schedule is not a cron expression of five fields.
    """
    fields = PRESETS.get(schedule.strip().lower(), schedule).split()
    if len(fields) != 5:
        raise ValueError(f"not a cron expression: {schedule}")
    minutes, hours = _members(fields[0], 0, 59), _members(fields[1], 0, 23)
    if fields[2:] == ["*", "*", "*"]:
        starts = sorted(hour * 60 + minute for hour in hours for minute in minutes)
        return max(after - before for before, after in zip(starts, [*starts[1:], starts[0] + DAY_MINUTES], strict=True))
    return _longest_wait_in_days(*fields[2:]) * DAY_MINUTES


def _longest_wait_in_days(month_days: str, months: str, weekdays: str) -> int:
    """Over four years, so that 29 February has its turn; of two kinds of day, either will do (crontab(5))."""
    in_month, in_year = _members(month_days, 1, 31), _members(months, 1, 12, MONTHS)
    in_week = {day % 7 for day in _members(weekdays, 0, 7, WEEKDAYS)}
    either = month_days != "*" and weekdays != "*"
    runs = []
    for day in (date(2024, 1, 1) + timedelta(days=n) for n in range(4 * 366)):
        fits = (day.day in in_month, day.isoweekday() % 7 in in_week)
        if day.month in in_year and (any(fits) if either else all(fits)):
            runs.append(day)
    return max(((after - before).days for before, after in itertools.pairwise(runs)), default=4 * 366)


def _members(field: str, first: int, last: int, names: list[str] | None = None) -> set[int]:
    members: set[int] = set()
    for part in field.lower().split(","):
        span, _, step = part.partition("/")
        start, dash, end = span.partition("-")
        if span == "*":
            low, high = first, last
        else:
            low = _number(start, names, first)
            high = _number(end, names, first) if dash else last if step else low
        members.update(range(low, high + 1, int(step or 1)))
    if not members or not members <= set(range(first, last + 1)):
        raise ValueError(f"not a cron field: {field}")
    return members


def _number(text: str, names: list[str] | None, first: int) -> int:
    return names.index(text) + first if names and text in names else int(text)
