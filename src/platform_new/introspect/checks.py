"""Limits that CHECK conditions put on single columns: the accepted values, or the smallest and greatest value.

A condition that is not understood adds no limits, so every limit is implied by the source.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

from sqlglot import exp, parse_one

from platform_new.spec.data_type import DataType

# It warns of syntax that it ignores, which does not matter here.
logging.getLogger("sqlglot").setLevel(logging.CRITICAL)

DIALECTS = ("postgres", "mysql", "sqlite", "duckdb")
AROUND = re.compile(r"^\s*check\b|\bnot\s+valid\s*$", re.IGNORECASE)
KINDS = {
    **dict.fromkeys(("smallint", "int", "integer", "bigint"), "whole"),
    **dict.fromkeys(("numeric", "decimal"), "exact"),
    **dict.fromkeys(("real", "double"), "float"),
    **dict.fromkeys(("text", "varchar", "char", "bpchar", "uuid"), "text"),
    **{"date": "date", "timestamp": "timestamp"},
}
"""The kinds of the spec's types and of casts. `timestamptz` has none, since its bounds depend on the session."""
NUMBERS = ("whole", "exact", "float")
FORMS = {
    **dict.fromkeys(NUMBERS, re.compile(r"-?\d{1,40}(\.\d{1,40})?([eE][-+]?\d{1,2})?", re.ASCII)),
    "text": re.compile(r".*", re.DOTALL),
    "date": re.compile(r"\d{4}-\d\d-\d\d", re.ASCII),
    "timestamp": re.compile(r"\d{4}-\d\d-\d\d([ T]\d\d:\d\d(:\d\d(\.\d+)?)?)?", re.ASCII),
}
FLIPPED = {exp.EQ: exp.EQ, exp.LT: exp.GT, exp.GT: exp.LT, exp.LTE: exp.GTE, exp.GTE: exp.LTE}


@dataclass(frozen=True)
class Limits:
    """The limits of a column's values."""

    values: tuple[Any, ...] | None = None
    min: Any = None
    max: Any = None

    def both(self, other: Limits) -> Limits:
        """The limits if both apply."""
        values = self.values if other.values is None else other.values
        if self.values is not None and other.values is not None:
            values = tuple(value for value in self.values if value in other.values)
        return Limits(values, _tighter(max, self.min, other.min), _tighter(min, self.max, other.max))


class _Column(NamedTuple):
    name: str
    kind: str


Found = dict[str, Limits]
Columns = Mapping[str, _Column]
ONLY_NULL = Limits(values=())


def limits_of(conditions: Iterable[str], types: Mapping[str, str], dialect: str = "") -> Mapping[str, Limits]:
    """The limits that all conditions together put on the columns; `types` are the columns' types of the spec by name.

    `dialect` is the kind of source that wrote the conditions; if it is not in `DIALECTS`, each of these is tried.
    """
    columns = {name: _Column(name, KINDS.get(DataType.parse(type_).base, "")) for name, type_ in types.items()}
    columns = {**{name.lower(): column for name, column in columns.items()}, **columns}
    dialects = (dialect,) if dialect in DIALECTS else DIALECTS
    said = (next(filter(None, (_said(each, columns, by) for by in dialects)), {}) for each in conditions)
    return {name: limits for name, limits in _all(said).items() if limits not in (Limits(), ONLY_NULL)}


def _said(condition: str, columns: Columns, dialect: str) -> Found:
    try:
        tree = parse_one(AROUND.sub("", condition), dialect=dialect, into=exp.Condition)
        # SQLite turns a value that is cast to a date into a number.
        return {} if dialect == "sqlite" and tree.find(exp.Cast) else _read(tree, columns)
    except Exception:  # Any condition that the parser fails on is not understood.
        return {}


def _read(condition: exp.Expression, columns: Columns) -> Found:
    condition = condition.unnest()
    if isinstance(condition, exp.And | exp.Or):
        arms = [_read(arm, columns) for arm in condition.flatten()]
        return _all(arms) if isinstance(condition, exp.And) else _any(arms)
    try:
        return _compared(condition, columns)
    except (TypeError, ValueError):
        return {}


def _all(arms: Iterable[Found]) -> Found:
    found: Found = {}
    for arm in arms:
        found.update({name: found.get(name, Limits()).both(limits) for name, limits in arm.items()})
    return found


