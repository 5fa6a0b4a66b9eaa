"""The parts of data contracts (Open Data Contract Standard 3.1) that are easier to read as code than as a template."""

from __future__ import annotations

from platform_new.spec.cron import longest_wait_minutes
from platform_new.spec.data_type import DataType

LOGICAL_TYPES = {
    "text": "string",
    "uuid": "string",
    "json": "string",
    "smallint": "integer",
    "integer": "integer",
    "bigint": "integer",
    "numeric": "number",
    "real": "number",
    "double": "number",
    "boolean": "boolean",
    "date": "date",
    "time": "time",
    "timestamp": "timestamp",
    "timestamptz": "timestamp",
    "binary": "",
}
"""The canonical types in the standard, which has no type for binary data."""

RESTRICTED = frozenset({"credential", "national_id", "bank_account"})


def logical_type(type_: str) -> str:
    """The standard's type for a canonical type; empty if there is none."""
    return LOGICAL_TYPES[DataType.parse(type_).base]


def classification(pii: str) -> str:
    """The confidentiality level of a kind of personal data."""
    return "restricted" if pii in RESTRICTED else "confidential"


def longest_wait(schedule: str) -> tuple[int, str]:
    """The longest time between two runs of a cron schedule, with its unit: `m`, `h` or `d`."""
    wait = longest_wait_minutes(schedule)
    for unit, size in (("d", 24 * 60), ("h", 60)):
        if wait % size == 0:
            return wait // size, unit
    return wait, "m"


FILTERS = {function.__name__: function for function in (logical_type, classification, longest_wait)}
