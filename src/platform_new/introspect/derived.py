"""Proposes derived measures: the amounts that a quantity and the price of one unit imply, less the discount.

A discount is subtracted only if its name, its range or its values say whether it is an amount, a percentage or a
fraction.
Names are Kimball's (Kimball and Ross, "The Data Warehouse Toolkit", 3rd edition, chapter 6: extended amounts).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from platform_new.spec.data_type import decimal
from platform_new.spec.measures import additivity_of
from platform_new.spec.models import Column, DerivedMeasure, Table
from platform_new.spec.words import without_prefix, words_of

QUANTITY = frozenset({"quantity", "qty"})
OTHER_QUANTITIES = frozenset(
    "min minimum max maximum reorder stock hand available reserved backordered returned per received".split()
)
"""Words of quantities that were not sold or bought."""
OF_ONE = frozenset({"unit", "each", "list"})
GROSS = frozenset("gross extended subtotal".split())
AMOUNTS = GROSS | frozenset("total amount amt net".split())
"""Words of amounts of the whole line, before its discount or not."""
NO_AMOUNT_OF_LINE = QUANTITY | frozenset("discount tax vat freight shipping fee tip refund".split())
PERCENT = frozenset("percent percentage pct".split())
FRACTION = frozenset("rate ratio fraction".split())
AMBIGUOUS = "may be an amount, a percentage or a fraction: to subtract it, add a measure `net_amount` with its formula"
ENOUGH = 3
"""So many different sampled values between 0 and 1, and none above, tell a fraction."""
Proposal = tuple[DerivedMeasure, str]


@dataclass(frozen=True)
class _Line:
    """The columns of a table that amounts follow from."""

    quantity: Column | None
    price: Column | None
    cost: Column | None
    gross: Column | None
    amounts: tuple[Column, ...]
    discount: Column | None
    discounts: Sequence[str]


def propose_derived(table: Table, samples: Mapping[str, Sequence[str]] | None = None) -> list[Proposal]:
    """The derived measures of a fact, each with its reason; none whose name is taken.

    `samples` are some values of its columns, as texts.
    """
    line = _line(table, samples or {})
    additivity = additivity_of(table).get(line.quantity.name, "additive") if line.quantity else "additive"
    taken = {column.name for column in table.columns}
    return [
        (each.model_copy(update={"measure": additivity}), because)
        for each, because in _proposed(line)
        if each.name not in taken
    ]


def _proposed(line: _Line) -> Iterator[Proposal]:
    gross = f"{line.quantity.name} * {line.price.name}" if line.quantity and line.price else ""
    if gross and not line.amounts:
        note = f"; `{line.discount.name}` {AMBIGUOUS}" if line.discount and not _less(line, gross) else ""
        yield _measure("gross_amount", gross, line.price, f"the quantity times the price of one unit{note}")
    amount = line.gross.name if line.gross else gross
    net = _less(line, amount) if amount and line.discount and line.amounts in ((), (line.gross,)) else ""
    if net:
        seen = f", a fraction: {len(line.discounts)} sampled values are at most 1" if _are_fractions(line) else ""
        yield _measure("net_amount", net, line.gross or line.price, f"less `{line.discount.name}`{seen}")
    if line.quantity and line.cost:
        cost = f"{line.quantity.name} * {line.cost.name}"
        yield _measure("cost_amount", cost, line.cost, "the quantity times the cost of one unit")
        if sold := net or gross:
            yield _measure("margin_amount", f"{sold} - {cost}", line.cost, "what was paid, less the cost")


def _measure(name: str, formula: str, like: Column, because: str) -> Proposal:
    """A measure with the scale and the unit of the column that it is like, and at least cents."""
    _, scale = like.data_type.digits if like.data_type.precision else (0, 2)
    type_ = decimal(18, max(2, scale))
    return DerivedMeasure(name=name, formula=formula, type=type_, unit_column=like.unit_column), because


def _less(line: _Line, amount: str) -> str:
    """The amount less the discount; empty if the kind of discount is not clear."""
    discount = line.discount
    words, most = set(words_of(discount.name)), discount.max
    name = discount.name if discount.required else f"coalesce({discount.name}, 0)"
    if words & PERCENT:
        return f"{amount} * (1 - 0.01 * {name})"
    if words & FRACTION or (isinstance(most, (int, float)) and most <= 1):
        return f"{amount} * (1 - {name})"
    if words & AMOUNTS or (isinstance(most, (int, float)) and most > 100):
        return f"{amount} - {name}"
    return f"{amount} * (1 - {name})" if _are_fractions(line) else ""


def _are_fractions(line: _Line) -> bool:
    """Whether nothing but the sampled values of the discount tells its kind, and they do."""
    words = set(words_of(line.discount.name))
    if words & (PERCENT | FRACTION | AMOUNTS) or line.discount.max is not None:
        return False
    values = [_number(value) for value in line.discounts]
    return all(0 <= value <= 1 for value in values) and len({value for value in values if 0 < value < 1}) >= ENOUGH


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _line(table: Table, samples: Mapping[str, Sequence[str]]) -> _Line:
    linked = {*table.key, *(name for reference in table.references for name in reference.columns)}
    numbers = [
        column
        for column in table.columns
        if column.data_type.is_number
        and not (column.exclude or column.references or column.name in linked or column.measure == "none")
    ]
    bare = without_prefix([column.name for column in table.columns])
    words = {column.name: set(words_of(bare[column.name])) for column in numbers}

    amounts = [c for c in numbers if words[c.name] & AMOUNTS and not words[c.name] & NO_AMOUNT_OF_LINE]

    def only(fits: Callable[[set[str]], object]) -> Column | None:
        found = [column for column in numbers if fits(words[column.name])]
        return found[0] if len(found) == 1 else None

    discount = only(lambda named: "discount" in named)
    return _Line(
        quantity=only(lambda named: named & QUANTITY and not named & OTHER_QUANTITIES),
        price=only(lambda named: "price" in named and named & OF_ONE and "discount" not in named),
        cost=only(lambda named: "cost" in named and named & {"unit", "standard", "each"}),
        gross=next((column for column in amounts if words[column.name] & GROSS), None),
        amounts=tuple(amounts),
        discount=discount,
        discounts=samples.get(discount.name, ()) if discount else (),
    )
