"""Cron expressions: five fields as in crontab(5), and the longest wait between two runs."""

from __future__ import annotations

import functools
import itertools
import re
from dataclasses import dataclass
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
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
WEEKDAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
FIELDS = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, MONTHS),
    ("day of the week", 0, 7, WEEKDAYS),
)
PART = re.compile(r"^(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d+))?$")
DAY_MINUTES = 24 * 60
FOUR_YEARS = 4 * 365 + 1
"""In days: long enough to contain a 29 February."""


@dataclass(frozen=True)
class Cron:
    """The minutes, hours, days, months and weekdays (0 is Sunday) of a cron expression."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either_day: bool
    """Whether a match of the day of the month or of the weekday is enough: true if both are restricted."""

    def runs_on(self, day: date) -> bool:
        """Whether the schedule runs on that day."""
        fits = (day.day in self.days, day.isoweekday() % 7 in self.weekdays)
        return day.month in self.months and (any(fits) if self.either_day else all(fits))


def parse_cron(text: str) -> Cron:
    """Read a cron expression or a preset such as `@daily`. Raises `ValueError` if the text is neither."""
    fields = PRESETS.get(text.strip().lower(), text).lower().split()
    if len(fields) != len(FIELDS):
        names = ", ".join(name for name, *_ in FIELDS)
        raise ValueError(f"it has {len(fields)} fields instead of {len(FIELDS)} ({names})")
    minutes, hours, days, months, weekdays = (
        frozenset(number for part in field.split(",") for number in _numbers(part, *limits))
        for field, limits in zip(fields, FIELDS, strict=True)
    )
    either = fields[2] != "*" and fields[4] != "*"
    return Cron(minutes, hours, days, months, frozenset(day % 7 for day in weekdays), either)


@functools.cache
def longest_wait_minutes(schedule: str) -> int:
    """The longest time between two runs of a cron schedule, in minutes. Raises `ValueError` for an invalid schedule."""
    cron = parse_cron(schedule)
    calendar = (date(2024, 1, 1) + timedelta(days=number) for number in range(FOUR_YEARS))
    days = [day for day in calendar if cron.runs_on(day)]
    gaps = [(after - before).days for before, after in itertools.pairwise(days)]
    starts = sorted(hour * 60 + minute for hour in cron.hours for minute in cron.minutes)
    overnight = starts[0] - starts[-1] + max(gaps, default=FOUR_YEARS) * DAY_MINUTES
    return max(overnight, *(after - before for before, after in itertools.pairwise(starts)), 0)


def _numbers(part: str, what: str, low: int, high: int, names: tuple[str, ...]) -> range:
    match = PART.match(part)
    words = [word for word in (match["first"], match["last"]) if word] if match else []
    ends = [names.index(word) + low if word in names else int(word) if word.isdecimal() else -1 for word in words]
    if not match or match["step"] == "0" or ends != sorted(ends) or not all(low <= end <= high for end in ends):
        raise ValueError(f"the {what} has to be from {low} to {high}, not `{part}`")
    first = ends[0] if ends else low
    last = ends[-1] if len(ends) == 2 or (ends and not match["step"]) else high
    return range(first, last + 1, int(match["step"] or 1))
