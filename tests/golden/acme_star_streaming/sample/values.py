"""Plausible values for plain columns: by type, kind of personal data, or column name."""

from __future__ import annotations

import json
import math
import random
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from mimesis import Generic
from mimesis.locales import Locale

from ingest.column_types import base_of, precision_of
from ingest.spec import Column, Table
from sample.domain import (
    FIRST_TIME,
    GREATEST,
    LAST_TIME,
    TEMPORAL,
    TWO_YEARS,
    allowed,
    as_temporal,
    as_type,
    bounds,
    nth,
    size,
    span,
    whole_range,
)

# One in this many values of an optional column is NULL.
MISSING = 12

PERSONAL: dict[str, Callable[[Generic], str]] = {
    "name": lambda fake: fake.person.full_name(),
    "email": lambda fake: fake.person.email(domains=["example.com", "example.org"]),
    "phone": lambda fake: fake.person.phone_number(mask="+1-555-01##"),
    "address": lambda fake: fake.address.address(),
    "birth_date": lambda fake: str(fake.person.birthdate(min_year=1950, max_year=2005)),
    "ip": lambda fake: fake.internet.ip_v4(),
    "national_id": lambda fake: fake.code.pin(mask="000-##-####"),
    "bank_account": lambda fake: fake.code.pin(mask="XX00 #### #### ####"),
    "credential": lambda fake: fake.cryptographic.token_hex(16),
    "other": lambda fake: fake.code.pin(mask="####-####"),
}
# Tried in this order on the column's name.
NAMED: list[tuple[str, Callable[[Generic], str]]] = [
    (r"first_?name|given_name", lambda fake: fake.person.first_name()),
    (r"last_?name|surname|family_name", lambda fake: fake.person.last_name()),
    (r"e_?mail", PERSONAL["email"]),
    (r"phone|mobile|fax", PERSONAL["phone"]),
    (r"country_code", lambda fake: fake.address.country_code()),
    (r"country", lambda fake: fake.address.country()),
    (r"city|town", lambda fake: fake.address.city()),
    (r"district|region|state|province|county", lambda fake: fake.address.state()),
    (r"postal|post_?code|zip", lambda fake: fake.address.postal_code()),
    (r"address|street", PERSONAL["address"]),
    (r"company|supplier|vendor|organi[sz]ation", lambda fake: fake.finance.company()),
    (r"currency", lambda fake: fake.finance.currency_iso_code()),
    (r"language|locale", lambda fake: fake.person.language()),
    (r"user_?name|login", lambda fake: fake.person.username(mask="l_l_d")),
    (r"job|position|occupation", lambda fake: fake.person.occupation()),
    (r"gender|sex", lambda fake: fake.person.gender()),
    (r"colou?r", lambda fake: fake.text.color()),
    (r"url|website|link|homepage", lambda fake: f"https://example.com/{fake.text.word()}"),
    (r"ip(_address)?$", PERSONAL["ip"]),
    (r"file|picture|photo|image", lambda fake: fake.file.file_name()),
    (r"contact|customer|person|author|owner|actor|manager|rep$", PERSONAL["name"]),
    (r"title|subject|name|label", lambda fake: " ".join(fake.text.words(2)).capitalize()),
    (r"descri|comment|note|text|body|message|review", lambda fake: fake.text.sentence()),
    (r"code|number|sku|reference|serial", lambda fake: fake.code.pin(mask="@@-####")),
]
# Columns whose name indicates the end or last change of something, not its start.
LATER = re.compile(
    r"updat|modif|chang|last_|_end|^end|to$|until|clos|finish|complet|ship|deliver|paid|payment"
    r"|return|cancel|resolv|expir|due|required|deleted"
)
COUNTS = {
    "year": (2019, 2024),
    "month": (1, 12),
    "day": (1, 28),
    "quantity|qty|rank|rating": (1, 5),
}


def row_times_of(count: int, chance: random.Random) -> list[datetime]:
    """The time of each row: spread over two years, in the order of the rows."""
    step = TWO_YEARS.total_seconds() * 0.95 / max(count, 1)
    seconds = (int(step * (index + chance.random())) for index in range(count))
    return [FIRST_TIME + timedelta(seconds=second) for second in seconds]


