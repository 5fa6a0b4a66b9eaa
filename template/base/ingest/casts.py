"""Casts that never change a value: a value that does not fit its type raises `Misfit`.

Arrow casts whole columns fast and mostly exactly. Where it cannot, or would silently lose part of a
value, the values are cast one by one, so that the error can name the value that does not fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, time, timedelta, timezone
from decimal import Context, Decimal, InvalidOperation
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

UTC = timezone.utc
MIDNIGHT = time()
TRUE = ("t", "true", "y", "yes", "on", "1")
FALSE = ("f", "false", "n", "no", "off", "0")
NOT_FINITE = r"(?i)^\s*[-+]?(nan|inf|infinity)\s*$"
NUMBER = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?")
TIMESTAMP = re.compile(
    r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})"
    r"(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d+))?)?\s*(Z|UTC|[-+]\d{2}(?::?\d{2})?)?)?"
)
# Some drivers write a time of day as a timestamp on one of these days.
TIME_OF_DAY = re.compile(r"(?:(?:1970|2000)-01-01[T ])?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d+))?)?")
ROOMY = Context(prec=2000)
DIGITS_OF_A_DOUBLE = 15


class Misfit(ValueError):
    """A value that its type cannot hold."""

    def __init__(self, value: Any) -> None:
        super().__init__(repr(value) if isinstance(value, str) else str(value))
        self.value = value


def cast_exactly(array: pa.Array, to: pa.DataType) -> pa.Array:
    """The array in another type, with every value unchanged.

    Only digits below a microsecond are cut, because no warehouse keeps them. Raises `Misfit`.
    """
    if array.type == to or pa.types.is_null(array.type):
        return array.cast(to)
    if pa.types.is_timestamp(array.type):
        if pa.types.is_timestamp(to):
            return _timestamps(array, to)
        # Arrow would silently cut any timestamp to a date or a time.
        return cast_one_by_one(array.to_pylist(), to)
    if pa.types.is_boolean(to) and not _is_bits(array):
        return cast_one_by_one(array.to_pylist(), to)
    if pa.types.is_decimal(to):
        return _decimals(array, to)
    try:
        if pa.types.is_timestamp(to) and pa.types.is_string(array.type):
            return _timestamps(array.cast(pa.timestamp("us")), to)
        return array.cast(to)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return cast_one_by_one(array.to_pylist(), to)


def _is_bits(array: pa.Array) -> bool:
    if not pa.types.is_integer(array.type):
        return False
    bounds = pc.min_max(array).as_py()
    return bounds["min"] is None or (bounds["min"] >= 0 and bounds["max"] <= 1)


def _decimals(array: pa.Array, to: pa.DataType) -> pa.Array:
    """Cast through the shortest text: Arrow rounds doubles, and misses some overflows."""
    try:
        doubles = array.cast(pa.float64()) if pa.types.is_floating(array.type) else array
        texts = doubles.cast(pa.string())
        if _have_room(texts, to):
            return texts.cast(to)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        pass
    return cast_one_by_one(array.to_pylist(), to)


def _have_room(texts: pa.Array, to: pa.DataType) -> bool:
    """Whether the type has room for all digits before the point, and no number has an exponent."""
    lengths = pc.utf8_length(texts)
    points = pc.find_substring(texts, ".")
    whole = pc.max(pc.if_else(pc.less(points, 0), lengths, points)).as_py() or 0
    exponents = pc.any(pc.match_substring(texts, "e", ignore_case=True)).as_py()
    return whole <= to.precision - to.scale and not exponents


def is_not_finite(texts: pa.Array) -> pa.Array:
    """Which of the texts are NaN or infinite."""
    return pc.match_substring_regex(texts, NOT_FINITE)


def _timestamps(array: pa.Array, to: pa.DataType) -> pa.Array:
    if array.type.tz is None and to.tz:
        array = pc.assume_timezone(array, to.tz)
    if array.type.unit == "ns":
        return array.cast(to, safe=False)
    try:
        return array.cast(to)
    except pa.ArrowInvalid as error:
        raise Misfit(pc.max(pc.abs(array.cast(pa.int64()))).as_py()) from error


def cast_one_by_one(values: Sequence[Any], to: pa.DataType) -> pa.Array:
    """Python values of any types as an array, with every value unchanged. Raises `Misfit`."""
    convert = _converter(to)
    cast = []
    for value in values:
        try:
            cast.append(None if value is None else convert(value))
        except (ValueError, TypeError, ArithmeticError) as error:
            raise Misfit(value) from error
    try:
        return pa.array(cast, to)
    except (pa.ArrowInvalid, OverflowError) as error:
        raise Misfit(next(value for value in cast if not _holds(to, value))) from error


def _holds(to: pa.DataType, value: Any) -> bool:
    try:
        pa.array([value], to)
    except (pa.ArrowInvalid, OverflowError):
        return False
    return True


def _converter(to: pa.DataType) -> Callable[[Any], Any]:
    if pa.types.is_decimal(to):
        return lambda value: _decimal(value, to.precision, to.scale)
    if pa.types.is_integer(to):
        return _integer
    if pa.types.is_floating(to):
        return _double
    if pa.types.is_boolean(to):
        return boolean
    if pa.types.is_date(to):
        return _date
    if pa.types.is_time(to):
        return time_of_day
    if pa.types.is_timestamp(to):
        return lambda value: _in_zone(timestamp(value), to.tz)
    return _encoded if pa.types.is_binary(to) else _text


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise Misfit(value)
    return value


def _encoded(value: Any) -> bytes:
    return value.encode("utf-8", "surrogateescape") if isinstance(value, str) else bytes(value)


def number(value: Any) -> Decimal:
    """The exact number in a text or number. Raises `Misfit`."""
    value = int(value) if isinstance(value, bool) else value
    text = (repr(value) if isinstance(value, float) else str(value)).strip()
    if not NUMBER.fullmatch(text):
        raise Misfit(value)
    return Decimal(text)


def _decimal(value: Any, precision: int, scale: int) -> Decimal:
    exact = number(value)
    try:
        return _scaled(exact, precision, scale)
    except Misfit:
        if not isinstance(value, float):
            raise
    # A double holds 15 digits of a decimal; further digits, as in 0.30000000000000004, are noise.
    return _scaled(Decimal(format(value, f".{DIGITS_OF_A_DOUBLE}g")), precision, scale)


def _scaled(value: Decimal, precision: int, scale: int) -> Decimal:
    try:
        scaled = value.quantize(Decimal(1).scaleb(-scale), context=ROOMY)
    except InvalidOperation as error:
        raise Misfit(value) from error
    if scaled != value or len(scaled.as_tuple().digits) > precision:
        raise Misfit(value)
    return scaled


def _integer(value: Any) -> int:
    if isinstance(value, int):
        return int(value)
    exact = number(value)
    if exact.adjusted() > 40 or exact != exact.to_integral_value():
        raise Misfit(value)
    return int(exact)


def _double(value: Any) -> float:
    if isinstance(value, str):
        return float(value) if re.match(NOT_FINITE, value) else float(number(value))
    exact = float(value)
    if isinstance(value, int) and int(exact) != value:
        raise Misfit(value)
    return exact


def boolean(value: Any) -> bool:
    """The boolean that a number or text represents. Raises `Misfit`."""
    text = str(value).strip().lower()
    if text in TRUE or text in FALSE:
        return text in TRUE
    if not isinstance(value, str) and value in (0, 1):
        return bool(value)
    raise Misfit(value)


def timestamp(value: Any) -> datetime:
    """The timestamp that a text or date represents, with its time zone if it has one.

    Raises `Misfit`.
    """
    if isinstance(value, datetime):
        return value
    if isinstance(value, date):
        return datetime.combine(value, MIDNIGHT)
    match = isinstance(value, str) and TIMESTAMP.fullmatch(value.strip())
    if not match:
        raise Misfit(value)
    year, _, month, day, hour, minute, second, fraction, zone = match.groups()
    numbers = [int(part or 0) for part in (year, month, day, hour, minute, second)]
    found = datetime(*numbers, microsecond=_microseconds(fraction))
    return found.replace(tzinfo=_zone(zone)) if zone else found


def time_of_day(value: Any) -> time:
    """The time of day that a text represents. Raises `Misfit`."""
    if isinstance(value, time):
        return value
    if isinstance(value, datetime) and value.date() == date(1970, 1, 1):
        return value.time()
    match = isinstance(value, str) and TIME_OF_DAY.fullmatch(value.strip())
    if not match:
        raise Misfit(value)
    hour, minute, second, fraction = match.groups()
    return time(int(hour), int(minute), int(second or 0), _microseconds(fraction))


def _microseconds(fraction: str | None) -> int:
    return int((fraction or "")[:6].ljust(6, "0"))


def _zone(text: str) -> timezone:
    if text in ("Z", "UTC"):
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)


def _in_zone(value: datetime, zone: str | None) -> datetime:
    """The timestamp in UTC; a timestamp without a zone already is."""
    value = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    return value if zone else value.replace(tzinfo=None)


def _date(value: Any) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    found = timestamp(value)
    if found.time() != MIDNIGHT:
        raise Misfit(value)
    return found.date()
