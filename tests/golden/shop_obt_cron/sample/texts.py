"""Texts: what describes a person or a place is from one person, other texts follow their name."""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable

from mimesis import Generic
from mimesis.locales import Locale

from ingest.spec import Column, Table
from sample.countries import CODE, COUNTRY, country_names
from sample.draft import Draft
from sample.people import Someone, fake_of, people_of, plain
from sample.words import (
    COLOURS,
    REMARKS,
    SIZES,
    STYLES,
    categories,
    kinds_of,
    place,
    product,
)

OfPerson = Callable[[Someone], str]
Other = Callable[[Generic, random.Random], str]

# Kinds of personal data of the spec, where the column's name does not tell more.
PERSONAL: dict[str, OfPerson] = {
    "name": lambda person: person.name,
    "email": lambda person: person.email,
    "address": lambda person: f"{person.street}, {person.postal_code} {person.city}",
}
# Tried in this order on the column's name; what precedes the match tells which person it is.
OF_PERSON: list[tuple[str, OfPerson]] = [
    (r"first_?name|given_?name|fore_?name", lambda person: person.given),
    (r"last_?name|surname|family_?name", lambda person: person.family),
    (r"full_?name|display_?name", PERSONAL["name"]),
    (r"e_?mail", lambda person: person.email),
    (r"user_?name|login", lambda person: person.mailbox.replace(".", "_")),
    (r"gender|sex$", lambda person: person.gender.capitalize()),
    (r"(job|contact)_?title|^job|position|occupation", lambda person: person.job),
    (CODE.pattern, lambda person: person.country),
    (COUNTRY.pattern, lambda person: country_names().get(person.country, person.country)),
    (r"city|town", lambda person: person.city),
    (r"district|region|state|province|county", lambda person: person.state),
    (r"postal|post_?code|zip", lambda person: person.postal_code),
    (r"address|street", lambda person: person.street),
    (r"currency", lambda person: fake_of(person.locale).finance.currency_iso_code()),
    (r"company|supplier|vendor|organi[sz]ation", lambda person: person.company),
    (r"contact|customer|person|author|owner|actor|manager|rep$", PERSONAL["name"]),
]
# Whose name a column `name` has, by the name of its table or by what precedes it.
NAMED_AFTER: list[tuple[str, OfPerson]] = [
    (r"countr|nation", lambda person: country_names().get(person.country, person.country)),
    (r"compan|supplier|vendor|shipper|carrier|organi|partner|brand|manufactur|publisher|firm", (
        lambda person: person.company
    )),
    (r"customer|client|employee|staff|person|people|user|contact|member|patient|student", (
        PERSONAL["name"]
    )),
    (r"teacher|author|driver|guest|recipient|^ship|^bill", PERSONAL["name"]),
    (r"store|branch|warehouse|site|location|office|cit(y|ies)$|town", lambda person: person.city),
]  # fmt: skip
NAME = re.compile(r"(^|_)(title|subject|name|label)$")
# All numbers that these give are reserved for fiction.
NUMBERS: dict[str, Other] = {
    "phone": lambda fake, _: fake.person.phone_number(mask="+1-555-01##"),
    "ip": lambda fake, _: fake.internet.ip_v4(),
    "national_id": lambda fake, _: fake.code.pin(mask="000-##-####"),
    "bank_account": lambda fake, _: fake.code.pin(mask="XX00 #### #### ####"),
    "credential": lambda fake, _: fake.cryptographic.token_hex(16),
    "other": lambda fake, _: fake.code.pin(mask="####-####"),
}
OTHERS: list[tuple[str, Other]] = [
    (r"phone|mobile|fax", NUMBERS["phone"]),
    (r"language|locale", lambda fake, _: fake.person.language()),
    (r"colou?r", lambda _, chance: chance.choice(COLOURS)),
    (r"(^|_)size$", lambda _, chance: chance.choice(SIZES)),
    (r"url|website|link|homepage", lambda _, chance: f"https://example.com/{_slug(chance)}"),
    (r"ip(_address)?$", NUMBERS["ip"]),
    (r"file|picture|photo|image", lambda _, chance: f"{_slug(chance)}.jpg"),
    (r"product|item|article", lambda _, chance: product(chance)),
    (r"descri|comment|note|text|body|message|review", lambda _, chance: chance.choice(REMARKS)),
    (r"code|number|sku|reference|serial", lambda fake, _: fake.code.pin(mask="@@-####")),
]


