"""The public holidays of the calendar, as a dbt seed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from platform_new.spec.public_holidays import FIRST_YEAR, LAST_YEAR, public_holidays


@dataclass(frozen=True)
class Holidays:
    """The public holidays of a country or a subdivision by date, with their English names."""

    code: str
    days: tuple[tuple[date, str], ...]
    name: str = "holidays"
    years: tuple[int, int] = (FIRST_YEAR, LAST_YEAR)

    @property
    def reach(self) -> tuple[date, date]:
        """The first and the last holiday."""
        return self.days[0][0], self.days[-1][0]

    @property
    def bindings(self) -> dict[str, str]:
        """What the placeholders in a template's path stand for."""
        return {"holidays": self.name}


def holidays_of(code: str | None) -> Holidays | None:
    """The holidays of a known code, or None without a code."""
    return Holidays(code, public_holidays(code)) if code else None
