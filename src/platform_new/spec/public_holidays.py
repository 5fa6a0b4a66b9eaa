"""The public holidays of a country or a subdivision, from the library `holidays`."""

from __future__ import annotations

import functools
import warnings
from datetime import date

FIRST_YEAR, LAST_YEAR = 1990, 2039
"""The years whose holidays are listed: those of a generated calendar, until its owner changes its range."""
CODE = "^[A-Z]{2}(-.+)?$"
"""The form of a code: a country of ISO 3166, possibly with a subdivision."""


def known_holidays(code: str) -> str:
    """The code, if the holidays of that country or subdivision are known. Raises `ValueError` if not."""
    from holidays import list_supported_countries

    countries = list_supported_countries(include_aliases=False)
    country, dash, subdivision = code.partition("-")
    if country not in countries:
        upper = code.upper()
        hint = f"did you mean `{upper}`?" if country.upper() in countries else "write an ISO 3166 code, such as `DE`"
        raise ValueError(f"names no country whose holidays are known; {hint}")
    if dash and subdivision not in countries[country]:
        known = ", ".join(f"`{country}-{each}`" for each in countries[country])
        hint = f"write `{country}` or one of {known}" if known else f"write `{country}`, which has no subdivisions"
        raise ValueError(f"names no subdivision of {country} whose holidays are known; {hint}")
    if not public_holidays(code):
        raise ValueError(f"names a place without public holidays from {FIRST_YEAR} to {LAST_YEAR}; delete it")
    return code


@functools.cache
def public_holidays(code: str) -> tuple[tuple[date, str], ...]:
    """The holidays of a known code by date, with their English names; several on one day are separated by `; `.

    Each country's holidays start with the law that is in force, and may end before the last year.
    """
    from holidays import country_holidays

    country, _, subdivision = code.partition("-")
    with warnings.catch_warnings():
        # India has holidays for fewer years, and the library says so.
        warnings.simplefilter("ignore")
        found = country_holidays(
            country, subdiv=subdivision or None, years=range(FIRST_YEAR, LAST_YEAR + 1), language="en_US"
        )
    # Some holidays of the last year are observed in the next.
    return tuple((day, name) for day, name in sorted(found.items()) if FIRST_YEAR <= day.year <= LAST_YEAR)
