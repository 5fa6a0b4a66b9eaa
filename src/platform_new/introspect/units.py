"""Proposes the column that holds the currency of an amount, such as `amount_currency`."""

from __future__ import annotations

from platform_new.spec.models import Column, Table
from platform_new.spec.words import without_prefix, words_of

CURRENCY = "currency"
OF_A_CODE = frozenset({CURRENCY, "code", "iso", "symbol"})
MONEY = frozenset(
    """
    amount amt price cost fee charge total subtotal balance paid due discount tax vat tip shipping freight revenue
    salary wage credit debit refund deposit payment cent value gross net
    """.split()
)
NO_MONEY = frozenset("rate ratio percent percentage pct count qty quantity number factor".split())


def currency_columns(table: Table) -> dict[str, str]:
    """The column with the currency of each amount of a table, by the amount's column.

    An amount has the currency that shares its words (`fee_cents`, `fee_currency`), or the only one that is of no amount
    in particular (`currency_code`).
    """
    bare = without_prefix([column.name for column in table.columns])
    words = {column.name: words_of(bare[column.name]) for column in table.columns if not column.exclude}
    currencies = {
        column.name: [word for word in words[column.name] if word not in OF_A_CODE]
        for column in table.columns
        if column.name in words and column.data_type.base == "text" and CURRENCY in words[column.name]
    }
    found = {}
    for column in table.columns:
        if column.name in words and _is_money(column, words[column.name]):
            own = [name for name, of in currencies.items() if of and list(words[column.name][: len(of)]) == of]
            plain = [name for name, of in currencies.items() if not of]
            if len(fitting := own or plain) == 1:
                found[column.name] = fitting[0]
    return found


def _is_money(column: Column, words: tuple[str, ...]) -> bool:
    return column.data_type.is_number and bool(MONEY & set(words)) and not NO_MONEY & set(words)
