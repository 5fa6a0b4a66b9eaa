"""Infers the types of columns in text files so that they hold every value, and the format of numbers, dates and nulls.

The records are in a DuckDB table of texts: `file`, `line`, and `c0`, `c1`… Every value is tested.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from platform_new.introspect.catalog import CanonicalType
from platform_new.introspect.engines.text_files import module
from platform_new.introspect.engines.text_layout import Found, layout_of
from platform_new.spec.data_type import MAX_PRECISION, decimal

TOKENS = (
    *("NULL", "null", "Null", r"\N", "NA", "N/A", "n/a", "#N/A", "None", "none", "nil", "(null)"),
    *("-", "--", "?", ".", "0000-00-00", "0000-00-00 00:00:00"),
)
EVERYWHERE = (r"\N", "NULL")
"""The tokens that also mean a missing value in text columns."""

SIGN = "[+-]?"
PATTERNS = {
    "whole": rf"{SIGN}\d+",
    "coded": rf"{SIGN}0\d+|\+\d+",
    "point": rf"{SIGN}\d*[.]\d+|{SIGN}\d+[.]",
    "comma": rf"{SIGN}\d*,\d+",
    "scientific": rf"{SIGN}\d+([.]\d+)?[eE]{SIGN}\d+",
    "points": rf"{SIGN}[1-9]\d{{0,2}}([.]\d{{3}})+",
    "commas": rf"{SIGN}[1-9]\d{{0,2}}(,\d{{3}})+",
    "points_only": rf"{SIGN}[1-9]\d{{0,2}}([.]\d{{3}}){{2,}}|{SIGN}[1-9]\d{{0,2}}([.]\d{{3}})+,\d+",
    "commas_only": rf"{SIGN}[1-9]\d{{0,2}}(,\d{{3}}){{2,}}|{SIGN}[1-9]\d{{0,2}}(,\d{{3}})+[.]\d+",
    "spaces": rf"{SIGN}\d{{1,3}}({module('values').SPACES}\d{{3}})+([.,]\d+)?",
    "spaced_comma": rf"{SIGN}\d{{1,3}}({module('values').SPACES}\d{{3}})+,\d+",
    "spaced_point": rf"{SIGN}\d{{1,3}}(({module('values').SPACES}|')\d{{3}})+[.]\d+",
    "apostrophes": rf"{SIGN}\d{{1,3}}('\d{{3}})+([.]\d+)?",
    "not_finite": rf"(?i:nan|{SIGN}inf(inity)?)",
}
CLOCKS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p")
DAYS = ("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d")
DIGITS_OF_A_DOUBLE = 15
SCALES = (2, 4, 6, 9)
ZONED = r"(Z|UTC|:\d\d([.]\d+)? ?[+-]\d\d(:?\d\d)?)$"
TOTAL = r"(?i)((grand|sub) ?)?(total|sum|summe|gesamt|gesamtsumme|somme|suma|totaal|totale)s?:?"


@dataclass
class Column:
    """A column: its place in the table of texts, its name, and how many values match each pattern."""

    place: str
    name: str
    counts: dict[str, int] = field(default_factory=dict)
    tokens: tuple[str, ...] = ()
    days: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()

    @property
    def values(self) -> int:
        """How many values it has, without tokens that may mean a missing value."""
        return self.counts["values"]

    @property
    def numbers(self) -> int:
        """How many values are numbers in any notation."""
        return self.counts["numbers"]

    @property
    def is_number(self) -> bool:
        """Whether all values are numbers."""
        return self.counts["not_finite"] < self.values == self.numbers

    @property
    def is_typed(self) -> bool:
        """Whether all values have the same type other than text."""
        kinds = ("days", "moments", "zoned", "times", "flags")
        return self.is_number or (
            bool(self.values)
            and (any(self.counts[kind] == self.values for kind in kinds) or bool(self.days or self.moments))
        )

    @property
    def has_decimal_comma(self) -> bool:
        """Whether a value can only be parsed with a comma as the decimal separator."""
        return (self.is_number and self.counts["comma"] > self.counts["commas"]) or self._any(
            "points_only", "spaced_comma"
        )

    @property
    def has_decimal_point(self) -> bool:
        """Whether a value can only be parsed with a point as the decimal separator."""
        return (self.is_number and self.counts["point"] > self.counts["points"]) or self._any(
            "commas_only", "spaced_point"
        )

    def _any(self, *kinds: str) -> bool:
        return self.is_number and any(self.counts[kind] for kind in kinds)


def infer(
    connection: Any, table: str, names: Sequence[str], found: Found, plain: Mapping[str, bool]
) -> dict[str, CanonicalType]:
    """The type of each column; the format of values is added to `found`.

    `plain` says for the columns of JSON whether their values are quoted texts, which are never numbers.
    """
    columns = [_profile(connection, table, f"c{number}", name) for number, name in enumerate(names)]
    if not plain:
        _nulls(found, columns)
        _separators(found, columns)
    _date_formats(found, columns)
    return {column.name: _type(connection, table, column, found, plain) for column in columns}


def total_line(connection: Any, table: str, count: int) -> int | None:
    """The last line if it, and no other line, is labelled as a total."""
    if not count:
        return None
    is_total = " or ".join(f"regexp_full_match(trim(c{number}), '{TOTAL}')" for number in range(count))
    query = f"select line, coalesce({is_total}, false) from {table} order by file desc, line desc limit 1"
    line, found = connection.execute(query).fetchone() or (None, False)
    many = connection.execute(f"select count(*) from {table} where {is_total}").fetchone()[0]
    return line if found and many == 1 else None


def _profile(connection: Any, table: str, place: str, name: str) -> Column:
    literal = module("values").literal
    column = Column(place, name)
    listed = ", ".join(map(literal, TOKENS))
    tokens = f"select distinct trim({place}) from {table} where trim({place}) in ({listed})"
    column.tokens = tuple(sorted(token for (token,) in connection.execute(tokens).fetchall()))
    numeric = "|".join(PATTERNS[kind] for kind in PATTERNS if kind != "coded")
    layout = module("records").Layout()
    value = module("values").value
    counted = {
        "values": "true",
        "numbers": _matches(numeric),
        **{kind: _matches(pattern) for kind, pattern in PATTERNS.items()},
        "days": f"{value('v', 'date', layout)} is not null",
        "moments": f"{value('v', 'timestamp', layout)} is not null",
        "zoned": f"regexp_matches(v, '{ZONED}') and {value('v', 'timestamptz', layout)} is not null",
        "times": f"{value('v', 'time', layout)} is not null",
        "flags": "lower(v) in ('true', 'false')",
    }
    sums = ", ".join(f"count_if({condition})" for condition in counted.values())
    texts = f"(select trim({place}) as v from {table} where trim({place}) not in ('', {listed}))"
    row = connection.execute(f"select {sums} from {texts}").fetchone()
    column.counts = dict(zip(counted, (number or 0 for number in row), strict=True))
    if column.values and not column.numbers and not column.counts["moments"]:
        column.days = _formats(connection, texts, column.values, DAYS)
        column.moments = _formats(
            connection, texts, column.values, [f"{day} {clock}" for day in DAYS for clock in CLOCKS]
        )
    return column


def _matches(pattern: str) -> str:
    return f"regexp_full_match(v, {module('values').literal(pattern)})"


def _formats(connection: Any, texts: str, count: int, formats: Sequence[str]) -> tuple[str, ...]:
    """The formats that every value is a date in."""
    sums = ", ".join(f"count_if(year(try_strptime(v, '{each}')) >= 1000)" for each in formats)
    row = connection.execute(f"select {sums} from {texts}").fetchone()
    return tuple(each for each, fitting in zip(formats, row, strict=True) if fitting == count)


def _nulls(found: Found, columns: Sequence[Column]) -> None:
    proven = sorted({token for column in columns if column.is_typed for token in column.tokens})
    certain = {token for column in columns for token in column.tokens if token == r"\N"}
    everywhere = [token for token in EVERYWHERE if token in proven or token in certain]
    typed = [token for token in proven if token not in everywhere]
    if everywhere:
        found.say(f"{_listed(everywhere)} among other values means a missing value", nulls=tuple(everywhere))
    if typed:
        among = "occurs among numbers or dates, and is a value in text columns"
        found.say(f"{_listed(typed)} {among}", typed_nulls=tuple(typed))


def _listed(tokens: Sequence[str]) -> str:
    return ", ".join(f"`{token}`" for token in tokens)


def _separators(found: Found, columns: Sequence[Column]) -> None:
    commas = [column for column in columns if column.has_decimal_comma and not column.has_decimal_point]
    points = [column for column in columns if column.has_decimal_point and not column.has_decimal_comma]
    tie_breaker = 0.5 if found.given.get("delimiter") == ";" else -0.5
    decimal = "," if commas and len(commas) + tie_breaker > len(points) else "."
    if commas and decimal == ",":
        found.say(f"{commas[0].name} can only be parsed with a decimal comma", decimal=",")
    numbers = [column for column in columns if column.is_number]
    by_point = [column for column in numbers if column.counts["points"] or column.counts["points_only"]]
    by_comma = [column for column in numbers if column.counts["commas"] or column.counts["commas_only"]]
    if decimal == "," and by_point:
        found.say(f"points in {by_point[0].name} precede three digits each", thousands=".")
    elif decimal == "." and points and by_comma:
        found.say(f"commas in {by_comma[0].name} precede three digits each", thousands=",")
    elif any(column.counts["spaces"] for column in numbers):
        found.say("spaces group the digits", thousands=" ")
    elif any(column.counts["apostrophes"] for column in numbers):
        found.say("apostrophes group the digits", thousands="'")
    found.decided = bool(commas or points)


def _date_formats(found: Found, columns: Sequence[Column]) -> None:
    for kind, key in (("days", "date"), ("moments", "timestamp")):
        choices = [getattr(column, kind) for column in columns if getattr(column, kind)]
        certain = [formats[0] for formats in choices if len(formats) == 1]
        if certain:
            found.say(f"only `{certain[0]}` fits every {key}", **{key: certain[0]})
    day, moment = found.given.get("date"), found.given.get("timestamp")
    # Dates and timestamps of the same file have the same order of day and month.
    for column in columns:
        if column.moments and not moment and day:
            moment = next((each for each in column.moments if each.startswith(f"{day} ")), None)
            if moment:
                found.say("the same order of day and month as the dates", timestamp=moment)
        if column.days and not day and moment:
            day = next((each for each in column.days if moment.startswith(f"{each} ")), None)
            if day:
                found.say("the same order of day and month as the timestamps", date=day)


def _type(connection: Any, table: str, column: Column, found: Found, plain: Mapping[str, bool]) -> CanonicalType:
    counts, values = column.counts, column.values
    quoted = plain.get(column.name, False)
    if not values:
        return CanonicalType("text")
    if column.is_number and not quoted:
        return _number(connection, table, column, found)
    if counts["flags"] == values and not quoted:
        return CanonicalType("boolean")
    for kind, type_ in (("days", "date"), ("zoned", "timestamptz"), ("moments", "timestamp"), ("times", "time")):
        if counts[kind] == values:
            return CanonicalType(type_)
    for kind, key, type_ in (("days", "date", "date"), ("moments", "timestamp", "timestamp")):
        formats = getattr(column, kind)
        if formats and found.given.get(key) in formats:
            return CanonicalType(type_)
        if formats and key in found.given:
            return CanonicalType("text", note=f"dates as {formats[0]}, but `format` can only have {found.given[key]}")
        if formats:
            which = " or ".join(formats)
            return CanonicalType("text", note=f"dates as {which}: set `format: {{{key}: …}}` and `type: {type_}`")
    if not quoted and 0.9 * values <= column.numbers < values:
        others = values - column.numbers
        line = _first_other(connection, table, column)
        return CanonicalType("text", note=f"{others} of {values} values are not numbers, the first on line {line}")
    return CanonicalType("text")


def _first_other(connection: Any, table: str, column: Column) -> int:
    listed = ", ".join(map(module("values").literal, TOKENS))
    numeric = "|".join(PATTERNS.values())
    query = (
        f"select line from (select file, line, trim({column.place}) as v from {table}) where v not in ('', {listed})"
    )
    return connection.execute(f"{query} and not {_matches(numeric)} order by file, line limit 1").fetchone()[0]


def _number(connection: Any, table: str, column: Column, found: Found) -> CanonicalType:
    counts = column.counts
    if counts["coded"]:
        return CanonicalType("text", note="codes: some begin with a zero or a plus")
    decided = found.decided
    thousands = found.given.get("thousands", "")
    if not decided and counts["commas"]:
        return CanonicalType(
            "text", note="`1,234` may have thousands or decimals: set `thousands` or `decimal` in `format`"
        )
    note = ""
    if not decided and counts["points"] and not thousands:
        if found.given.get("delimiter", ",") == ";":
            return CanonicalType("text", note="`1.234` may have thousands or decimals: set `thousands` in `format`")
        note = "three digits follow each point: if points separate thousands, set `thousands: .` in `format`"
    layout = layout_of(found.given)
    text = module("values").given(column.place, "bigint", layout)
    pick = f"from (select {text} as v from {table}) where v is not null"
    plain = module("values").plain_number("v", layout)
    parts = f"select {plain} as p {pick}"
    query = (
        f"select max(length(ltrim(regexp_extract(p, '^[+-]?([0-9]*)', 1), '0'))), "
        f"max(length(rtrim(regexp_extract(p, '[.]([0-9]*)$', 1), '0'))), "
        f"max(length(regexp_replace(p, '[^0-9]', '', 'g'))) from ({parts})"
    )
    digits, scale, significant = (int(number or 0) for number in connection.execute(query).fetchone())
    type_ = "double" if counts["scientific"] else _decimal(digits, scale, significant)
    if counts["not_finite"]:
        note = f"{counts['not_finite']} values are NaN or infinite, which a decimal cannot hold"
        type_ = "double" if significant <= DIGITS_OF_A_DOUBLE else "text"
    if type_ == "bigint" and counts["point"] and not thousands:
        type_ = "numeric(18, 2)"
    fits = module("values").value("v", type_, layout)
    misfits = connection.execute(f"select count(*) {pick} and {fits} is null").fetchone()[0]
    if misfits:
        return CanonicalType("text", note=f"{misfits} values have other separators than the rest of the file")
    if type_ == "text":
        return CanonicalType(
            "text", note=note or f"numbers with {digits} digits and {scale} decimals, too many for a decimal"
        )
    return CanonicalType(type_, note=note)


def _decimal(digits: int, scale: int, significant: int) -> str:
    """The narrowest type that holds numbers with these digits before and after the point."""
    if not scale:
        return "bigint" if digits <= 18 else decimal(MAX_PRECISION) if digits <= MAX_PRECISION else "text"
    room = next((each for each in SCALES if each >= scale), scale)
    if scale > SCALES[-1] and significant <= 17:
        return "double"
    if digits + room <= 18:
        return decimal(18, room)
    return decimal(MAX_PRECISION, room) if digits + room <= MAX_PRECISION else "text"
