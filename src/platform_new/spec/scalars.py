"""The scalar values of a spec: names, types, durations, kinds of personal data."""

from __future__ import annotations

import codecs
import re
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, StringConstraints, WithJsonSchema

from platform_new.spec.data_type import DataType
from platform_new.spec.names import LONGEST_NAME

IDENTIFIER = r"^[a-z_][a-z0-9_]*$"
VERSION_PATTERN = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")
LAG_UNITS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400, "week": 604800}


def known_type(value: str) -> str:
    """The value, if it is a type of the spec. Raises `ValueError` if not."""
    DataType.parse(value)
    return value


def known_duration(value: str) -> str:
    """The value, if it is a duration such as `1 day`. Raises `ValueError` if not."""
    parts = value.split()
    if len(parts) != 2 or not parts[0].isdigit() or parts[1].removesuffix("s") not in LAG_UNITS:
        raise ValueError("is not a duration; write a number and a unit, for example `1 day` or `30 minutes`")
    return value


def known_encoding(value: str) -> str:
    """The value, if Python has an encoding of that name. Raises `ValueError` if not."""
    try:
        "".encode(codecs.lookup(value).name)
    except (LookupError, UnicodeError):
        raise ValueError("is not an encoding; use a name such as `utf-8`, `cp1252`, `latin-1` or `utf-16`") from None
    return value


def known_version(value: str) -> str:
    """The value, if it is a version such as `1.0.0`. Raises `ValueError` if not."""
    if not VERSION_PATTERN.fullmatch(value):
        raise ValueError("is not a version; write three numbers separated by dots, such as `1.0.0`")
    return value


def history_type(value: Any) -> Any:
    """The type of history that the value stands for: true is type 2, false is type 1."""
    return {True: 2, False: 1}[value] if isinstance(value, bool) else value


Identifier = Annotated[str, StringConstraints(pattern=IDENTIFIER, max_length=LONGEST_NAME)]
OlderNames = Annotated[tuple[Identifier, ...], Field(description="The names before `renamed_from`, the newest first.")]
Text = Annotated[str, StringConstraints(strip_whitespace=True)]
Unit = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Spelling = Annotated[str, StringConstraints(min_length=1)]
Additivity = Literal["additive", "semi_additive", "non_additive", "none"]
History = Annotated[
    Literal[0, 1, 2, 3, 4, 6],
    BeforeValidator(history_type),
    WithJsonSchema({"enum": [0, 1, 2, 3, 4, 6, True, False]}),
]
HistoryOfTable = Annotated[History, WithJsonSchema({"enum": [0, 1, 2, 3, 6, True, False]})]
Pii = Literal[
    "name", "email", "phone", "address", "birth_date", "ip", "national_id", "bank_account", "credential", "other"
]


def seconds_of(duration: str) -> int:
    """A duration such as `5 minutes` in seconds."""
    number, unit = duration.split()
    return int(number) * LAG_UNITS[unit.removesuffix("s")]
