"""From messages to events: each message is either an event that keeps the contract, or a dead letter with a reason.

The reasons, in the order in which they are looked for, the first one counts:

- `no_value`: the message has no value;
- `not_json`: the value is not one JSON object in UTF-8;
- `wrong_type`: a field has a value that is not of its type;
- `missing`: a required field has no value;
- `unknown_value`: a field has none of the values that it may have;
- `out_of_range`: a value is below the least or above the greatest that there may be;
- `from_the_future`: the event happened long after its message was written. It must not count, as
  it would make late whatever comes after it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import DataType, StringType, StructField, StructType

from stream.model import Topic, nullable

MESSAGE = ("topic", "partition", "offset", "timestamp", "key", "value")
CORRUPT = "_corrupt"
STRICT = {
    "columnNameOfCorruptRecord": CORRUPT,
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
}
AHEAD = "INTERVAL 1 HOUR"
"""How far the clocks of those who write events may differ from the broker's."""


def parse(messages: DataFrame, topic: Topic) -> DataFrame:
    """The messages with their `event`, or with the `reason` why it is a dead letter and the `field` at fault."""
    text = F.when(F.is_valid_utf8(F.col("value").cast("string")), F.col("value").cast("string"))
    typed = F.from_json(F.col("text"), _with_corrupt(_spelt(topic.schema)), STRICT)
    # Which field is at fault is looked for only in those few that Spark could not read.
    as_text = F.from_json(F.col("text"), _with_corrupt(_all_text(topic.schema)), STRICT)
    broken = F.col(f"typed.{CORRUPT}").isNotNull()
    read = (
        messages.select(*MESSAGE)
        .withColumn("text", text)
        .withColumn("typed", typed)
        .withColumn("as_text", F.when(broken, as_text))
        .withColumn("event", _event(topic.schema))
    )
    problem = F.coalesce(*_problems(topic), F.lit(None).cast("struct<reason:string,field:string>"))
    return read.withColumn("problem", problem).select(
        *MESSAGE,
        "event",
        F.col("problem.reason").alias("reason"),
        F.col("problem.field").alias("field"),
    )


def events(parsed: DataFrame) -> DataFrame:
    """The fields of the events that keep the contract, and where each was in the topic."""
    position = [
        F.col("partition").cast("long").alias("kafka_partition"),
        F.col("offset").alias("kafka_offset"),
    ]
    return parsed.where("reason is null").select(*position, "event.*")


def dead_letters(parsed: DataFrame) -> DataFrame:
    """The messages that do not keep the contract, as they came."""
    return parsed.where("reason is not null").select("reason", "field", *MESSAGE)


def _problems(topic: Topic) -> Iterator[Column]:
    """In order: a struct of reason and field where something is wrong, else null."""
    broken = F.col(f"typed.{CORRUPT}").isNotNull()
    yield _problem(F.col("value").isNull(), "no_value")
    yield _problem(
        F.col("typed").isNull() | F.col(f"as_text.{CORRUPT}").isNotNull() | _goes_on(), "not_json"
    )
    fields = list(_leaves(topic.schema))
    for path, field, _ in fields:
        lost = _at("as_text", path).isNotNull() & _at("typed", path).isNull()
        yield _problem(broken & lost, "wrong_type", field)
    yield _problem(broken, "not_json")
    every = list(_fields(topic.schema))
    for path, field, definition in every:
        if not definition.nullable:
            held = _at("typed", path[:-1]).isNotNull() if len(path) > 1 else F.lit(True)
            yield _problem(held & _at("typed", path).isNull(), "missing", field)
    for path, field, definition in fields:
        if values := definition.metadata.get("values"):
            yield _problem(~_at("typed", path).isin(values), "unknown_value", field)
    for path, field, definition in fields:
        for bound, beyond in (("min", "__lt__"), ("max", "__gt__")):
            if bound in definition.metadata:
                limit = F.lit(definition.metadata[bound]).cast(definition.dataType)
                yield _problem(getattr(_at("typed", path), beyond)(limit), "out_of_range", field)
    ahead = F.col(f"event.{topic.event_time}") > F.col("timestamp") + F.expr(AHEAD)
    yield _problem(ahead, "from_the_future", topic.event_time)


def _goes_on() -> Column:
    """Whether something follows the object, which `from_json` does not look at.

    Only a text with a closing brace before its end can go on. It is parsed a second time, as the
    one element of a list.
    """
    suspicious = F.instr("text", "}") < F.length("text")
    listed = F.try_parse_json(F.concat(F.lit("["), F.col("text"), F.lit("]")))
    return suspicious & (listed.isNull() | F.try_variant_get(listed, "$[1]", "variant").isNotNull())


def _problem(condition: Column, reason: str, field: str | None = None) -> Column:
    problem = F.struct(F.lit(reason).alias("reason"), F.lit(field).cast("string").alias("field"))
    return F.when(condition, problem)


Place = tuple[tuple[str, ...], str, StructField]


def _fields(schema: StructType, path: tuple[str, ...] = (), name: str = "") -> Iterator[Place]:
    """Every field with its path in the message and its name in the platform; what is in lists is left out."""
    for field in schema.fields:
        here, called = (*path, _origin(field)), f"{name}.{field.name}" if name else field.name
        yield here, called, field
        if isinstance(field.dataType, StructType):
            yield from _fields(field.dataType, here, called)


def _leaves(schema: StructType) -> Iterator[Place]:
    return (place for place in _fields(schema) if not isinstance(place[2].dataType, StructType))


def _at(column: str, path: tuple[str, ...]) -> Column:
    return reduce(lambda value, name: value.getField(name), path, F.col(column))


def _origin(field: StructField) -> str:
    return field.metadata.get("origin", field.name)


def _spelt(schema: StructType) -> StructType:
    """The schema with the names that messages have."""
    return _mapped(schema, lambda type_: type_)


def _all_text(schema: StructType) -> StructType:
    """The schema with every value as the text that it is written as."""
    return _mapped(schema, lambda _: StringType())


def _mapped(schema: StructType, leaf) -> StructType:
    def mapped(type_: DataType) -> DataType:
        return _mapped(type_, leaf) if isinstance(type_, StructType) else leaf(type_)

    return StructType(
        [StructField(_origin(field), mapped(field.dataType)) for field in schema.fields]
    )


def _with_corrupt(schema: StructType) -> StructType:
    return StructType([*schema.fields, StructField(CORRUPT, StringType())])


def _event(schema: StructType) -> Column:
    """The typed message under the names of the platform."""
    fields = [F.col("typed").getField(_origin(field)).alias(field.name) for field in schema.fields]
    return F.struct(*fields).cast(nullable(schema))
