"""Countries: their codes, their English names, and the language of their names and addresses."""

from __future__ import annotations

import functools
import re
from importlib import resources

# Countries with names and addresses in mimesis, in a script that an e-mail address can have.
LOCALES = dict(
    pair.split(":")
    for pair in [
        "US:en",
        "GB:en-gb",
        "DE:de",
        "FR:fr",
        "NL:nl",
        "ES:es",
        "IT:it",
        "SE:sv",
        "AT:de-at",
        "AU:en-au",
        "BE:nl-be",
        "BR:pt-br",
        "CA:en-ca",
        "CH:de-ch",
        "CZ:cs",
        "DK:da",
        "EE:et",
        "FI:fi",
        "HR:hr",
        "HU:hu",
        "IS:is",
        "MX:es-mx",
        "NO:no",
        "PL:pl",
        "PT:pt",
        "SK:sk",
        "TR:tr",
    ]
)
# If no list of values says otherwise, rows are from these; the first are the most frequent.
USUAL = list(LOCALES)[:8]
# The time zone database names countries; this name is too odd for a report.
RENAMED = {"Britain (UK)": "United Kingdom"}
COUNTRY = re.compile(r"(^|_)(country|nation)(_?name)?$")
CODE = re.compile(r"(^|_)(country|nation)_?(code|iso|iso2|a2|alpha2)$|^iso(_?a?2|_code)?$")


@functools.cache
def country_names() -> dict[str, str]:
    """The English names of all countries by their ISO code, the usual countries first."""
    # dlt depends on this package, which has the names wherever the time zones are from.
    table = resources.files("tzdata").joinpath("zoneinfo/iso3166.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    names = {code: RENAMED.get(name, name) for code, name in rows}
    return {code: names[code] for code in [*LOCALES, *names]}
