"""How a message is read: by Spark's parser of JSON, in a frame that shows what the parser passes over.

The parser takes the first value of a text and does not look at what follows it. So the text is put
into a frame, and is one object and no more if the frame is whole. Nearly every text is; only of the
others it is looked for what is wrong with them.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Iterator

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, MapType, StringType, StructField, StructType

from stream.places import EACH, Place, at, each, of_each, origin, places

CORRUPT = "_corrupt"
STRICT = {
    "columnNameOfCorruptRecord": CORRUPT,
    "allowSingleQuotes": "false",
    "allowNonNumericNumbers": "false",
}
ONLY, CLOSED = "only", f"closed {secrets.token_hex(8)}"
"""The members of a frame. Nobody who writes messages can know the name of the last, and close a frame with it."""
PLAIN = re.compile(r"[\w .-]+")
"""A name that a path into a variant can spell."""


def framed(value: Column, schema: StructType) -> Column:
    """The bytes as an object of the schema with the names that messages have, in its frame.

    Bytes that are no UTF-8 are read, too, with other characters in their place.
    """
    opened, closed = F.lit(f'{{"all": {{"{ONLY}": ['), F.lit(f'], "{CLOSED}": []}}}}')
    # The members are those of a map, so that none that a text adds is passed over.
    frame = StructType().add("all", MapType(StringType(), ArrayType(_spelt(schema))))
    text = F.concat(opened, value.cast("string"), closed)
    return F.from_json(text, _with_corrupt(frame), STRICT)


def only(framed: Column) -> Column:
    """The object in a frame that is whole and has nothing else in it, and every field of which is of its type."""
    members = framed.getField("all")
    whole = framed.getField(CORRUPT).isNull() & (F.size(members) == 2)
    one = members[CLOSED].isNotNull() & (F.size(members[ONLY]) == 1)
    return F.when(whole & one, F.get(members[ONLY], F.lit(0)))


def is_utf_8(value: Column) -> Column:
    """Whether bytes are a text."""
    return F.is_valid_utf8(value.cast("string"))


def problem(condition: Column, reason: str, field: str | None = None) -> Column:
    """A struct of reason and field where the condition holds, else null."""
    found = F.struct(F.lit(reason).alias("reason"), F.lit(field).cast("string").alias("field"))
    return F.when(condition, found)


def unreadable(value: Column, schema: StructType) -> Column:
    """The problem with a message that is not one object with every field of its type."""
    every, text = list(places(schema)), value.cast("string")
    readings = F.struct(
        F.from_json(text, _with_corrupt(_spelt(schema)), STRICT).alias("typed"),
        F.from_json(text, _with_corrupt(_all_text(schema)), STRICT).alias("as_text"),
        F.try_parse_json(text).alias("untyped"),
        F.try_parse_json(F.concat(F.lit("["), text, F.lit("]"))).alias("listed"),
    )

    def said(read: Column) -> Column:
        typed, untyped, listed = (read.getField(name) for name in ("typed", "untyped", "listed"))
        # Where the object alone could be read, something follows it.
        alone = typed.isNull() | typed.getField(CORRUPT).isNull()
        more = listed.isNull() | F.try_variant_get(listed, "$[1]", "variant").isNotNull()
        return F.coalesce(
            problem(~is_utf_8(value) | alone | more | ~_is_object(untyped), "not_json"),
            *(problem(wrong, "wrong_type", field) for wrong, field in _mistyped(read, every)),
            problem(F.lit(True), "wrong_type"),
        )

    # A list of one, so that each reading is made once.
    return F.coalesce(
        problem(value.isNull(), "no_value"), F.get(F.transform(F.array(readings), said), F.lit(0))
    )


def _mistyped(read: Column, every: list[Place]) -> Iterator[tuple[Column, str]]:
    """For each field that is in no list: whether the message has something there, but not of its type.

    A list of objects of which one is wrong comes last.
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
    """The schema with the names that messages have."""
    return _mapped(schema, _spelt_list)


def _spelt_list(type_: DataType) -> DataType:
    inner = of_each(type_)
    return ArrayType(_spelt(inner)) if isinstance(inner, StructType) else type_


def _all_text(schema: StructType) -> StructType:
    """The schema with every value as the text that it is written as."""
    return _mapped(schema, lambda _: StringType())


def _mapped(schema: StructType, leaf: Callable[[DataType], DataType]) -> StructType:
    def mapped(type_: DataType) -> DataType:
        return _mapped(type_, leaf) if isinstance(type_, StructType) else leaf(type_)

    return StructType(
        [StructField(origin(field), mapped(field.dataType)) for field in schema.fields]
    )


def _with_corrupt(schema: StructType) -> StructType:
    return StructType([*schema.fields, StructField(CORRUPT, StringType())])
