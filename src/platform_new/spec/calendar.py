"""The calendar of the marts: the fiscal year, and the country whose public holidays it has."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from platform_new.spec.base import Part
from platform_new.spec.public_holidays import known_holidays


class Calendar(Part):
    """The fiscal year and the public holidays of the date dimension, in styles that have one."""

    fiscal_year_start: int = Field(
        1,
        ge=1,
        le=12,
        description="The month in which the fiscal year starts, 1 to 12. A fiscal year has the name of the year in "
        "which it ends: with `7`, July 2025 is in the fiscal year 2026.",
    )
    holidays: Annotated[str, AfterValidator(known_holidays)] | None = Field(
        None,
        description="The country whose public holidays the date dimension has, as an ISO 3166 code such as `DE`, or "
        "with a subdivision, such as `DE-BY`. They are written to `transform/seeds/holidays.csv`, which you can edit.",
    )
