"""Lets the amounts of all tables agree: prices of products, totals of lines, tax rates."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from sample.amounts import CENT, fitter, per_unit, roles_of
from sample.draft import Draft

Values = list[Decimal | None]

# The share of lines with a discount of their own, and a tax rate where no column has one.
DISCOUNTED, DISCOUNTS = 0.08, (5, 10, 10, 15)
TAX_PERCENT = Decimal(20)
OFFERS = re.compile(r"promo|discount|coupon|voucher|offer|deal|rebate")
TAXES = re.compile(r"vat|tax|gst")
PAYMENTS = re.compile(r"pay|receipt|settlement")


class Sheet:
    """The numbers of a table, by role."""

    def __init__(self, draft: Draft, drafts: dict[str, Draft]) -> None:
        self.draft = draft
        self.columns = roles_of(draft.table)
        self._drafts = drafts

    def __contains__(self, role: str) -> bool:
        return role in self.columns

    def values(self, role: str) -> Values:
        """The numbers with this role; None where there are none."""
        if role not in self.columns:
            return [None] * self.draft.count
        return [exact(value) for value in self.draft.rows[self.columns[role].name]]

    def filled(self, role: str) -> list[Decimal]:
        """The numbers with this role, or else zero."""
        return [value or Decimal(0) for value in self.values(role)]

    def put(self, role: str, values: Values) -> None:
        """Replace the numbers that are not NULL by these, where given."""
        column = self.columns.get(role)
        if column is not None:
            fit = fitter(column)
            there = self.draft.rows[column.name]
            self.draft.rows[column.name] = [
                old if old is None or new is None else fit(new)
                for old, new in zip(there, values, strict=True)
            ]

    def percents(self, about: re.Pattern[str]) -> Values:
        """The percentages of a rate in the table, or in a row that it refers to."""
        column = self.columns.get("percent")
        names = f"{self.draft.table.name} {column.name if column else ''}"
        if column and about.search(names):
            return [value and value * per_unit(column) for value in self.values("percent")]
        for reference in self.draft.table.references:
            parent = Sheet(self._drafts[reference.to], self._drafts)
            column = parent.columns.get("percent")
            if column and about.search(f"{parent.draft.table.name} {column.name}"):
                rates = [value and value * per_unit(column) for value in parent.values("percent")]
                rows = self.draft.parent_rows(reference, parent.draft)
                return [None if row is None else rates[row] for row in rows]
        return [None] * self.draft.count


def settle(drafts: dict[str, Draft]) -> None:
    """Let all amounts agree; the drafts are in the order in which they were filled."""
    sheets = {name: Sheet(draft, drafts) for name, draft in drafts.items()}
    for sheet in sheets.values():
        for role in ("price", "cost"):
            _copy(sheet, role, (role,), sheets)
    nets = {name: _settle_lines(sheet) for name, sheet in sheets.items()}
    for name, sheet in sheets.items():
        if nets[name] is None:
            lines = next((s for s in sheets.values() if s.draft.table.line_of == name), None)
            _settle_document(sheet, lines and _sums(sheet, lines, nets[lines.draft.table.name]))
    for name, sheet in sheets.items():
        if PAYMENTS.search(name):
            _copy(sheet, "total", ("gross", "total", "net"), sheets)


def _copy(sheet: Sheet, role: str, theirs: tuple[str, ...], sheets: dict[str, Sheet]) -> None:
    """Copy a number from the row that a row refers to."""
    draft = sheet.draft
    for reference in draft.table.references if role in sheet else ():
        parent = sheets[reference.to]
        found = next((each for each in theirs if each in parent), None)
        if found and parent is not sheet:
            values = parent.values(found)
            rows = draft.parent_rows(reference, parent.draft)
            sheet.put(role, [None if row is None else values[row] for row in rows])
            return


def _settle_lines(sheet: Sheet) -> list[Decimal] | None:
    """Settle rows with a price and a quantity; returns their net amounts, or None for others."""
    if not ("price" in sheet and "quantity" in sheet):
        return None
    pairs = zip(sheet.filled("price"), sheet.filled("quantity"), strict=True)
    full = [price * quantity for price, quantity in pairs]
    discounts = [Decimal(0)] * len(full)
    if "discount" in sheet:
        sheet.put("discount", _discounts(sheet, full))
        discounts = sheet.filled("discount")
    nets = [amount - discount for amount, discount in zip(full, discounts, strict=True)]
    _settle_taxes(sheet, nets)
    return nets


def _discounts(sheet: Sheet, full: list[Decimal]) -> Values:
    chance = sheet.draft.chance("discount")
    percents = sheet.percents(OFFERS)
    if all(percent is None for percent in percents):
        percents = [
            Decimal(chance.choice(DISCOUNTS) if chance.random() < DISCOUNTED else 0) for _ in full
        ]
    # A column such as 0.15 is a share of the amount, not an amount.
    share = per_unit(sheet.columns["discount"]) == 100
    amounts = [Decimal(1) if share else amount for amount in full]
    return [
        (amount * (percent or 0) / 100).quantize(CENT)
        for amount, percent in zip(amounts, percents, strict=True)
    ]


def _settle_taxes(sheet: Sheet, nets: list[Decimal]) -> None:
    """Fill the net amount, the tax on it and the sum of both, as far as there are columns."""
    taxes = [Decimal(0)] * len(nets)
    if "tax" in sheet:
        rates = [TAX_PERCENT if rate is None else rate for rate in sheet.percents(TAXES)]
        sheet.put("tax", [net * rate / 100 for net, rate in zip(nets, rates, strict=True)])
        taxes = sheet.filled("tax")
    shipping = sheet.filled("shipping")
    sheet.put("net", list(nets))
    everything = [sum(each, Decimal(0)) for each in zip(nets, taxes, shipping, strict=True)]
    for role in ("total", "gross"):
        sheet.put(role, everything)


def _settle_document(sheet: Sheet, sums: list[Decimal] | None) -> None:
    """Settle a document, such as an order, from the sums of its lines if there are lines."""
    if sums is not None:
        _settle_taxes(sheet, sums)
    elif "net" in sheet and ("total" in sheet or "gross" in sheet):
        _settle_taxes(sheet, sheet.filled("net"))


def _sums(header: Sheet, lines: Sheet, nets: list[Decimal] | None) -> list[Decimal] | None:
    """The sum of the lines of each row of the header."""
    if nets is None:
        return None
    found = [Decimal(0)] * header.draft.count
    for reference in lines.draft.table.references:
        if reference.to == header.draft.table.name:
            for row, net in zip(
                lines.draft.parent_rows(reference, header.draft), nets, strict=True
            ):
                if row is not None:
                    found[row] += net
            break
    return found


def exact(value: Any) -> Decimal | None:
    """The number as a decimal."""
    return value if value is None or isinstance(value, Decimal) else Decimal(str(value))
