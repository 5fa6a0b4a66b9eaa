"""Formulas of derived measures: sums, differences and products of columns and numbers, such as `quantity * unit_price`.

    formula = term {("+" | "-") term}
    term    = factor {"*" factor}
    factor  = column | number | "coalesce(" column "," number ")" | "(" formula ")"

There is no division: warehouses disagree about its result, while `0.01 * tax_percent` is exact in all of them, and a
ratio of columns is a matter for a report, which divides sums by sums.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from platform_new.spec.data_type import DataType, decimal

TOKEN = re.compile(r"\s*(?:(?P<name>[a-z_][a-z0-9_]*)|(?P<number>\d+(?:\.\d+)?)|(?P<symbol>[-+*(),]))", re.ASCII)
DEFAULT = "coalesce"
DECIMALS, DIGITS = 9, 28
"""The decimals and digits with which a floating-point number counts."""
PRODUCT_DECIMALS = 24
"""The decimals that a product of such numbers may have: 14 of a decimal's 38 digits are left before the point."""
EXAMPLE = "write it like `quantity * unit_price - coalesce(discount, 0)`"


@dataclass(frozen=True)
class Token:
    """A part of a formula: a `name` of a column, a `number`, a `symbol` or the `function` coalesce."""

    kind: str
    text: str


@dataclass(frozen=True)
class Formula:
    """A formula that follows the grammar."""

    tokens: tuple[Token, ...]

    @classmethod
    def parse(cls, text: str) -> Formula:
        """The formula in the text. Raises `ValueError`, with what is wrong, if it does not follow the grammar."""
        tokens = tuple(_tokens(text))
        parser = _Parser(tokens)
        parser.formula()
        if parser.rest:
            raise ValueError(f"has an unexpected `{parser.rest[0].text}`; {EXAMPLE}")
        if not any(token.kind == "name" for token in tokens):
            raise ValueError(f"names no column; {EXAMPLE}")
        return cls(tokens)

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it needs, each once, in order."""
        return tuple(dict.fromkeys(token.text for token in self.tokens if token.kind == "name"))

    @property
    def decisive(self) -> frozenset[str]:
        """The columns without which a row has no result: those without a default."""
        before = (None, None, *self.tokens)
        return frozenset(
            token.text
            for token, function in zip(self.tokens, before, strict=False)
            if token.kind == "name" and not (function and function.kind == "function")
        )

    def casts(self, types: Mapping[str, DataType], result: DataType) -> dict[str, str]:
        """The types to which columns are cast, by column, so that all warehouses compute the same; `types` has theirs.

        Products of integers are bigints, since an integer may overflow. In an exact result, floating-point numbers
        count as the decimals that people see: warehouses round 289.5 * 0.95, a little less than 275.025, differently.
        """
        if all(types[name].is_whole for name in self.columns):
            return dict.fromkeys(self.columns, "bigint")
        floats = [token.text for token in self.tokens if token.kind == "name" and types[token.text].is_float]
        if result.is_float or not floats:
            return {}
        return dict.fromkeys(floats, decimal(DIGITS, min(DECIMALS, PRODUCT_DECIMALS // len(floats))))

    def renamed(self, names: Mapping[str, str]) -> Formula:
        """The formula with other names for its columns."""
        return Formula(
            tuple(
                Token("name", names.get(token.text, token.text)) if token.kind == "name" else token
                for token in self.tokens
            )
        )

    def sql(self, column: Callable[[str], str]) -> str:
        """The formula in SQL; `column` writes the column of a name."""
        text = ""
        for token in self.tokens:
            written = column(token.text) if token.kind == "name" else token.text
            text += f" {written} " if written in ("+", "-", "*") else f"{written} " if written == "," else written
        return text

    def __str__(self) -> str:
        return self.sql(str)


def known_formula(value: str) -> str:
    """The value in its usual spelling, if it is a formula. Raises `ValueError` if not."""
    return str(Formula.parse(value))


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while place < len(text.rstrip()):
        match = TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            letter = text[place:].lstrip()[0]
            hint = "multiply by a number such as 0.01 instead" if letter == "/" else EXAMPLE
            raise ValueError(f"has an unexpected `{letter}`; {hint}")
        found, kind = match[match.lastgroup], match.lastgroup
        called = kind == "name" and found == DEFAULT and text[match.end() :].lstrip()[:1] == "("
        yield Token("function" if called else kind, found)
        place = match.end()


class _Parser:
    """Checks tokens against the grammar; `rest` are those that are left."""

    def __init__(self, tokens: tuple[Token, ...]):
        self.rest = list(tokens)

    def formula(self) -> None:
        self._term()
        while self._at("+", "-"):
            self.rest.pop(0)
            self._term()

    def _term(self) -> None:
        self._factor()
        while self._at("*"):
            self.rest.pop(0)
            self._factor()

    def _factor(self) -> None:
        match self.rest.pop(0) if self.rest else None:
            case Token("name" | "number"):
                return
            case Token("function"):
                self._expect("(")
                self._expect("", "name")
                self._expect(",")
                self._expect("", "number")
                self._expect(")")
            case Token("symbol", "("):
                self.formula()
                self._expect(")")
            case None:
                raise ValueError(f"is not complete; {EXAMPLE}")
            case token:
                raise ValueError(f"has an unexpected `{token.text}`; {EXAMPLE}")

    def _at(self, *symbols: str) -> bool:
        return bool(self.rest) and self.rest[0].text in symbols

    def _expect(self, text: str, kind: str = "symbol") -> None:
        if not self.rest:
            raise ValueError(f"is not complete; {EXAMPLE}")
        token = self.rest.pop(0)
        if token.kind != kind or text not in ("", token.text):
            raise ValueError(f"has an unexpected `{token.text}`; {EXAMPLE}")
