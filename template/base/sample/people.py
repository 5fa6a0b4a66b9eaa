"""People and places: the columns of a row describe one person, at one address, in one country."""

from __future__ import annotations

import functools
import re
import unicodedata
from dataclasses import dataclass

from mimesis import Address, Finance, Person
from mimesis.enums import Gender
from mimesis.locales import Locale
from mimesis.random import Random

from sample.countries import CODE, COUNTRY, LOCALES, USUAL
from sample.draft import Draft
from sample.words import JOBS

DOMAINS = ("example.com", "example.org", "example.net")
UNDECOMPOSED = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ı": "i"}
)


@dataclass(frozen=True)
class Someone:
    """A person with an address."""

    given: str
    family: str
    gender: str
    job: str
    street: str
    postal_code: str
    city: str
    state: str
    country: str
    locale: str
    company: str

    @property
    def name(self) -> str:
        """The full name."""
        return f"{self.given} {self.family}"

    @property
    def mailbox(self) -> str:
        """The name as the local part of an e-mail address."""
        return ".".join(filter(None, (plain(self.given), plain(self.family)))) or "mail"

    @property
    def email(self) -> str:
        """An address that follows from the name; nobody can own its domain."""
        return f"{self.mailbox}@{DOMAINS[len(self.name) % len(DOMAINS)]}"


class Fake:
    """The providers of a locale, which share one generator of random numbers."""

    def __init__(self, locale: str) -> None:
        self.random = Random()
        self.person = Person(Locale(locale), random=self.random)
        self.address = Address(Locale(locale), random=self.random)
        self.finance = Finance(Locale(locale), random=self.random)

    def someone(self, country: str) -> Someone:
        """The next person."""
        gender = self.random.choice((Gender.FEMALE, Gender.MALE))
        family = self.person.last_name(gender)
        return Someone(
            given=self.person.first_name(gender),
            family=family,
            gender=gender.value,
            job=self.random.choice(JOBS),
            street=self.street(),
            postal_code=self.address.postal_code(),
            city=self.address.city(),
            state=self.address.state(),
            country=country,
            locale=self.person.locale,
            company=f"{family} {self.finance.company_type(abbr=True)}",
        )

    def street(self) -> str:
        """The next street and house number, in the order of the locale."""
        found = self.address.address()
        number = self.random.randint(1, 140)
        return re.sub(r"(?<![\w.])\d{1,4}(?![\w.])", str(number), found, count=1)


fake_of = functools.cache(Fake)


def fakes(seed: str, countries: list[str]) -> dict[str, Fake]:
    """The providers of each country, at the beginning of a sequence that depends on the seed."""
    found = {}
    for country in dict.fromkeys(countries):
        found[country] = fake_of(LOCALES.get(country, "en"))
        found[country].random.seed(f"{seed}.{country}")
    return found


def people_of(draft: Draft, which: str) -> list[Someone]:
    """A person for each row; another `which`, such as `billing`, is another person."""
    countries = draft.countries or ["US"] * draft.count
    by_country = fakes(f"{draft.seed}.{draft.table.name}.{which}", countries)
    return [by_country[country].someone(country) for country in countries]


def countries_of(draft: Draft, drafts: dict[str, Draft]) -> list[str] | None:
    """The country of each row: of a column with its code, or else of a row that it refers to."""
    for column in draft.table.columns:
        values = draft.rows.get(column.name)
        if values and CODE.search(column.name):
            codes = [str(value or "").upper() for value in values]
            if any(code in LOCALES for code in codes):
                return codes
    for reference in draft.table.references:
        parent = drafts.get(reference.to)
        if parent is not None and parent is not draft and parent.countries:
            rows = draft.parent_rows(reference, parent)
            chance = draft.chance("country")
            every = range(parent.count)
            return [parent.countries[chance.choice(every) if row is None else row] for row in rows]
    if any(pattern.search(c.name) for c in draft.table.columns for pattern in (CODE, COUNTRY)):
        chance = draft.chance("country")
        return [USUAL[int(len(USUAL) * chance.random() ** 1.6)] for _ in range(draft.count)]
    return None


def plain(text: str) -> str:
    """The text in lowercase ASCII letters and digits."""
    decomposed = unicodedata.normalize("NFKD", text.lower().translate(UNDECOMPOSED))
    return re.sub(r"[^a-z0-9]", "", decomposed)
