"""What CHECK conditions say of single columns: the values that one may have, or its smallest and greatest.

A condition that is not understood says nothing, so that what is said here is always implied by the source.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

TOKEN = re.compile(
    r"""
    \s+
    | (?P<text>(?:[eEnN]|_[a-zA-Z0-9]+\s*)?'(?:[^']|'')*')
    | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    | (?P<name>"(?:[^"]|"")+" | `(?:[^`]|``)+` | \[[A-Za-z_][\w ]*\])
    | (?P<cast>::\s*(?:"(?:[^"]|"")+"|[\w.]+)
        (?:\s+(?:varying|precision|with(?:out)?\s+time\s+zone))?(?:\s*\([\d\s,]*\))?(?:\s+with(?:out)?\s+time\s+zone)?(?:\[\])*)
    | (?P<word>\w+)
    | (?P<operator><>|!=|>=|<=|==|[-+*/%=<>(),.\[\]|&~^!:;?@\#]+?)
    """,
    re.VERBOSE,
)
KINDS = {
    **dict.fromkeys(("smallint", "integer", "bigint"), "whole"),
    **dict.fromkeys(("numeric", "real", "double"), "number"),
    **dict.fromkeys(("date", "timestamp", "timestamptz"), "time"),
    **dict.fromkeys(("text", "uuid"), "text"),
}
ISO_TIME = re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?$")
FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


@dataclass(frozen=True)
class Limits:
    """What a column's values are limited to."""

    values: tuple[Any, ...] | None = None
    min: Any = None
    max: Any = None

    def both(self, other: Limits) -> Limits:
        """Either limit holds."""
        values = self.values if other.values is None else other.values
        if self.values is not None and other.values is not None:
            values = tuple(value for value in self.values if value in other.values)
        return Limits(values, _tighter(max, self.min, other.min), _tighter(min, self.max, other.max))


@dataclass(frozen=True)
class _Name:
    name: str
    kind: str


class _NotUnderstood(Exception):
    pass


Found = dict[str, Limits]
NULL = object()


def limits_of(conditions: Iterable[str], types: Mapping[str, str]) -> Mapping[str, Limits]:
    """The limits that the conditions, taken together, put on the columns of these names and types of the spec."""
    by_spelling = {name.lower(): (name, _kind(type_)) for name, type_ in types.items()}
    found: Found = {}
    for condition in conditions:
        try:
            parsed = _Parser(_tokens(condition), by_spelling).condition()
        except (_NotUnderstood, IndexError, ArithmeticError, ValueError, RecursionError):
            continue
        found = _merged(found, parsed)
    return {name: limits for name, limits in found.items() if limits != Limits()}


def _kind(type_: str) -> str:
    return KINDS.get(type_.partition("(")[0], "")


def _coerced(value: Any, kind: str) -> Any:
    """The literal as a value of that kind of type: PostgreSQL writes -1 as `'-1'::integer`."""
    if isinstance(value, bool):
        raise _NotUnderstood
    if kind == "whole":
        return int(str(value))
    if kind == "number":
        number = Decimal(str(value))
        return int(number) if number == number.to_integral_value() else float(number)
    if not isinstance(value, str) or not kind or (kind == "time" and not ISO_TIME.match(value)):
        raise _NotUnderstood
    return value


def _merged(one: Found, other: Found) -> Found:
    return {name: one.get(name, Limits()).both(other.get(name, Limits())) for name in {**one, **other}}


def _tighter(choose: Any, one: Any, other: Any) -> Any:
    if one is None or other is None:
        return other if one is None else one
    return choose(one, other) if isinstance(one, str) == isinstance(other, str) else one


def _tokens(condition: str) -> list[tuple[str, str]]:
    tokens, position = [], 0
    while position < len(condition):
        match = TOKEN.match(condition, position)
        if not match:
            raise _NotUnderstood
        position = match.end()
        if match.lastgroup and match.lastgroup != "cast":
            tokens.append((match.lastgroup, match[0]))
    if tokens and tokens[0][1].lower() == "check":
        tokens = tokens[1:]
    return [*tokens, ("end", "")]


class _Parser:
    """Recursive descent over the few forms that databases write CHECKs in."""

    def __init__(self, tokens: list[tuple[str, str]], names: Mapping[str, tuple[str, str]]) -> None:
        self.tokens = tokens
        self.names = names
        self.position = 0

    def condition(self) -> Found:
        """The limits of the whole condition."""
        if ("word", "case") in ((kind, text.lower()) for kind, text in self.tokens):
            self._fail()
        found = self._any()
        if found is NULL:
            return {}
        if self._peek() == "not":
            self.position += 2  # PostgreSQL's NOT VALID
        return found if self.tokens[self.position][0] == "end" else self._fail()

    def _fail(self) -> Any:
        raise _NotUnderstood

    def _peek(self) -> str:
        return self.tokens[self.position][1].lower()

    def _take(self, *wanted: str) -> str | None:
        if self.tokens[self.position][0] in ("word", "operator") and self._peek() in wanted:
            self.position += 1
            return self.tokens[self.position - 1][1].lower()
        return None

    def _need(self, wanted: str) -> None:
        if not self._take(wanted):
            self._fail()

    def _any(self) -> Any:
        arms = [self._all()]
        while self._take("or"):
            arms.append(self._all())
        # A CHECK lets NULL pass in any case, so that `x is null or …` says no more than the rest.
        arms = [arm for arm in arms if arm is not NULL] or [NULL]
        if len(arms) == 1:
            return arms[0]
        names = {name for arm in arms for name in arm}
        if len(names) == 1 and all(len(arm) == 1 for arm in arms):
            (name,) = names
            lists = [arm[name].values for arm in arms]
            if all(values is not None for values in lists):
                return {name: Limits(tuple(dict.fromkeys(value for values in lists for value in values or ())))}
        return {}

    def _all(self) -> Any:
        arms = [self._one()]
        while self._take("and"):
            arms.append(self._one())
        if len(arms) == 1:
            return arms[0]
        found: Found = {}
        for arm in arms:
            found = _merged(found, arm if arm is not NULL else {})
        return found

    def _one(self) -> Any:
        """A condition in parentheses or a comparison; what is not understood is passed over and says nothing."""
        start = self.position
        try:
            if self._take("("):
                found = self._any()
                self._need(")")
                if self._peek() in ("and", "or", ")", "") or self._peek() == "not":
                    return found
                self.position = start
            return self._comparison()
        except (_NotUnderstood, ArithmeticError, ValueError):
            self.position = start
            self._pass_over()
            return {}

    def _pass_over(self) -> None:
        depth = 0
        between = False
        while self.tokens[self.position][0] != "end":
            word = self._peek() if self.tokens[self.position][0] in ("word", "operator") else ""
            if depth == 0 and (word in ("or", ")") or (word == "and" and not between)):
                return
            between = (between or word == "between") and word != "and"
            depth += (word == "(") - (word == ")")
            self.position += 1

    def _comparison(self) -> Any:
        left = self._operand()
        if self._take("is"):
            if self._take("not"):
                self._need("null")
                return {}
            self._need("null")
            return NULL
        if self._take("between"):
            low = self._literal()
            self._need("and")
            return self._limit(left, Limits(min=low, max=self._literal()))
        if self._take("in"):
            return self._limit(left, Limits(self._list("(", ")")))
        operator = self._take("=", "==", "<", ">", "<=", ">=")
        if not operator:
            self._fail()
        operator = operator.replace("==", "=")
        if operator == "=" and self._take("any"):
            return self._limit(left, Limits(self._array()))
        right = self._operand()
        if isinstance(right, _Name) and not isinstance(left, _Name):
            left, right, operator = right, left, FLIPPED[operator]
        if isinstance(right, _Name):
            self._fail()
        if operator == "=":
            return self._limit(left, Limits((right,)))
        bound = _coerced(right, left.kind) if isinstance(left, _Name) else self._fail()
        if left.kind == "whole":
            # `> 0` is `>= 1` for whole numbers; for others the bound itself is let in.
            bound += {"<": -1, ">": 1}.get(operator, 0)
        return {left.name: Limits(max=bound) if operator in ("<", "<=") else Limits(min=bound)}

    def _limit(self, left: Any, limits: Limits) -> Found:
        if not isinstance(left, _Name) or (left.kind == "time" and limits.values):
            raise _NotUnderstood
        values = tuple(_coerced(value, left.kind) for value in limits.values) if limits.values else None
        bounds = [None if bound is None else _coerced(bound, left.kind) for bound in (limits.min, limits.max)]
        return {left.name: Limits(values, *bounds)}

    def _operand(self) -> Any:
        if self._take("("):
            inner = self._operand()
            self._need(")")
            return inner
        kind, text = self.tokens[self.position]
        if kind == "name" or (kind == "word" and text.lower() in self.names):
            self.position += 1
            spelling = text[1:-1].replace(text[-1] * 2, text[-1]) if kind == "name" else text
            return _Name(*self.names[spelling.lower()]) if spelling.lower() in self.names else self._fail()
        return self._literal()

    def _literal(self) -> Any:
        if self._take("("):
            inner = self._literal()
            self._need(")")
            return inner
        negative = self._take("-")
        kind, text = self.tokens[self.position]
        self.position += 1
        if kind == "number":
            number = int(text) if text.isdigit() else Decimal(text)
            return -number if negative else number
        if negative:
            self._fail()
        if kind == "text":
            return text[text.index("'") + 1 : -1].replace("''", "'")
        if kind == "word" and text.lower() in ("true", "false"):
            return text.lower() == "true"
        if kind == "word" and text.lower() in ("date", "timestamp") and self.tokens[self.position][0] == "text":
            return self._literal()
        return self._fail()

    def _list(self, opening: str, closing: str) -> tuple[Any, ...]:
        self._need(opening)
        values = [self._literal()]
        while self._take(","):
            values.append(self._literal())
        self._need(closing)
        return tuple(dict.fromkeys(values))

    def _array(self) -> tuple[Any, ...]:
        depth = 0
        while self._take("("):
            depth += 1
        self._need("array")
        values = self._list("[", "]")
        for _ in range(depth):
            self._need(")")
        return values
