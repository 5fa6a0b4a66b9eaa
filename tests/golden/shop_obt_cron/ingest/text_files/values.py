"""DuckDB SQL that casts texts to the types of the spec: exactly, or to NULL.

A number is never rounded, and only the separators of the layout are accepted.
"""

from __future__ import annotations

import re

from .records import Layout

TEXTS = ("text", "uuid", "json")
WHOLE = ("smallint", "integer", "bigint")
UNBOUNDED = (38, 9)
# The spaces that can group digits.
SPACES = "[ \u00a0\u202f]"
DAY = r"\d{4}-\d{2}-\d{2}"
CLOCK = r"\d{2}:\d{2}(:\d{2}([.]\d{1,6}0*)?)?"
ZONE = r" ?(Z|UTC|[+-]\d{2}(:?\d{2})?)"
MIDNIGHT = r"([ T]00:00(:00([.]0+)?)?Z?)?"
TRUE = "('true', 't', 'yes', 'y', '1')"
FALSE = "('false', 'f', 'no', 'n', '0')"


def given(raw: str, type_: str, layout: Layout) -> str:
    """The text of a field, or NULL if it represents a missing value."""
    base = type_.partition("(")[0]
    if base in TEXTS:
        text, nulls = raw, layout.nulls
    else:
        text, nulls = f"trim({raw})", ("", *layout.nulls, *layout.typed_nulls)
    if not nulls:
        return text
    return f"case when {text} not in ({', '.join(map(literal, nulls))}) then {text} end"


def value(text: str, type_: str, layout: Layout) -> str:
    """The text as a value of the type; NULL if the text is not such a value."""
    base = type_.partition("(")[0]
    if base in TEXTS:
        return text
    if base in WHOLE:
        plain = f"regexp_replace({plain_number(text, layout)}, '[.]0*$', '')"
        return _guarded(text, whole(layout) + _fraction(layout, 0), f"try_cast({plain} as {base})")
    if base == "numeric":
        precision, scale = _bounds(type_)
        cast = f"try_cast({plain_number(text, layout)} as decimal({precision}, {scale}))"
        return _guarded(text, _number(layout, scale), cast)
    if base in ("real", "double"):
        return _double(text, layout)
    if base == "boolean":
        low = f"lower({text})"
        return f"case when {low} in {TRUE} then true when {low} in {FALSE} then false end"
    if base == "date":
        days = _guarded(text, DAY + MIDNIGHT, f"try_cast(left({text}, 10) as date)")
        return _or_in_format(days, text, layout.date, "date")
    if base in ("timestamp", "timestamptz"):
        iso = _guarded(text, f"{DAY}([ T]{CLOCK}({ZONE})?)?", f"try_cast({text} as {base})")
        return _or_in_format(iso, text, layout.timestamp or layout.date, base)
    if base == "time":
        return _guarded(text, CLOCK, f"try_cast({text} as time)")
    return f"try_cast({text} as blob)"


def whole(layout: Layout) -> str:
    """The pattern of an integer, grouped or not."""
    if not layout.thousands:
        return r"[+-]?\d+"
    group = SPACES if layout.thousands == " " else re.escape(layout.thousands)
    return rf"[+-]?(\d+|\d{{1,3}}({group}\d{{3}})+)"


def literal(text: str) -> str:
    """The text as a SQL literal."""
    return "'" + text.replace("'", "''") + "'"


def _number(layout: Layout, scale: int) -> str:
    point = re.escape(layout.decimal)
    least = rf"[+-]?{point}\d{{1,{scale}}}0*|" if scale else ""
    return f"{least}{whole(layout)}{_fraction(layout, scale)}"


def _fraction(layout: Layout, scale: int) -> str:
    return rf"({re.escape(layout.decimal)}\d{{0,{scale}}}0*)?"


def _double(text: str, layout: Layout) -> str:
    point = re.escape(layout.decimal)
    pattern = rf"({whole(layout)}({point}\d*)?|[+-]?{point}\d+)([eE][+-]?\d+)?"
    number = f"try_cast({plain_number(text, layout)} as double)"
    finite = f"case when isfinite({number}) then {number} end"
    special = _guarded(text, "(?i)nan|[+-]?inf(inity)?", f"try_cast({text} as double)")
    return f"coalesce({_guarded(text, pattern, finite)}, {special})"


def plain_number(text: str, layout: Layout) -> str:
    """The text of a number without grouping, and with a decimal point."""
    if layout.thousands == " ":
        text = f"regexp_replace({text}, '{SPACES}', '', 'g')"
    elif layout.thousands:
        text = f"replace({text}, {literal(layout.thousands)}, '')"
    return text if layout.decimal == "." else f"replace({text}, {literal(layout.decimal)}, '.')"


def _or_in_format(iso: str, text: str, format_: str, type_: str) -> str:
    if not format_:
        return iso
    parsed = f"try_strptime({text}, {literal(format_)})"
    # `%Y` reads a two-digit year as a year of the first century.
    return f"coalesce({iso}, case when year({parsed}) >= 1000 then {parsed}::{type_} end)"


def _guarded(text: str, pattern: str, expression: str) -> str:
    return f"case when regexp_full_match({text}, {literal(pattern)}) then {expression} end"


def _bounds(type_: str) -> tuple[int, int]:
    numbers = [int(number) for number in re.findall(r"\d+", type_)]
    return (numbers[0], numbers[1] if len(numbers) > 1 else 0) if numbers else UNBOUNDED
