"""The parts of topics in Spark that are easier to read as code than as a template: schemas and example events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from platform_new.plan.streams import PlannedEvents, PlannedStream
from platform_new.render.quoting import py
from platform_new.spec.data_type import DataType
from platform_new.spec.events.models import OBJECT, EventField, Window
from platform_new.spec.scalars import seconds_of
from platform_new.spec.write import source_yaml

TYPES = {
    "text": "StringType",
    "uuid": "StringType",
    "json": "StringType",
    "time": "StringType",
    "smallint": "ShortType",
    "integer": "IntegerType",
    "bigint": "LongType",
    "numeric": "DecimalType",
    "real": "FloatType",
    "double": "DoubleType",
    "boolean": "BooleanType",
    "date": "DateType",
    "timestamp": "TimestampType",
    "timestamptz": "TimestampType",
    "binary": "BinaryType",
}
"""The types of the spec in Spark. A `timestamp` is read as UTC, the time zone of the session."""

LINE = 100


def spark_type(type_: str) -> str:
    """The type as a Python expression, with pyspark's types as `T`."""
    known = DataType.parse(type_)
    size = ", ".join(map(str, known.digits)) if known.base == "numeric" else ""
    return f"T.{TYPES[known.base]}({size})"


def spark_fields(fields: Iterable[EventField], indent: int, event_time: str = "") -> str:
    """The `StructField`s of a topic's schema, each on separate lines."""
    return "\n".join(line for field in fields for line in _field(field, indent, field.name == event_time))


def _field(field: EventField, indent: int, required: bool) -> Iterator[str]:
    space = " " * indent
    tail = ["nullable=False"] if field.required or required else []
    if metadata := _metadata(field):
        tail.append(f"metadata={metadata}")
    if field.type != OBJECT:
        type_ = f"T.ArrayType({spark_type(field.type)})" if field.repeated else spark_type(field.type)
        yield from call("T.StructField", [py(field.name), type_, *tail], space, ",")
        return
    inner = f"{space}    "
    yield f"{space}T.StructField("
    yield f"{inner}{py(field.name)},"
    yield f"{inner}{'T.ArrayType(' if field.repeated else ''}T.StructType("
    yield f"{inner}    ["
    for each in field.fields:
        yield from _field(each, indent + 12, False)
    yield f"{inner}    ]"
    yield f"{inner}){')' if field.repeated else ''},"
    yield from (f"{inner}{part}," for part in tail)
    yield f"{space}),"


def _metadata(field: EventField) -> str:
    known: dict[str, Any] = {"origin": field.origin, "values": field.values, "min": field.min, "max": field.max}
    given = [f'"{name}": {py(value)}' for name, value in known.items() if value is not None]
    return "{" + ", ".join(given) + "}" if given else ""


def call(function: str, arguments: Sequence[str], space: str, end: str = "") -> Iterator[str]:
    """The lines of a call or a definition, wrapped as ruff would."""
    line = f"{space}{function}({', '.join(arguments)}){end}"
    if len(line) <= LINE:
        yield line
        return
    yield f"{space}{function}("
    inner = f"{space}    {', '.join(arguments)}"
    if len(inner) <= LINE:
        yield inner
    else:
        yield from (f"{space}    {argument}," for argument in arguments)
    yield f"{space}){end}"


EXAMPLES: dict[str, Any] = {
    "text": "a",
    "smallint": 1,
    "integer": 1,
    "bigint": 1,
    "numeric": 1,
    "real": 1,
    "double": 1,
    "uuid": "00000000-0000-0000-0000-000000000001",
    "json": "{}",
    "time": "09:00:00",
    "boolean": True,
    "date": "2026-01-05",
    "timestamp": "2026-01-05T09:00:00",
    "timestamptz": "2026-01-05T09:00:00Z",
    "binary": "YQ==",
}


def example_event(stream: PlannedStream) -> str:
    """An event that fulfils the contract, as a Python dictionary with the names of messages."""
    return "\n".join(_example(stream.topic.spec.fields, 0))


def _example(fields: Iterable[EventField], indent: int) -> Iterator[str]:
    yield "{"
    space = " " * (indent + 4)
    for field in fields:
        value = list(_example(field.fields, indent + 4)) if field.type == OBJECT else [py(example_value(field))]
        opening, closing = ("[", "]") if field.repeated else ("", "")
        first, last = f"{space}{py(field.source_name)}: {opening}{value[0]}", f"{closing},"
        if len(value) == 1:
            yield first + last
        else:
            yield first
            yield from value[1:-1]
            yield value[-1] + last
    yield " " * indent + "}"


def example_value(field: EventField) -> Any:
    """A valid value of the field, as in JSON."""
    if field.values:
        return field.values[0]
    for bound in (field.min, field.max):
        if bound is not None:
            return bound
    return EXAMPLES[DataType.parse(field.type).base]


def windows_of_an_event(window: Window) -> int:
    """The number of windows that contain an event at 09:00."""
    length, slide = window.seconds
    time = 1_767_603_600
    return time // slide - (time - length) // slide


def lake_yaml(events: PlannedEvents) -> str:
    """The description of a source's tables that loading them from the lake needs."""
    lines = [line for line in source_yaml(events.tables).splitlines() if not line.startswith("#")]
    lines += ["aggregates:"] if any(stream.spec.window for stream in events.streams) else []
    for stream in events.streams:
        if stream.spec.window:
            aggregates = ", ".join(f"{each.name}: {each.function}" for each in stream.spec.aggregates)
            lines.append(f"  {stream.name}: {{{aggregates}}}")
    return "\n".join(lines)


FILTERS = {
    function.__name__: function
    for function in (
        spark_fields,
        example_event,
        windows_of_an_event,
        lake_yaml,
    )
} | {"seconds": seconds_of}