def _any(arms: list[Found]) -> Found:
    """The values of all arms together. `… is null` adds none, since a CHECK always accepts NULL."""
    found: Found = {}
    for name in set.intersection(*map(set, arms)):
        given = [arm[name] for arm in arms if arm[name] != ONLY_NULL] or [ONLY_NULL]
        if all(limits.values is not None for limits in given):
            found[name] = Limits(tuple(dict.fromkeys(value for limits in given for value in limits.values or ())))
        elif len(given) == 1:
            found[name] = given[0]
    return found


def _compared(condition: exp.Expression, columns: Columns) -> Found:
    match condition:
        case exp.Is(this=left, expression=exp.Null()):
            return {_column(left, columns).name: ONLY_NULL}
        case exp.In(this=left, expressions=[_, *_] as right):
            return _listed(_column(left, columns), map(_literal, right))
        case exp.EQ(this=left, expression=exp.Any(this=right)):
            return _listed(_column(left, columns), _array(right))
        case exp.Between(this=left, args={"low": low, "high": high}) if not condition.args.get("symmetric"):
            column = _column(left, columns)
            return _all([_bounded(column, exp.GTE, low), _bounded(column, exp.LTE, high)])
        case exp.Binary(this=left, expression=right) if (operator := type(condition)) in FLIPPED:
            if right.find(exp.Column):
                left, right, operator = right, left, FLIPPED[operator]
            column = _column(left, columns)
            return _listed(column, [_literal(right)]) if operator is exp.EQ else _bounded(column, operator, right)
    raise ValueError(condition)


def _listed(column: _Column, values: Iterable[Any]) -> Found:
    if column.kind in ("date", "timestamp"):
        raise ValueError(column)
    return {column.name: Limits(tuple(dict.fromkeys(_coerced(value, column.kind) for value in values)))}


def _bounded(column: _Column, operator: type[exp.Expression], bound: exp.Expression) -> Found:
    value = _coerced(_literal(bound), column.kind)
    if column.kind == "text":  # The order of texts depends on the collation.
        raise ValueError(column)
    if column.kind == "whole":  # `> 0` is `>= 1`; for other kinds the limit includes the bound itself.
        value += {exp.GT: 1, exp.LT: -1}.get(operator, 0)
    return {column.name: Limits(min=value) if operator in (exp.GT, exp.GTE) else Limits(max=value)}


def _column(node: exp.Expression, columns: Columns) -> _Column:
    """The column, inside any cast that leaves every value unchanged."""
    node = node.unnest()
    if type(node) is exp.Cast:
        column, kind = _column(node.this, columns), _kind(node.to)
        if kind == column.kind or (column.kind == "whole" and kind in NUMBERS):
            return column
    elif isinstance(node, exp.Column) and len(node.parts) == 1:
        spelt = node.name if node.name in columns else node.name.lower()
        if spelt in columns:
            return columns[spelt]
    raise ValueError(node)


def _array(node: exp.Expression) -> list[Any]:
    match node.unnest():
        case exp.Cast(this=inner, to=exp.DataType(expressions=[exp.DataType() as each])):
            return [_coerced(value, _kind(each)) for value in _array(inner)]
        case exp.Array(expressions=values):
            return [_literal(value) for value in values]
    raise ValueError(node)


def _literal(node: exp.Expression) -> Any:
    match node.unnest():
        case exp.Literal(this=text, is_string=is_text):
            return text if is_text else _coerced(text, "exact")
        case exp.Neg(this=inner):
            return -_literal(inner)
        case exp.Introducer(name=charset, expression=inner) if charset.lower().startswith("_utf8"):
            return _literal(inner)
        case exp.Cast(this=inner, to=type_):
            return _coerced(_literal(inner), _kind(type_))
    raise ValueError(node)


def _kind(type_: exp.DataType) -> str:
    """The kind of a cast's type; a type with a length or scale has none, since it would truncate or round."""
    return "" if type_.expressions else KINDS.get(type_.this.value.lower(), "")


def _coerced(value: Any, kind: str) -> Any:
    """The literal as a value of this kind: PostgreSQL writes -1 as `'-1'::integer`."""
    if kind in NUMBERS and FORMS[kind].fullmatch(str(value)):
        number = Decimal(str(value))
        if number == number.to_integral_value():
            return int(number)
        if kind != "whole" and Decimal(repr(float(number))) == number:
            return float(number)
    elif kind in FORMS and isinstance(value, str) and FORMS[kind].fullmatch(value):
        return value
    raise ValueError(value)


def _tighter(choose: Callable[..., Any], *bounds: Any) -> Any:
    return choose((bound for bound in bounds if bound is not None), default=None)
