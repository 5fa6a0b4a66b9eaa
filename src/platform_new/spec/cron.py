"""Whether a text is a cron expression: five fields as in crontab(5)."""

from __future__ import annotations

import re

PRESETS = ("@hourly", "@daily", "@midnight", "@weekly", "@monthly", "@yearly", "@annually")
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


def cron_error(text: str) -> str | None:
    """Why the text is not a cron expression; None if it is one."""
    if text.strip().lower() in PRESETS:
        return None
    fields = text.split()
    if len(fields) != len(FIELDS):
        return f"it has {len(fields)} fields instead of 5 (minute, hour, day of the month, month, day of the week)"
    for field, (what, low, high, names) in zip(fields, FIELDS, strict=True):
        for part in field.lower().split(","):
            if not _is_part(part, low, high, names):
                return f"the {what} goes from {low} to {high}, and this says `{part}`"
    return None


def _is_part(part: str, low: int, high: int, names: tuple[str, ...]) -> bool:
    match = PART.match(part)
    if not match or match["step"] == "0":
        return False
    numbers = [names.index(word) + low if word in names else int(word) if word.isdecimal() else -1
               for word in (match["first"], match["last"]) if word]  # fmt: skip
    return all(low <= number <= high for number in numbers) and numbers == sorted(numbers)
