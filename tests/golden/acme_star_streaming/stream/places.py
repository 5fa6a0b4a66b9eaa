"""Where the fields of an event are in its message: objects hold fields, and lists hold values or objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from pyspark.sql import Column
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, DataType, StructField, StructType

EACH = None
"""In a path: each thing in the list."""

Path = tuple[str | None, ...]
Place = tuple[Path, str, StructField]


def places(schema: StructType, path: Path = (), name: str = "") -> Iterator[Place]:
    """Every field with its path in the message and its name in the platform."""
    for field in schema.fields:
        here, called = (*path, origin(field)), f"{name}.{field.name}" if name else field.name
        yield here, called, field
        inner = of_each(field.dataType)
        if isinstance(inner, StructType):
            yield from places(inner, each(here, field), called)


def origin(field: StructField) -> str:
    """The name as the message spells it."""
    return field.metadata.get("origin", field.name)


def each(path: Path, field: StructField) -> Path:
    """Where the values of a field are: it may have a list of them."""
    return (*path, EACH) if isinstance(field.dataType, ArrayType) else path


def of_each(type_: DataType) -> DataType:
    """The type of the values: of a list, that of what is in it."""
    return type_.elementType if isinstance(type_, ArrayType) else type_


def at(value: Column, path: Path) -> Column:
    """What is at a path that leads into no list."""
    return any_at(value, path, lambda inner: inner)


def any_at(value: Column, path: Path, test: Callable[[Column], Column]) -> Column:
    """Whether the test holds for what is at the path; only in lists there can be several."""
    if not path:
        return test(value)
    if path[0] is EACH:
        return F.exists(value, lambda inner: any_at(inner, path[1:], test))
    return any_at(value.getField(path[0]), path[1:], test)