def values_for(
    table: Table, column: Column, row_times: list[datetime], seed: str, unique: bool
) -> list[Any]:
    """One value for each time, which is one per row; some are NULL if the column is optional."""
    chance = random.Random(f"{seed}.{table.name}.{column.name}")
    if unique and size(column) >= len(row_times):
        return [nth(column, number) for number in range(len(row_times))]
    make = _maker(table, column, chance)
    values = [make(row_time) for row_time in row_times]
    if column.required or column.name in table.key or column == table.cursor:
        return values
    return [None if chance.randrange(MISSING) == 0 else value for value in values]


def _maker(table: Table, column: Column, chance: random.Random) -> Callable[[datetime], Any]:
    base = base_of(column.type)
    if column.values:
        choices = allowed(column)
        return lambda _: choices[int(len(choices) * chance.random() ** 1.3)]
    if base == "boolean":
        return lambda _: chance.random() < 0.7
    if base in GREATEST:
        low, high = _usual_range(column)
        return lambda _: chance.randint(low, high)
    if base in ("numeric", "real", "double"):
        return _amounts(column, chance)
    if base in TEMPORAL:
        return _times(table, column, chance)
    if base == "time":
        return lambda _: nth(column, chance.randrange(86_400))
    if base in ("uuid", "binary"):
        return lambda _: nth(column, chance.randrange(10**9))
    if base == "json":
        return lambda _: json.dumps({"version": chance.randint(1, 3), "tags": ["sample"]})
    return _texts(column, chance)


def _usual_range(column: Column) -> tuple[int, int]:
    """The usual range of integers for the column's name, within the range of its type."""
    low, high = whole_range(column)
    if column.min is None and column.max is None:
        for pattern, (first, last) in COUNTS.items():
            if re.search(rf"(^|_)({pattern})", column.name):
                return first, last
    return low, min(high, low + 999) if column.max is None else high


def _amounts(column: Column, chance: random.Random) -> Callable[[datetime], Any]:
    low, high = bounds(column)
    if base_of(column.type) != "numeric":
        first, last = _default_range(low, high, 1000.0)
        return lambda _: chance.uniform(first, last)
    precision, scale = precision_of(column.type)
    # In the smallest unit, such as a cent for numeric(10, 2): exact, and always within bounds.
    unit = Decimal(1).scaleb(-scale)
    first, last = _default_range(low, high, Decimal(500))
    least = max(math.ceil(first / unit), 1 - 10**precision)
    greatest = min(math.floor(last / unit), 10**precision - 1)
    # Small amounts are more frequent than large amounts.
    return lambda _: (least + int((greatest - least + 1) * chance.random() ** 2)) * unit


def _default_range(low: Any, high: Any, width: Any) -> tuple[Any, Any]:
    """The bounds; a missing bound is `width` away from the other bound, or from zero."""
    if low is None:
        low = type(width)(0) if high is None or high >= 0 else high - width
    return low, low + width if high is None else high


def _times(table: Table, column: Column, chance: random.Random) -> Callable[[datetime], Any]:
    low, high = span(column)
    if column.pii == "birth_date" or re.search(r"birth|dob$", column.name):
        first = as_type("1950-01-01", column.type)
        least = bounds(column)[0] or first
        return lambda _: min(max(first + timedelta(days=chance.randrange(20_000)), least), high)
    is_cursor = table.cursor is not None and column.name == table.cursor.name
    # In days after the time of the row; the cursor is the latest of all its times.
    least, most = (30, 45) if is_cursor else (0, 30) if LATER.search(column.name) else (0, 0)

    def time(row_time: datetime) -> Any:
        later = row_time + timedelta(days=least, seconds=chance.randint(0, (most - least) * 86_400))
        return min(max(as_temporal(min(later, LAST_TIME), column.type), low), high)

    return time


def _texts(column: Column, chance: random.Random) -> Callable[[datetime], str]:
    fake = Generic(locale=Locale.EN, seed=chance.getrandbits(32))
    if column.pii in PERSONAL:
        make = PERSONAL[column.pii]
    else:
        make = next(
            (make for pattern, make in NAMED if re.search(pattern, column.name)),
            lambda fake: fake.text.word(),
        )
    return lambda _: make(fake)
