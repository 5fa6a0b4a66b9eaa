"""The types of the spec as Arrow types and dlt hints: loaded columns have exactly these types."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from ingest.casts import ROOMY, Misfit, cast_exactly, is_not_finite, number
from ingest.errors import IngestError
from ingest.spec import Column

ARROW = {
    "text": pa.string(),
    "smallint": pa.int16(),
    "integer": pa.int32(),
    "bigint": pa.int64(),
    "real": pa.float64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "time": pa.time64("us"),
    "timestamp": pa.timestamp("us"),
    "timestamptz": pa.timestamp("us", tz="UTC"),
    "uuid": pa.string(),
    "json": pa.string(),
    "binary": pa.binary(),
}
HINTS = {
    "text": {"data_type": "text"},
    "smallint": {"data_type": "bigint", "precision": 16},
    "integer": {"data_type": "bigint", "precision": 32},
    "bigint": {"data_type": "bigint"},
    "real": {"data_type": "double"},
    "double": {"data_type": "double"},
    "boolean": {"data_type": "bool"},
    "date": {"data_type": "date"},
    "time": {"data_type": "time"},
    "timestamp": {"data_type": "timestamp", "timezone": False},
    "timestamptz": {"data_type": "timestamp", "timezone": True},
    "uuid": {"data_type": "text"},
    "json": {"data_type": "text"},
    "binary": {"data_type": "binary"},
}
UNBOUNDED = (38, 9)
# The values of `source_type` for integers that represent times.
EPOCHS = {"epoch seconds": "s", "epoch milliseconds": "ms", "epoch microseconds": "us"}
EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
UNITS = {
    "s": timedelta(seconds=1),
    "ms": timedelta(milliseconds=1),
    "us": timedelta(microseconds=1),
}
WHERE = "in the source's file in sources/, then run `platform-new update` and `make run`"


def base_of(type_: str) -> str:
    """`numeric` of `numeric(10, 2)`."""
    return type_.partition("(")[0]


def precision_of(type_: str) -> tuple[int, int]:
    """Precision and scale of a numeric type; a bare `numeric` has room for both."""
    numbers = [int(number) for number in re.findall(r"\d+", type_)]
    return (numbers[0], numbers[1] if len(numbers) > 1 else 0) if numbers else UNBOUNDED


def arrow_type(type_: str) -> pa.DataType:
    """The Arrow type of a type of the spec."""
    return pa.decimal128(*precision_of(type_)) if base_of(type_) == "numeric" else ARROW[type_]


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of the columns."""
    return pa.schema([(column.name, arrow_type(column.type)) for column in columns])


def dlt_columns(columns: Sequence[Column]) -> dict[str, dict[str, Any]]:
    """The columns as dlt hints, and the column that dlt adds, which is NULL in older rows."""
    hints = {column.name: {"name": column.name, **_hint(column.type)} for column in columns}
    hints["_dlt_load_id"] = {"name": "_dlt_load_id", "data_type": "text", "nullable": True}
    return hints


def _hint(type_: str) -> Mapping[str, Any]:
    if base_of(type_) != "numeric":
        return HINTS[type_]
    precision, scale = precision_of(type_)
    return {"data_type": "decimal", "precision": precision, "scale": scale}


def conform(
    arrays: Sequence[pa.Array | pa.ChunkedArray],
    columns: Sequence[Column],
    table: str,
    replaced: Counter[str] | None = None,
    key: Sequence[str] = (),
) -> pa.RecordBatch:
    """The arrays as one batch in the types of the spec, without silently changing a value.

    `replaced` counts the values that fit no type and are loaded as NULL. Raises `IngestError` with
    the column, the value and the fix if a value does not fit or a column of the `key` is empty.
    """
    found = []
    for array, column in zip(arrays, columns, strict=True):
        if isinstance(array, pa.ChunkedArray):
            array = array.combine_chunks()
        if isinstance(array, pa.ExtensionArray):
            array = array.storage
        if unit := EPOCHS.get(column.source_type or ""):
            array = _from_epoch(array, unit)
        if base_of(column.type) == "numeric" and pa.types.is_string(array.type):
            array = _without_infinities(array, column, table, replaced)
        try:
            found.append(cast_exactly(array, arrow_type(column.type)))
        except Misfit as misfit:
            raise misfit_error(table, column, misfit.value) from misfit
        if column.name in key and found[-1].null_count:
            raise IngestError(
                f"{table}.{column.origin} is part of the key, but empty in some rows. "
                f"Remove `key` from the table {WHERE}."
            )
    return pa.record_batch(found, schema=arrow_schema(columns))


