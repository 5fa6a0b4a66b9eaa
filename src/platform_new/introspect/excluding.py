"""Excludes the columns that hold credentials, and the columns that point to them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import replace
from typing import NamedTuple

from platform_new.introspect.catalog import FoundCatalog, FoundTable, TableId
from platform_new.introspect.personal import CREDENTIAL
from platform_new.spec.models import Source

Place = tuple[TableId, str]


class Guess(NamedTuple):
    """The kind of personal data or credential in a column, and the reason for the guess."""

    kind: str
    reason: str


Guesses = dict[Place, Guess]


def leave_out_credentials(found: FoundCatalog, guesses: Guesses, known: Source | None = None) -> FoundCatalog:
    """The catalog with every credential excluded, except for columns that the known source loads.

    Columns that point to a credential have the same values, so they are added to the guesses and excluded too.
    """
    while more := _pointing_to_credentials(found, guesses):
        guesses |= more
    secret = {place for place, guess in guesses.items() if guess.kind == CREDENTIAL}
    return replace(found, tables=tuple(_without(table, secret - _loaded(table, known)) for table in found.tables))


def _pointing_to_credentials(found: FoundCatalog, guesses: Mapping[Place, Guess]) -> Guesses:
    return {
        (table.id, mine): Guess(CREDENTIAL, f"points to {key.to}.{theirs}, a credential")
        for table in found.tables
        for key in table.foreign_keys
        for mine, theirs in zip(key.columns, key.to_columns, strict=False)
        if (table.id, mine) not in guesses and guesses.get((key.to, theirs), ("",))[0] == CREDENTIAL
    }


def _loaded(table: FoundTable, known: Source | None) -> set[Place]:
    """The table's columns that the known source loads."""
    return {
        (table.id, column.source_name)
        for other in (known.tables if known else ())
        if (other.origin or other.name) == table.id.name and other.schema_ in (None, table.id.schema)
        for column in other.columns
        if not column.exclude
    }


def _without(table: FoundTable, secret: Set[Place]) -> FoundTable:
    columns = tuple(
        replace(column, exclude=column.exclude or CREDENTIAL) if (table.id, column.name) in secret else column
        for column in table.columns
    )
    return replace(table, columns=columns)
