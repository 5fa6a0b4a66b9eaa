"""The parts of a stream's job that are easier to read as code than as a template: its columns, aggregates and joins."""

from __future__ import annotations

from collections.abc import Iterator

from platform_new.plan.streams import PlannedStream
from platform_new.render.quoting import py
from platform_new.render.spark import LINE, call, example_value, spark_type
from platform_new.spec.events.joins import Joined, joined_names
from platform_new.spec.events.lake import PARTS, POSITION, WINDOW, result_type
from platform_new.spec.events.models import Aggregate


def stream_columns(stream: PlannedStream) -> list[tuple[str, str]]:
    """The columns of a stream's table in the lake besides the fields of events, with their types."""
    spec, fields = stream.spec, {field.name: field for field in stream.seen.fields}
    if spec.window is None:
        return [(name, "bigint") for name in POSITION]
    columns = [(name, "timestamptz") for name in WINDOW]
    columns += [(name, fields[name].type) for name in spec.group_by]
    for aggregate in spec.aggregates:
        if aggregate.function == "avg":
            columns += zip(_parts(aggregate), ("double", "bigint"), strict=True)
        else:
            columns.append((aggregate.name, result_type(aggregate, stream.seen)))
    return columns


def _joined_columns(stream: PlannedStream) -> list[tuple[str, str]]:
    """The joined columns in the rows of a stream of events, with their types."""
    fields = {field.name: field for field in stream.seen.fields}
    return [(name, fields[name].type) for name in joined_to_rows(stream)]


def _parts(aggregate: Aggregate) -> tuple[str, ...]:
    """The columns that an average is computed from."""
    return tuple(f"{aggregate.name}{part}" for part in PARTS)


def stream_fields(stream: PlannedStream, indent: int) -> str:
    """The `StructField`s of a stream's table; for a stream of events, also the topic's fields and joined columns."""
    space = " " * indent
    lines = [f"{space}T.StructField({py(name)}, {spark_type(type_)})," for name, type_ in stream_columns(stream)]
    if stream.spec.window is None:
        lines.append(f"{space}*TOPIC.schema.fields,")
    lines += [f"{space}T.StructField({py(name)}, {spark_type(type_)})," for name, type_ in _joined_columns(stream)]
    return "\n".join(lines)


def partial_aggregates(stream: PlannedStream) -> list[tuple[str, str]]:
    """The partial aggregates of a batch, as expressions; those of all batches combine to the whole."""
    found = []
    for aggregate in stream.spec.aggregates:
        of = py(aggregate.field or "*")
        if aggregate.function == "avg":
            made = (f'F.sum({of}).cast("double")', f"F.count({of})")
            found += zip(_parts(aggregate), made, strict=True)
        elif aggregate.function == "sum":
            type_ = spark_type(result_type(aggregate, stream.seen))
            found.append((aggregate.name, f"F.sum({of}).cast({type_})"))
        else:
            found.append((aggregate.name, f"F.{aggregate.function}({of})"))
    return found


def combined(stream: PlannedStream) -> list[tuple[str, str]]:
    """The function that combines the partial aggregates, for each aggregate that is not summed."""
    return [(each.name, each.function) for each in stream.spec.aggregates if each.function in ("min", "max")]


def made_of(stream: PlannedStream) -> list[tuple[str, str]]:
    """A description of each aggregate, and of each joined column of the table."""
    joined = {
        name: f"{each.source.name}.{each.table.name}.{column.name} by {each.join.field}"
        for each in stream.joins
        for name, column in each.columns
    }
    kept = grouped_by_joined(stream) if stream.spec.window else list(joined)
    aggregates = [
        (each.name, f"{each.function}({joined.get(each.field or '', each.field or '*')})")
        for each in stream.spec.aggregates
    ]
    return [*((name, joined[name]) for name in kept), *aggregates]


def groups(stream: PlannedStream) -> str:
    """The constant with the fields to group by within a window, on one or more lines."""
    names = [py(name) for name in stream.spec.group_by]
    line = f"GROUPS = ({', '.join(names)}{',' * (len(names) == 1)})"
    return line if len(line) <= LINE else "\n".join(["GROUPS = (", *(f"    {name}," for name in names), ")"])


def grouped_by_joined(stream: PlannedStream) -> list[str]:
    """The joined columns to group by."""
    return [name for name in stream.spec.group_by if name in joined_names(stream.spec)]


def joined_to_rows(stream: PlannedStream) -> tuple[str, ...]:
    """The joined columns in the rows of a stream of events."""
    return joined_names(stream.spec) if stream.spec.window is None else ()


def lookup_name(joined: Joined) -> str:
    """The name of a joined table's rows in a job."""
    return f"by_{joined.join.field}"


def lookup_definition(joined: Joined, stream: PlannedStream) -> str:
    """The definition of a joined table, on several lines."""
    lines = [f"{lookup_name(joined).upper()} = Lookup("]
    names = {"events": stream.events.name, "source": joined.source.name, "table": joined.table.name}
    lines += [f"    {key}={py(name)}," for key, name in names.items()]
    lines += ["    schema=T.StructType(", "        ["]
    for name, type_, origin in _lookup_columns(joined):
        metadata = [f'metadata={{"origin": {py(origin)}}}'] if origin != name else []
        lines += call("T.StructField", [py(name), spark_type(type_), *metadata], " " * 12, ",")
    return "\n".join([*lines, "        ]", "    ),", ")"])


def _lookup_columns(joined: Joined) -> Iterator[tuple[str, str, str]]:
    """The columns with their types and their names in the table; the column that events refer to is first."""
    yield joined.join.field, joined.key.type, joined.key.name
    for name, column in joined.columns:
        yield name, column.type, column.name


def join_lines(stream: PlannedStream) -> str:
    """The lines that join the current rows of the tables to the events."""
    lines: list[str] = []
    for each in stream.joins:
        rows = f"F.broadcast({lookup_name(each).upper()}.rows(spark))"
        lines += call("events = events.join", [rows, py(each.join.field), '"left"'], " " * 4)
    for name in grouped_by_joined(stream):
        lines += call("events = events.withColumn", [py(name), f"known({py(name)})"], " " * 4)
    return "\n".join(lines)


def example_rows(stream: PlannedStream) -> str:
    """For the test of a job: a row of each joined table that matches the example event, by the referring field."""
    fields = {field.name: field for field in stream.seen.fields}
    lines = ["ROWS = {"]
    for each in stream.joins:
        lines.append(f"    {py(each.join.field)}: {{")
        names = (each.join.field, *(name for name, _ in each.columns))
        lines += [f"        {py(name)}: {py(example_value(fields[name]))}," for name in names]
        lines.append("    },")
    return "\n".join([*lines, "}"])


FILTERS = {
    function.__name__: function
    for function in (
        stream_fields,
        partial_aggregates,
        combined,
        made_of,
        groups,
        grouped_by_joined,
        joined_to_rows,
        lookup_definition,
        join_lines,
        example_rows,
    )
}
