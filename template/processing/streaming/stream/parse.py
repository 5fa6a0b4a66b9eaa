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

import re
from collections.abc import Callable, Iterator
from functools import cache
from operator import methodcaller

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, BooleanType, DataType, StringType, StructField, StructType

from stream.model import Topic, nullable
from stream.places import EACH, Place, any_at, at, each, of_each, origin, places

MESSAGE = ("topic", "partition", "offset", "timestamp", "key", "value")
CORRUPT = "_corrupt"
STRICT = {
    "columnNameOfCorruptRecord": CORRUPT,
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
}
REASONS = (
    "no_value",
    "not_json",
    "wrong_type",
    "missing",
    "unknown_value",
    "out_of_range",
    "from_the_future",
)
"""Every reason that there is."""
PLAIN = re.compile(r"[\w .-]+")
"""A name that a path into a variant can spell."""
AHEAD = 3600
"""How far, in seconds, the clocks of those who write events may differ from the broker's."""


def parse(messages: DataFrame, topic: Topic) -> DataFrame:
    """The messages with their `event`, or with the `reason` why it is a dead letter and the `field` at fault."""
    read = messages.select(*MESSAGE)
    for name, column in _columns(topic).items():
        read = read.withColumn(name, column)
    return read.select(
        *MESSAGE,
        "event",
        F.col("problem.reason").alias("reason"),
        F.col("problem.field").alias("field"),
    )


@cache
def _columns(topic: Topic) -> dict[str, Column]:
    """What is found of a message, one after the other. Each batch asks, and it is long to write down."""
    text = F.when(F.is_valid_utf8(F.col("value").cast("string")), F.col("value").cast("string"))
    schema = _with_corrupt(_spelt(topic.schema))
    framed = F.from_json(_framed("text"), _frame(schema), STRICT)
    typed = F.from_json(F.col("text"), schema, STRICT)
    # Which field is at fault is looked for only in those few that Spark could not read.
    as_text = F.from_json(F.col("text"), _with_corrupt(_all_text(topic.schema)), STRICT)
    broken = F.col(f"typed.{CORRUPT}").isNotNull()
    no_problem = F.lit(None).cast("struct<reason:string,field:string>")
    return {
        "text": text,
        "framed": framed,
        "typed": F.when(_sound(), F.get("framed.only", F.lit(0))).otherwise(typed),
        "as_text": F.when(broken, as_text),
        "untyped": F.when(broken, F.try_parse_json("text")),
        "event": _event(topic.schema),
        "problem": F.coalesce(*_problems(topic), no_problem),
    }


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
    yield _problem(F.col("typed").isNull() | _goes_on(), "not_json")
    every = list(places(topic.schema))
    yield F.when(
        broken,
        F.coalesce(
            _problem(~_is_object(F.col("untyped")), "not_json"),
            *(_problem(wrong, "wrong_type", field) for wrong, field in _mistyped(every)),
            _problem(F.lit(True), "wrong_type"),
        ),
    )
    for path, field, definition in every:
        if not definition.nullable:
            lacks = any_at(F.col("typed"), path[:-1], _lacking(path[-1]))
            yield _problem(lacks, "missing", field)
    for path, field, definition in every:
        if values := definition.metadata.get("values"):
            unknown = any_at(F.col("typed"), each(path, definition), _not_in(values))
            yield _problem(unknown, "unknown_value", field)
    for path, field, definition in every:
        for bound, beyond in (("min", "__lt__"), ("max", "__gt__")):
            if bound in definition.metadata:
                limit = F.lit(definition.metadata[bound]).cast(of_each(definition.dataType))
                past = any_at(F.col("typed"), each(path, definition), methodcaller(beyond, limit))
                yield _problem(past, "out_of_range", field)
    latest = F.col("timestamp") + F.expr(f"INTERVAL {AHEAD} SECONDS")
    ahead = F.col(f"event.{topic.event_time}") > latest
    yield _problem(ahead, "from_the_future", topic.event_time)


