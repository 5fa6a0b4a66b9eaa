"""The types of the spec: how they are written, what they hold, and which can be compared.

Files and models have a type as text; whoever wants to know more of it parses it here, and nowhere else. What a type is
to dbt, to Spark or to a contract stands in a table of the module that writes for them, with an entry for each base.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

Family = Literal["text", "number", "boolean", "time", "time of day", "binary"]
FAMILIES: tuple[Family, ...] = get_args(Family)

FAMILY_OF: Mapping[str, Family] = {
    "text": "text",
    "smallint": "number",
    "integer": "number",
    "bigint": "number",
    "numeric": "number",
    "real": "number",
    "double": "number",
    "boolean": "boolean",
    "date": "time",
    "time": "time of day",
    "timestamp": "time",
    "timestamptz": "time",
    "uuid": "text",
    "json": "text",
    "binary": "binary",
}
"""The family of each base. Values of one family can be compared: identifiers and JSON are landed as texts."""
BASES = tuple(FAMILY_OF)
"""The types without precision and scale, in the order in which people are told of them."""

WHOLE = ("smallint", "integer", "bigint")
"""The bases of whole numbers, from narrow to wide."""

MAX_PRECISION = 38
"""The digits that a decimal of any warehouse can have, before and behind the point together."""
UNBOUNDED = (MAX_PRECISION, 9)
"""The precision and scale of a `numeric` that names none."""

NUMERIC = r"^numeric\(\d{1,2}(, ?\d{1,2})?\)$"
"""How a `numeric` with a precision is written, for editors."""
SPELLING = re.compile(r"([a-z]+)(?:\(([0-9]{1,2})(?:, ?([0-9]{1,2}))?\))?")
NO_TYPE = f"is not a type; use one of {', '.join(BASES)} or numeric(precision, scale)"
NO_SIZE = f"needs a precision from 1 to {MAX_PRECISION} and a scale no greater than it"

SYNONYMS = {
    "bigserial": "bigint", "blob": "binary", "bool": "boolean", "bytea": "binary", "bytes": "binary", "char": "text",
    "datetime": "timestamp", "decimal": "numeric", "float": "double", "float4": "real", "float8": "double",
    "int": "integer", "int2": "smallint", "int4": "integer", "int8": "bigint", "jsonb": "json", "long": "bigint",
    "money": "numeric", "number": "numeric", "serial": "integer", "str": "text", "string": "text",
    "tinyint": "smallint", "varchar": "text",
}  # fmt: skip
"""The bases that are meant by words of other systems."""


@dataclass(frozen=True)
class DataType:
    """A type of the spec; only a `numeric` has a precision, and only with a precision it has a scale.

    Raises `ValueError`, with what is wrong, if there is no such type.
    """

    base: str
    precision: int | None = None
    scale: int | None = None

    def __post_init__(self) -> None:
        if self.base not in FAMILY_OF or (self.precision is not None and self.base != "numeric"):
            raise ValueError(NO_TYPE)
        if self.precision is not None and not 0 <= (self.scale or 0) <= self.precision <= MAX_PRECISION:
            raise ValueError(NO_SIZE)
        if self.precision == 0 or (self.precision is None and self.scale is not None):
            raise ValueError(NO_SIZE)

    @classmethod
    def parse(cls, text: str) -> DataType:
        """The type that is written so. Raises `ValueError`, with what is wrong, if it is none."""
        match = SPELLING.fullmatch(text)
        if match is None:
            raise ValueError(NO_TYPE)
        base, precision, scale = match.groups()
        return cls(base, precision and int(precision), scale and int(scale))

    def __str__(self) -> str:
        if self.precision is None:
            return self.base
        return f"{self.base}({self.precision}{'' if self.scale is None else f', {self.scale}'})"

    @property
    def family(self) -> Family:
        """The types that it can be compared with, by one name."""
        return FAMILY_OF[self.base]

    @property
    def zone(self) -> bool:
        """Whether its values are moments whatever the time zone; others are read off a clock on the wall."""
        return self.base == "timestamptz"

    @property
    def digits(self) -> tuple[int, int]:
        """The precision and scale of a `numeric`, also of one that names none."""
        return UNBOUNDED if self.precision is None else (self.precision, self.scale or 0)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.family == "number"

    @property
    def is_whole(self) -> bool:
        """Whether its values are whole numbers, whatever else they could be given."""
        return self.base in WHOLE

    @property
    def is_time(self) -> bool:
        """Whether its values are points of the calendar: days or timestamps."""
        return self.family == "time"

    @property
    def is_timestamp(self) -> bool:
        """Whether its values are days with a time."""
        return self.is_time and self.base != "date"

    @property
    def is_ordered(self) -> bool:
        """Whether one value can be before another."""
        return self.family in ("number", "time", "time of day", "text")

    @property
    def is_opaque(self) -> bool:
        """Whether its values are documents or bytes, which no report can show or group by."""
        return self.base in ("json", "binary")

    def compares_with(self, other: DataType) -> bool:
        """Whether values of the two can be equal, so that a column of one may refer to a column of the other."""
        return self.family == other.family


def decimal(precision: int, scale: int = 0) -> str:
    """How a `numeric` of so many digits is written; whether there is such a type, `DataType.parse` tells."""
    return f"numeric({precision}, {scale})"


def synonym(text: str) -> str | None:
    """The base that is meant by a type of another system, such as `varchar(20)`; None where none is known."""
    return SYNONYMS.get(text.partition("(")[0].lower())