def _from_epoch(array: pa.Array, unit: str) -> pa.Array:
    if not pa.types.is_integer(array.type):
        return array
    return array.cast(pa.int64()).cast(pa.timestamp(unit, "UTC"))


def _without_infinities(
    texts: pa.Array, column: Column, table: str, replaced: Counter[str] | None
) -> pa.Array:
    odd = is_not_finite(texts)
    if count := pc.sum(odd).as_py():
        replace_with_null(replaced, table, column, "NaN or infinity, not a numeric value", count)
        return pc.if_else(odd, pa.scalar(None, pa.string()), texts)
    return texts


def replace_with_null(
    replaced: Counter[str] | None, table: str, column: Column, what: str, count: int
) -> None:
    """Count values that are loaded as NULL. Raises `IngestError` if the column is required."""
    found = f"{table}.{column.origin}: {what}"
    if column.required:
        other = "double" if base_of(column.type) == "numeric" else "text"
        raise IngestError(
            f"{found}, would become NULL in {count:,} rows, but the column is required. "
            f"Remove `required` from `{column.name}` or set its `type: {other}` {WHERE}."
        )
    if replaced is not None:
        replaced[f"{found}, loaded as NULL"] += count


def misfit_error(table: str, column: Column, value: Any) -> IngestError:
    """The error for a value that does not fit the type of its column."""
    shown = "a value" if column.pii else f"the value {str(value)[:100]!r}"
    return IngestError(
        f"{table}.{column.origin}: {shown} does not fit the type `{column.type}`. "
        f"Set `type: {_wider(column.type, value)}` for `{column.name}` {WHERE}."
    )


def _wider(type_: str, value: Any) -> str:
    """The type that holds the value and every value of `type_`."""
    if isinstance(value, bytes):
        return "binary"
    try:
        exact = number(value)
    except Misfit:
        return "text"
    digits, scale = _digits(exact)
    if type_ == "boolean":
        return "smallint" if scale == 0 and digits < 5 else "numeric(38, 9)"
    whole, decimals = {"smallint": (5, 0), "integer": (10, 0), "bigint": (19, 0)}.get(type_, (0, 0))
    if base_of(type_) == "numeric":
        precision, decimals = precision_of(type_)
        whole = precision - decimals
    elif not whole:
        return "text"
    if scale == 0 and decimals == 0 and -(2**63) <= exact < 2**63:
        return "bigint"
    scale = max(scale, decimals)
    return f"numeric(38, {scale})" if max(digits, whole) + scale <= 38 else "text"


def _digits(value: Decimal) -> tuple[int, int]:
    """The numbers of digits before and after the point."""
    _, digits, exponent = value.normalize(ROOMY).as_tuple()
    return max(len(digits) + exponent, 1), max(-exponent, 0)


def to_source(value: Any, column: Column) -> Any:
    """The cursor value as the source stores it: a number if it stores times as epochs."""
    unit = EPOCHS.get(column.source_type or "")
    if not unit or not isinstance(value, datetime):
        return value
    timestamp = value if value.tzinfo else value.replace(tzinfo=timezone.utc)
    return (timestamp - EPOCH) // UNITS[unit]


def parse(text: str, type_: str) -> Any:
    """Parse a value from the command line or a spec. Raises `IngestError` if it is not valid."""
    try:
        match base_of(type_):
            case "date":
                return _timestamp(text).date()
            case "time":
                return time.fromisoformat(text)
            case "timestamp":
                return _timestamp(text).replace(tzinfo=None)
            case "timestamptz":
                return _timestamp(text)
            case "smallint" | "integer" | "bigint":
                return int(text)
            case "numeric":
                return Decimal(text)
            case "real" | "double":
                return float(text)
            case _:
                return text
    except (ValueError, ArithmeticError) as error:
        raise IngestError(f"`{text}` is not a value of type `{type_}`.") from error


def _timestamp(text: str) -> datetime:
    """The timestamp in UTC; a text without a zone already is."""
    timestamp = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return (
        timestamp.astimezone(timezone.utc)
        if timestamp.tzinfo
        else timestamp.replace(tzinfo=timezone.utc)
    )
