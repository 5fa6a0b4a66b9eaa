"""What CHECK conditions say of single columns: the values that one may have, or its smallest and greatest.

A condition that is not understood says nothing, so that what is said here is always implied by the source.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlglot import exp, parse_one

# It warns of syntax that it passes over; here that is syntax that says nothing.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

DIALECTS = ("postgres", "mysql", "sqlite", "duckdb")
AROUND = re.compile(r"^\s*check\b|\bnot\s+valid\s*$", re.IGNORECASE)
# Types of the spec and of casts. Where it hangs on the session or the collation what a bound means, there is no kind.
KINDS = {
    **dict.fromkeys(("smallint", "int", "integer", "bigint"), "whole"),
    **dict.fromkeys(("numeric", "decimal"), "exact"),
    **dict.fromkeys(("real", "double"), "float"),
    **dict.fromkeys(("text", "varchar", "char", "bpchar", "uuid"), "text"),
    **{"date": "date", "timestamp": "timestamp"},
}
NUMBERS = ("whole", "exact", "float")
NUMBER = re.compile(r"[-+]?\d{1,40}(?:\.\d{1,40})?(?:[eE][-+]?\d{1,2})?", re.ASCII)
FORMS = {
    "text": re.compile(r".*", re.DOTALL),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\d(?:[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?", re.ASCII),
}
FLIPPED = {exp.EQ: exp.EQ, exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE}


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


class _Column(NamedTuple):
    name: str
    kind: str


class _NotUnderstood(Exception):
    pass


Found = dict[str, Limits]
ONLY_NULL = Limits(values=())


def limits_of(conditions: Iterable[str], types: Mapping[str, str], dialect: str = "") -> Mapping[str, Limits]:
    """The limits that the conditions, taken together, put on the columns of these names and types of the spec.

    `dialect` is the kind of source that wrote them; of another than those in `DIALECTS`, any of these is tried.
    """
    known = {name: _Column(name, KINDS.get(type_.partition("(")[0], "")) for name, type_ in types.items()}
    columns = {**{name.lower(): column for name, column in known.items()}, **known}
    dialects = (dialect,) if dialect in DIALECTS else DIALECTS
    said = (next(filter(None, (_said(each, columns, by) for by in dialects)), {}) for each in conditions)
    return {name: limits for name, limits in _all(said).items() if limits not in (Limits(), ONLY_NULL)}


def _said(condition: str, columns: Mapping[str, _Column], dialect: str) -> Found:
    try:
        tree = parse_one(AROUND.sub("", condition), dialect=dialect, into=exp.Condition)
        # SQLite makes a number of what is cast to a date.
        return {} if dialect == "sqlite" and tree.find(exp.Cast) else _read(tree, columns)
    except Exception:  # Whatever the parser stumbles over, it is not understood.
        return {}


def _read(condition: exp.Expression, columns: Mapping[str, _Column]) -> Found:
    condition = condition.unnest()
    if isinstance(condition, exp.And | exp.Or):
        arms = (_read(arm, columns) for arm in condition.flatten())
        return _all(arms) if isinstance(condition, exp.And) else _any(list(arms))
    try:
        return dict(_compared(condition, columns))
    except _NotUnderstood:
        return {}


def _all(arms: Iterable[Found]) -> Found:
    found: Found = {}
    for arm in arms:
        found.update({name: found.get(name, Limits()).both(limits) for name, limits in arm.items()})
    return found


def _any(arms: list[Found]) -> Found:
    """What every arm says: values are put together. An arm for NULL adds none, as a CHECK lets it pass in any case."""
    found: Found = {}
    for name in arms[0].keys() & set.intersection(*map(set, arms)):
        given = [arm[name] for arm in arms if arm[name] != ONLY_NULL] or [ONLY_NULL]
        if len(given) == 1:
            found[name] = given[0]
        elif all(limits.values is not None for limits in given):
            found[name] = Limits(tuple(dict.fromkeys(value for limits in given for value in limits.values or ())))
    return found


def _compared(condition: exp.Expression, columns: Mapping[str, _Column]) -> Iterator[tuple[str, Limits]]:
    match condition:
        case exp.Is(this=left, expression=exp.Null()):
            yield _column(left, columns).name, ONLY_NULL
        case exp.In(this=left, expressions=[_, *_] as right):
            yield _listed(_column(left, columns), map(_literal, right))
        case exp.EQ(this=left, expression=exp.Any(this=right)):
            yield _listed(_column(left, columns), _array(right))
        case exp.Between(this=left, args={"low": low, "high": high}) if not condition.args.get("symmetric"):
            yield _bounded(_column(left, columns), exp.GTE, low)
            yield _bounded(_column(left, columns), exp.LTE, high)
        case exp.Binary(this=left, expression=right) if type(condition) in FLIPPED:
            operator = type(condition)
            if right.find(exp.Column):
                left, right, operator = right, left, FLIPPED[operator]
            column = _column(left, columns)
            yield _listed(column, [_literal(right)]) if operator is exp.EQ else _bounded(column, operator, right)
        case _:
            raise _NotUnderstood


def _listed(column: _Column, values: Iterable[Any]) -> tuple[str, Limits]:
    if column.kind in ("date", "timestamp"):
        raise _NotUnderstood
    return column.name, Limits(tuple(dict.fromkeys(_coerced(value, column.kind) for value in values)))


def _bounded(column: _Column, operator: type[exp.Expression], bound: exp.Expression) -> tuple[str, Limits]:
    if column.kind == "text":
        raise _NotUnderstood
    value = _coerced(_literal(bound), column.kind)
    if column.kind == "whole":
        # `> 0` is `>= 1` for whole numbers; for others the bound itself is let in.
        value += {exp.GT: 1, exp.LT: -1}.get(operator, 0)
    return column.name, Limits(min=value) if operator in (exp.GT, exp.GTE) else Limits(max=value)


def _column(node: exp.Expression, columns: Mapping[str, _Column]) -> _Column:
    """The column; a cast of it has to leave every value as it is."""
    node = node.unnest()
    if type(node) is exp.Cast:
        column, kind = _column(node.this, columns), _kind(node.to)
        if kind == column.kind or (column.kind == "whole" and kind in NUMBERS):
            return column
    elif isinstance(node, exp.Column) and len(node.parts) == 1:
        column = columns.get(node.name) or columns.get(node.name.lower())
        if column:
            return column
    raise _NotUnderstood


def _array(node: exp.Expression) -> list[Any]:
    match node.unnest():
        case exp.Cast(this=inner, to=exp.DataType(expressions=[exp.DataType() as each])):
            return [_coerced(value, _kind(each)) for value in _array(inner)]
        case exp.Array(expressions=values):
            return [_literal(value) for value in values]
    raise _NotUnderstood


def _literal(node: exp.Expression) -> Any:
    node = node.unnest()
    match node:
        case exp.Literal(this=text):
            return text if node.is_string else _coerced(text, "exact")
        case exp.Neg(this=inner) if not isinstance(number := _literal(inner), str):
            return -number
        case exp.Introducer(expression=inner) if node.name.lower().startswith("_utf8"):
            return _literal(inner)
        case exp.Cast(this=inner, to=type_):
            return _coerced(_literal(inner), _kind(type_))
    raise _NotUnderstood


def _kind(cast_to: exp.DataType) -> str:
    # A type with a length or a scale cuts off or rounds.
    return "" if cast_to.expressions else KINDS.get(cast_to.this.value.lower(), "")


def _coerced(value: Any, kind: str) -> Any:
    """The literal as a value of that kind of type: PostgreSQL writes -1 as `'-1'::integer`."""
    if kind in NUMBERS and NUMBER.fullmatch(str(value)):
        number = Decimal(str(value))
        if number == number.to_integral_value():
            return int(number)
        if kind != "whole" and Decimal(repr(float(number))) == number:
            return float(number)
    elif kind in FORMS and isinstance(value, str) and FORMS[kind].fullmatch(value):
        return value
    raise _NotUnderstood


def _tighter(choose: Callable[..., Any], *bounds: Any) -> Any:
    return choose((bound for bound in bounds if bound is not None), default=None)