def _framed(text: str) -> Column:
    """The text as all that is in a list, in an object that has something after the list.

    `from_json` does not look at what follows an object. What follows this one breaks the frame.
    """
    return F.concat(F.lit('{"only": ['), F.col(text), F.lit('], "closed": true}'))


def _frame(schema: StructType) -> StructType:
    frame = StructType().add("only", ArrayType(schema)).add("closed", BooleanType())
    return _with_corrupt(frame)


def _sound() -> Column:
    """Whether the text is one object and no more, with every field of its type: nearly always."""
    whole = F.col(f"framed.{CORRUPT}").isNull() & F.col("framed.closed")
    return F.coalesce(whole & (F.size("framed.only") == 1), F.lit(False))


def _goes_on() -> Column:
    """Whether something follows the object of a text that is not sound.

    Where the object alone could be read, that is why it is not. Else the text is parsed once more,
    as the one element of a list.
    """
    listed = F.try_parse_json(F.concat(F.lit("["), F.col("text"), F.lit("]")))
    more = listed.isNull() | F.try_variant_get(listed, "$[1]", "variant").isNotNull()
    return ~_sound() & (F.col(f"typed.{CORRUPT}").isNull() | more)


def _problem(condition: Column, reason: str, field: str | None = None) -> Column:
    problem = F.struct(F.lit(reason).alias("reason"), F.lit(field).cast("string").alias("field"))
    return F.when(condition, problem)


def _mistyped(every: list[Place]) -> Iterator[tuple[Column, str]]:
    """For each field that is in no list: whether the message has something there, but not of its type.

    A list of objects of which one is wrong comes last.
    """
    outside = [place for place in every if EACH not in place[0]]
    for path, field, definition in outside:
        if not isinstance(definition.dataType, StructType):
            yield at("as_text", path).isNotNull() & at("typed", path).isNull(), field
        elif all(PLAIN.fullmatch(name) for name in path):
            steps = "".join(f"['{name}']" for name in path)
            there = F.try_variant_get("untyped", f"${steps}", "variant")
            yield ~_is_object(there) & (F.schema_of_variant(there) != "VOID"), field
    for path, field, definition in outside:
        if isinstance(of_each(definition.dataType), StructType) and each(path, definition) != path:
            yield at("typed", path).isNotNull(), field


def _is_object(variant: Column) -> Column:
    return F.coalesce(F.schema_of_variant(variant).startswith("OBJECT"), F.lit(False))


def _lacking(name: str | None) -> Callable[[Column], Column]:
    return lambda holder: holder.isNotNull() & holder.getField(name).isNull()


def _not_in(values: list) -> Callable[[Column], Column]:
    return lambda value: ~value.isin(values)


def _spelt(schema: StructType) -> StructType:
    """The schema with the names that messages have."""
    return _mapped(schema, _spelt_list)


def _spelt_list(type_: DataType) -> DataType:
    inner = of_each(type_)
    return ArrayType(_spelt(inner)) if isinstance(inner, StructType) else type_


def _all_text(schema: StructType) -> StructType:
    """The schema with every value as the text that it is written as."""
    return _mapped(schema, lambda _: StringType())


def _mapped(schema: StructType, leaf) -> StructType:
    def mapped(type_: DataType) -> DataType:
        return _mapped(type_, leaf) if isinstance(type_, StructType) else leaf(type_)

    return StructType(
        [StructField(origin(field), mapped(field.dataType)) for field in schema.fields]
    )


def _with_corrupt(schema: StructType) -> StructType:
    return StructType([*schema.fields, StructField(CORRUPT, StringType())])


def _event(schema: StructType) -> Column:
    """The typed message under the names of the platform."""
    typed = ((F.col("typed").getField(origin(field)), field) for field in schema.fields)
    fields = (value.cast(nullable(field.dataType)).alias(field.name) for value, field in typed)
    return F.struct(*fields)
