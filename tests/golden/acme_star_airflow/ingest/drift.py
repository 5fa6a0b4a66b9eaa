"""Compares the current columns of a source with its spec."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ingest.column_types import EPOCHS, base_of, precision_of
from ingest.reader import Reader
from ingest.spec import Column, Source, Table

WHOLE = ("smallint", "integer", "bigint")
FITS = {
    "boolean": {*WHOLE, "numeric"},
    "real": {"double"},
    "date": {"timestamp", "timestamptz"},
    "timestamp": {"timestamptz", "date"},
    "timestamptz": {"timestamp"},
    # Values other than 0 and 1 are refused when they are read.
    "bigint": {"boolean"},
    "integer": {"boolean"},
    "smallint": {"boolean"},
    "json": {"text"},
    "uuid": {"text"},
    "text": {"json", "uuid"},
}
SECRET = re.compile(
    r"pass_?(w(or)?[dt]|phrase|code|hash|crypt|salt|key)|pwd|secret|credential|token|bearer|jwt"
    r"|(api|access|private|hmac|signing|encryption|session|ssh|auth|master|recovery|reset)_?key"
    r"|(backup|recovery|reset|login|access|verification|pin)_?code|pin_hash|keystore|mnemonic"
    r"|(^|_)(otp|totp|dsn)(_|$)|kennwort|mot_?de_?passe|contrasen|senha|clave_secreta",
    re.IGNORECASE,
)
"""New columns with such a name are not loaded until their owner adds them to the spec."""


@dataclass(frozen=True)
class Finding:
    """A difference between a source and its spec."""

    table: str
    what: str
    hint: str

    def __str__(self) -> str:
        return f"{self.table}: {self.what}. {self.hint}."


@dataclass(frozen=True)
class Live:
    """A table as it will be loaded: the columns of the spec and the new, `added` columns.

    `gone` are columns of the spec that the source no longer has; `withheld` are new columns that
    may hold secrets.
    """

    table: Table
    added: tuple[Column, ...] = ()
    gone: frozenset[str] = frozenset()
    withheld: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[Column, ...]:
        """All columns that are loaded."""
        return self.table.columns + self.added


def compare(
    source: Source, reader: Reader, tables: Sequence[Table]
) -> tuple[list[Live], list[Finding]]:
    """The tables that exist at the source, as they will be loaded, and all differences found."""
    file = f"sources/{source.name}.yml"
    live: list[Live] = []
    findings: list[Finding] = []
    for table in tables:
        now = reader.columns(table)
        if now is None:
            hint = f"Restore it, or set `exclude: <reason>` for the table in {file}"
            what = "the table no longer exists at the source"
            findings.append(Finding(table.source_name, what, hint))
            continue
        gone = frozenset(column.name for column in table.columns if column.origin not in now)
        new = _new_columns(table, now)
        withheld = tuple(column.origin for column in new if SECRET.search(column.origin))
        added = tuple(column for column in new if column.origin not in withheld)
        live.append(Live(table, added, gone, withheld))
        findings += _differences(live[-1], now, file)
    return live, findings


def _differences(live: Live, now: Mapping[str, str], file: str) -> list[Finding]:
    found = [
        (f"new column `{column.origin}` ({column.type})", f"Add it to {file}, or exclude it there")
        for column in live.added
    ]
    for name in live.withheld:
        hint = f"Exclude it in {file}, or add it if it holds no secret"
        found.append((f"new column `{name}` may be a credential, so it is not loaded", hint))
    for column in live.table.columns:
        type_ = now.get(column.origin)
        if type_ is None:
            hint = f"It is loaded as NULL; remove it from {file} if the change is intended"
            found.append((f"column `{column.origin}` no longer exists", hint))
        elif not _fits(type_, column):
            hint = f"Change its type in {file}"
            found.append((f"column `{column.origin}` is {type_}, not {column.type}", hint))
    return [Finding(live.table.source_name, what, hint) for what, hint in found]


def _new_columns(table: Table, now: Mapping[str, str]) -> tuple[Column, ...]:
    known = {column.origin for column in table.columns} | table.excluded
    taken = {column.name for column in table.columns}
    added = []
    for origin, type_ in now.items():
        if origin not in known:
            name = _free_name(origin, taken)
            taken.add(name)
            added.append(Column(name=name, origin=origin, type=type_))
    return tuple(added)


def _free_name(origin: str, taken: set[str]) -> str:
    """A unique name for the column, of lowercase letters, digits and `_`."""
    name = re.sub(r"[^a-z0-9_]", "_", origin.lower())[:60] or "_"
    name = f"_{name}" if name[0].isdigit() else name
    number = 2
    free = name
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def _fits(now: str, column: Column) -> bool:
    """Whether the type of the spec holds every value of the type at the source."""
    spec = column.type
    base, wanted = base_of(now), base_of(spec)
    if column.source_type in EPOCHS and base in (*WHOLE, "numeric"):
        return True
    if now == spec or wanted == "text" or wanted in FITS.get(base, ()):
        return True
    if base in WHOLE:
        return wanted in (*WHOLE[WHOLE.index(base) :], "numeric", "double")
    if base == "numeric" and wanted == "numeric":
        # A bare numeric has no bounds to compare: each value is checked when it is read.
        (digits, scale), (room, decimals) = precision_of(now), precision_of(spec)
        unbounded = "(" not in now or "(" not in spec
        return unbounded or (decimals >= scale and room - decimals >= digits - scale)
    return base == "numeric" and wanted == "double"
