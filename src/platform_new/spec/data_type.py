"""The types of the spec: how they are written, what they hold, and which can be compared.

Files and models hold a type as text; this module is the only place that parses it. The modules that write for dbt,
Spark or a contract each have a table that maps every base to the type there.
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
"""The family of each base. Values of the same family can be compared: UUIDs and JSON are loaded as text."""
BASES = tuple(FAMILY_OF)
"""The types without precision and scale, in the order in which messages list them."""

WHOLE = ("smallint", "integer", "bigint")
"""The bases of whole numbers, from narrow to wide."""

MAX_PRECISION = 38
"""The most digits that a decimal can have in every warehouse, before and after the point together."""
UNBOUNDED = (MAX_PRECISION, 9)
"""The precision and scale of a plain `numeric`."""

NUMERIC = r"^numeric\(\d{1,2}(, ?\d{1,2})?\)$"
"""How a `numeric` with a precision is written, for editors."""
SPELLING = re.compile(r"([a-z]+)(?:\(([0-9]{1,2})(?:, ?([0-9]{1,2}))?\))?")
NO_TYPE = f"is not a type; use one of {', '.join(BASES)} or numeric(precision, scale)"
NO_SIZE = f"needs a precision from 1 to {MAX_PRECISION} and a scale no greater than the precision"

SYNONYMS = {
    "bigserial": "bigint", "blob": "binary", "bool": "boolean", "bytea": "binary", "bytes": "binary", "char": "text",
    "datetime": "timestamp", "decimal": "numeric", "float": "double", "float4": "real", "float8": "double",
    "int": "integer", "int2": "smallint", "int4": "integer", "int8": "bigint", "jsonb": "json", "long": "bigint",
    "money": "numeric", "number": "numeric", "serial": "integer", "str": "text", "string": "text",
    "tinyint": "smallint", "varchar": "text",
}  # fmt: skip
"""The bases that the type names of other systems stand for."""


@dataclass(frozen=True)
class DataType:
    """A type of the spec. Only a `numeric` has a precision, and only with a precision a scale.

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
        """The type that the text names. Raises `ValueError`, with what is wrong, if there is no such type."""
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
        """The family of types that it can be compared with."""
        return FAMILY_OF[self.base]

    @property
    def zone(self) -> bool:
        """Whether its values are points in time in any time zone; values of other types are wall-clock times."""
        return self.base == "timestamptz"

    @property
    def digits(self) -> tuple[int, int]:
        """The precision and scale of a `numeric`, by default `UNBOUNDED`."""
        return UNBOUNDED if self.precision is None else (self.precision, self.scale or 0)

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.family == "number"

    @property
    def is_whole(self) -> bool:
        """Whether its values can only be whole numbers."""
        return self.base in WHOLE

    @property
    def is_float(self) -> bool:
        """Whether its values are floating-point numbers."""
        return self.base in ("real", "double")

    @property
    def is_time(self) -> bool:
        """Whether its values are dates or timestamps."""
        return self.family == "time"

    @property
    def is_timestamp(self) -> bool:
        """Whether its values are dates with a time."""
        return self.is_time and self.base != "date"

    @property
    def is_ordered(self) -> bool:
        """Whether its values have an order."""
        return self.family in ("number", "time", "time of day", "text")

    @property
    def is_opaque(self) -> bool:
        """Whether its values are documents or bytes, which no report can show or group by."""
        return self.base in ("json", "binary")

    def compares_with(self, other: DataType) -> bool:
        """Whether values of the two can be equal, so that a column of one may refer to a column of the other."""
        return self.family == other.family


def decimal(precision: int, scale: int = 0) -> str:
    """The text of a `numeric` with these digits, which is not checked: `DataType.parse` says whether it is valid."""
    return f"numeric({precision}, {scale})"


def synonym(text: str) -> str | None:
    """The base that a type of another system, such as `varchar(20)`, stands for; None if the type is unknown."""
    return SYNONYMS.get(text.partition("(")[0].lower())
