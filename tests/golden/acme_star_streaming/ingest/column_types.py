"""The types of the spec, as Arrow types and as dlt hints: what lands has exactly these."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime, time, timezone
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

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
    """The columns as dlt wants to be told of them."""
    return {column.name: {"name": column.name, **_hint(column.type)} for column in columns}


def _hint(type_: str) -> Mapping[str, Any]:
    if base_of(type_) != "numeric":
        return HINTS[type_]
    precision, scale = precision_of(type_)
    return {"data_type": "decimal", "precision": precision, "scale": scale}


def conform(
    arrays: Sequence[pa.Array | pa.ChunkedArray], columns: Sequence[Column], table: str
) -> pa.RecordBatch:
    """The arrays as one batch in the types of the spec.

    Raises `IngestError` naming the column whose values do not fit its type.
    """
    cast = []
    for array, column in zip(arrays, columns, strict=True):
        try:
            cast.append(_cast(array, arrow_type(column.type)))
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
            raise IngestError(
                f"A value of {table}.{column.origin} is not of type `{column.type}`: {error}. "
                f"Give the column a wider type in the source's file in sources/."
            ) from error
    return pa.record_batch(cast, schema=arrow_schema(columns))


def _cast(array: pa.Array | pa.ChunkedArray, to: pa.DataType) -> pa.Array:
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if array.type == to:
        return array
    if pa.types.is_decimal(to) and pa.types.is_string(array.type):
        return _decimals(array, to)
    if pa.types.is_timestamp(to) and pa.types.is_timestamp(array.type):
        if array.type.tz is None and to.tz:
            array = pc.assume_timezone(array, to.tz)
        # Nanoseconds are cut: the warehouse keeps microseconds.
        return array.cast(to, safe=False)
    return array.cast(to)


def _decimals(texts: pa.Array, to: pa.DataType) -> pa.Array:
    try:
        return texts.cast(to)
    except pa.ArrowInvalid:
        # A decimal cannot be "not a number" or infinite: these become NULL.
        special = pc.match_substring_regex(texts, "(?i)nan|inf")
        return pc.if_else(special, pa.scalar(None, pa.string()), texts).cast(to)


def parse(text: str, type_: str) -> Any:
    """A value of that type from its text, as the command line or a spec gives it.

    Raises `IngestError` if the text is not such a value.
    """
    try:
        match base_of(type_):
            case "date":
                return _moment(text).date()
            case "time":
                return time.fromisoformat(text)
            case "timestamp":
                return _moment(text).replace(tzinfo=None)
            case "timestamptz":
                return _moment(text)
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


def _moment(text: str) -> datetime:
    """The moment in UTC, which a text without a zone is in already."""
    moment = datetime.fromisoformat(text.strip().replace("Z", "+00:00"))
    return moment.astimezone(timezone.utc) if moment.tzinfo else moment.replace(tzinfo=timezone.utc)