def texts_of(draft: Draft, drafts: dict[str, Draft], column: Column) -> list[str]:
    """A text for each row."""
    chance = draft.chance(column.name)
    if found := _of_person(draft.table, column):
        which, make = found
        return [make(person) for person in people_of(draft, which)]
    if NAME.search(column.name):
        return _names(draft, drafts, column, chance)
    if column.name.endswith("code") and re.search(r"promo|coupon|voucher", draft.table.name):
        return [f"{chance.choice(STYLES).upper()}{chance.randint(100, 999)}" for _ in draft.times]
    fake = _english()
    fake.reseed(chance.getrandbits(32))
    make_other = NUMBERS.get(column.pii or "") or next(
        (make for pattern, make in OTHERS if re.search(pattern, column.name)),
        lambda _, chance: _slug(chance).replace("-", " "),
    )
    return [make_other(fake, chance) for _ in draft.times]


def _of_person(table: Table, column: Column) -> tuple[str, OfPerson] | None:
    """Which person of a row the column describes, and how; None if it describes none."""
    for pattern, make in OF_PERSON:
        if match := re.search(pattern, column.name):
            return column.name[: match.start()].strip("_"), make
    if match := NAME.search(column.name):
        which = column.name[: match.start()]
        for pattern, make in NAMED_AFTER:
            if re.search(pattern, which or table.name):
                return "" if which in table.name else which, make
    return ("", PERSONAL[column.pii]) if column.pii in PERSONAL else None


def _names(
    draft: Draft, drafts: dict[str, Draft], column: Column, chance: random.Random
) -> list[str]:
    """Names of products, categories and whatever has a name."""
    named = column.name[: NAME.search(column.name).start()] or draft.table.name
    if re.search(r"categor|department|collection", named):
        return categories(_parents(draft))
    if re.search(r"product|item|article|goods|variant", named):
        return [product(chance, each) for each in _categories(draft, drafts)]
    return [place(chance) for _ in draft.times]


def _categories(draft: Draft, drafts: dict[str, Draft]) -> list[str | None]:
    """The category of each row, if the rows refer to categories by name."""
    for reference in draft.table.references:
        parent = drafts.get(reference.to)
        for name, values in parent.rows.items() if parent and parent is not draft else ():
            if NAME.search(name) and values and kinds_of(str(values[0])):
                rows = draft.parent_rows(reference, parent)
                return [None if row is None else str(values[row]) for row in rows]
    return [None] * draft.count


def _parents(draft: Draft) -> list[int | None]:
    """The row of the same table that each row belongs to, in a tree."""
    for reference in draft.table.references:
        if reference.to == draft.table.name and draft.has(reference.columns):
            rows = draft.targets(reference.to_columns)
            found = [rows.get(key) for key in draft.tuples(reference.columns)]
            return [None if parent == row else parent for row, parent in enumerate(found)]
    return [None] * draft.count


def distinct(values: list[str]) -> list[str]:
    """The values, of which each repeated one gets a number, in an address before the `@`."""
    seen: set[str] = set()
    found = []
    for value in values:
        number, candidate = 1, value
        while candidate in seen:
            number += 1
            local, at, domain = value.partition("@")
            space = " " if " " in value else "" if at else "-"
            candidate = f"{local}{space}{number}{at}{domain}"
        seen.add(candidate)
        found.append(candidate)
    return found


def _slug(chance: random.Random) -> str:
    return f"{plain(chance.choice(STYLES))}-{plain(chance.choice(COLOURS))}"


@functools.cache
def _english() -> Generic:
    return Generic(locale=Locale.EN)
