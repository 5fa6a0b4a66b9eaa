"""Reads the JSON of a message with Spark's parser, which ignores anything after the first value.

So the text is put into a frame: it is exactly one object if the parser finds the frame complete. Only
the few other texts are examined for what is wrong with them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StringType, StructField, StructType

CORRUPT = "_corrupt"
STRICT = {
    "columnNameOfCorruptRecord": CORRUPT,
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
}
ONLY, CLOSED = "only", f"closed {secrets.token_hex(8)}"
"""The members of a frame. The last name is random, so that no message can close its frame."""
PLAIN = re.compile(r"[\w .-]+")
"""A name that can be part of a path into a variant."""
EACH = None
"""In a path: every item of the list."""

Path = tuple[str | None, ...]
Place = tuple[Path, str, StructField]


def framed(value: Column, schema: StructType) -> Column:
    """The bytes as an object, with the names of messages, in its frame. Invalid UTF-8 is replaced."""
    opened, closed = F.lit(f'{{"all": {{"{ONLY}": ['), F.lit(f'], "{CLOSED}": []}}}}')
    # A map, unlike a struct, shows members that a text adds.
    frame = StructType().add("all", MapType(StringType(), ArrayType(_spelt(schema))))
    text = F.concat(opened, value.cast("string"), closed)
    return F.from_json(text, _with_corrupt(frame), STRICT)


def only(framed: Column) -> Column:
    """The object in the frame, if the frame is complete and every field is of its type."""
    members = framed.getField("all")
    whole = framed.getField(CORRUPT).isNull() & (F.size(members) == 2)
    one = members[CLOSED].isNotNull() & (F.size(members[ONLY]) == 1)
    return F.when(whole & one, F.get(members[ONLY], F.lit(0)))


def is_utf_8(value: Column) -> Column:
    """Whether bytes are valid UTF-8."""
    return F.is_valid_utf8(value.cast("string"))


def problem(condition: Column, reason: str, field: str | None = None) -> Column:
    """A struct of reason and field if the condition holds, else null."""
    found = F.struct(F.lit(reason).alias("reason"), F.lit(field).cast("string").alias("field"))
    return F.when(condition, found)


def unreadable(value: Column, schema: StructType) -> Column:
    """The problem of a message that is not one object with every field of its type."""
    every, text = list(places(schema)), value.cast("string")
    readings = F.struct(
        F.from_json(text, _with_corrupt(_spelt(schema)), STRICT).alias("typed"),
        F.from_json(text, _with_corrupt(_all_text(schema)), STRICT).alias("as_text"),
        F.try_parse_json(text).alias("untyped"),
        F.try_parse_json(F.concat(F.lit("["), text, F.lit("]"))).alias("listed"),
    )

    def said(read: Column) -> Column:
        typed, untyped, listed = (read.getField(name) for name in ("typed", "untyped", "listed"))
        # If it can be read alone, something follows the object.
        alone = typed.isNull() | typed.getField(CORRUPT).isNull()
        more = listed.isNull() | F.try_variant_get(listed, "$[1]", "variant").isNotNull()
        return F.coalesce(
            problem(~is_utf_8(value) | alone | more | ~_is_object(untyped), "not_json"),
            *(problem(wrong, "wrong_type", field) for wrong, field in _mistyped(read, every)),
            problem(F.lit(True), "wrong_type"),
        )

    # A list of one, so that Spark parses each reading once.
    return F.coalesce(
        problem(value.isNull(), "no_value"), F.get(F.transform(F.array(readings), said), F.lit(0))
    )


def _mistyped(read: Column, every: list[Place]) -> Iterator[tuple[Column, str]]:
    """For each field outside of lists: whether the message has a value of another type there.

    Lists of objects come last.
    """
    typed, as_text, untyped = (read.getField(name) for name in ("typed", "as_text", "untyped"))
    outside = [place for place in every if EACH not in place[0]]
    for path, field, definition in outside:
        if not isinstance(definition.dataType, StructType):
            yield at(as_text, path).isNotNull() & at(typed, path).isNull(), field
        elif all(PLAIN.fullmatch(name) for name in path):
            steps = "".join(f"['{name}']" for name in path)
            there = F.try_variant_get(untyped, f"${steps}", "variant")
            yield ~_is_object(there) & (F.schema_of_variant(there) != "VOID"), field
    for path, field, definition in outside:
        if isinstance(of_each(definition.dataType), StructType) and each(path, definition) != path:
            yield at(typed, path).isNotNull(), field


def _is_object(variant: Column) -> Column:
    return F.coalesce(F.schema_of_variant(variant).startswith("OBJECT"), F.lit(False))


def _spelt(schema: StructType) -> StructType:
    """The schema with the names of messages."""
    return _mapped(schema, _spelt_list)


def _spelt_list(type_: DataType) -> DataType:
    inner = of_each(type_)
    return ArrayType(_spelt(inner)) if isinstance(inner, StructType) else type_


def _all_text(schema: StructType) -> StructType:
    """The schema with every value as text."""
    return _mapped(schema, lambda _: StringType())


def _mapped(schema: StructType, leaf: Callable[[DataType], DataType]) -> StructType:
    def mapped(type_: DataType) -> DataType:
        return _mapped(type_, leaf) if isinstance(type_, StructType) else leaf(type_)

    return StructType(
        [StructField(origin(field), mapped(field.dataType)) for field in schema.fields]
    )


def _with_corrupt(schema: StructType) -> StructType:
    return StructType([*schema.fields, StructField(CORRUPT, StringType())])


def places(schema: StructType, path: Path = (), name: str = "") -> Iterator[Place]:
    """Every field with its path in the message and its name in the platform."""
    for field in schema.fields:
        here, called = (*path, origin(field)), f"{name}.{field.name}" if name else field.name
        yield here, called, field
        inner = of_each(field.dataType)
        if isinstance(inner, StructType):
            yield from places(inner, each(here, field), called)


def origin(field: StructField) -> str:
    """The name of the field in messages."""
    return field.metadata.get("origin", field.name)


def each(path: Path, field: StructField) -> Path:
    """The path to the values of a field, which may be the items of a list."""
    return (*path, EACH) if isinstance(field.dataType, ArrayType) else path


def of_each(type_: DataType) -> DataType:
    """The type of the values: for a list, that of its items."""
    return type_.elementType if isinstance(type_, ArrayType) else type_


def at(value: Column, path: Path) -> Column:
    """The value at a path outside of lists."""
    return any_at(value, path, lambda inner: inner)


def any_at(value: Column, path: Path, test: Callable[[Column], Column]) -> Column:
    """Whether the test holds for a value at the path; inside lists there may be several."""
    if not path:
        return test(value)
    if path[0] is EACH:
        return F.exists(value, lambda inner: any_at(inner, path[1:], test))
    return any_at(value.getField(path[0]), path[1:], test)
