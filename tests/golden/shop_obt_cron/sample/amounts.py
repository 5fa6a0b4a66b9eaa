"""Which columns are prices, discounts, taxes or totals, and what values such columns have."""

from __future__ import annotations

import math
import random
import re
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ingest.column_types import base_of, precision_of
from ingest.spec import Column, Table
from sample.domain import GREATEST, bounds, whole_range
from sample.draft import unique_sets

# Tried in this order on the column's name, without its currency.
ROLES: list[tuple[str, str]] = [
    ("percent", r"percent|pct|(vat|tax|discount|commission|interest|margin)_?rate$"),
    ("shipping", r"(ship|deliver|freight|postage|handling)\w*_(costs?|fee|charge|amount|price)$"),
    ("shipping", r"^(freight|postage|shipping)$"),
    ("discount", r"discount|rebate|markdown"),
    ("tax", r"(^|_)(tax|vat|gst)(_amount|_total|_value)?$|total_tax"),
    ("gross", r"gross|grand_total|incl|(order|invoice)_total$|total_due"),
    ("net", r"(^|_)net(_|$)|sub_?total|line_(total|amount)|extended|excl|before_tax"),
    ("total", r"(^|_)(total|amount)(_amount|_price|_value|_paid|_due)?$"),
    ("cost", r"^((unit|standard|purchase)_)?cost$"),
    ("price", r"price$|(^|_)price_|msrp"),
    ("quantity", r"(^|_)(quantity|qty)(_|$)"),
]
CURRENCY = re.compile(r"_(in_)?(cents?|minor|eur|usd|gbp|chf)$")
PERCENTS = {"tax": (19, 20, 21, 22, 25, 20, 10, 7), "": (5, 10, 10, 15, 15, 20, 25)}
SHIPPING = ("0", "0", "3.95", "4.95", "4.95", "5.95", "6.95", "9.95")
QUANTITIES, QUANTITY_WEIGHTS = (1, 2, 3, 4, 5, 6, 8, 10), (60, 19, 8, 5, 3, 2, 2, 1)
# Prices are around this, and amounts that follow from nothing, too.
MEDIAN_PRICE, SPREAD = 40, 0.9
CENT = Decimal("0.01")
ENDINGS = ("0.99", "0.95", "0.90", "0.50", "0.00")


def role_of(column: Column) -> str | None:
    """What the number in the column is, or None if its name does not tell."""
    if column.values or base_of(column.type) not in ("numeric", "real", "double", *GREATEST):
        return None
    name = CURRENCY.sub("", column.name)
    return next((role for role, pattern in ROLES if re.search(pattern, name)), None)


def roles_of(table: Table) -> dict[str, Column]:
    """The first column of each role that is no key and refers to nothing."""
    taken = {name for reference in table.references for name in reference.columns}
    taken |= {name for names in unique_sets(table) for name in names}
    found: dict[str, Column] = {}
    for column in table.columns:
        if column.name not in taken and (role := role_of(column)):
            found.setdefault(role, column)
    return found


def plain_amounts(column: Column, chance: random.Random) -> Callable[[], Any] | None:
    """Makes a usual value for the column, or None if its name does not tell what it is."""
    role = role_of(column)
    if role is None:
        return None
    fit = fitter(column)
    if role == "percent":
        taxes = re.search(r"vat|tax|gst", column.name)
        usual: Sequence[Any] = PERCENTS["tax" if taxes else ""]
        return lambda: fit(Decimal(chance.choice(usual)) / per_unit(column))
    if role == "shipping":
        return lambda: fit(Decimal(chance.choice(SHIPPING)))
    if role == "quantity":
        return lambda: fit(Decimal(chance.choices(QUANTITIES, QUANTITY_WEIGHTS)[0]))
    low, high = bounds(column)
    if (low or 0) < MEDIAN_PRICE and (high is None or high > 2 * MEDIAN_PRICE):
        return lambda: fit(_price(chance))
    return None


def per_unit(column: Column) -> int:
    """For percentages: 100 if the column has fractions such as 0.2, else 1."""
    high = bounds(column)[1]
    tiny = base_of(column.type) == "numeric" and precision_of(column.type)
    return 100 if (high is not None and high <= 1) or (tiny and tiny[0] - tiny[1] < 2) else 1


def _price(chance: random.Random) -> Decimal:
    whole = math.floor(chance.lognormvariate(math.log(MEDIAN_PRICE), SPREAD))
    return whole + Decimal(chance.choice(ENDINGS))


def fitter(column: Column) -> Callable[[Decimal], Any]:
    """Turns a number into the closest value that the column can have."""
    base = base_of(column.type)
    low, high = bounds(column)
    if base in ("real", "double"):
        least, most = low if low is not None else -math.inf, high if high is not None else math.inf
        return lambda value: min(max(float(value), least), most)
    if base == "numeric":
        precision, scale = precision_of(column.type)
        unit = Decimal(1).scaleb(-scale)
        limit = Decimal(10) ** (precision - scale) - unit
        least = -limit if low is None else max(-limit, -((-low) // unit) * unit)
        most = limit if high is None else min(limit, high // unit * unit)
        step = max(unit, CENT)
        return lambda value: min(max(value.quantize(step, ROUND_HALF_UP), least), most)
    least, most = whole_range(column)
    least = min(least, 0) if low is None else least
    return lambda value: min(max(int(value.to_integral_value(ROUND_HALF_UP)), least), most)
